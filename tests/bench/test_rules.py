"""The benchmark's rules: windows, median, top-1, area under the curve; on the host library of the stand-in model."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.firmware import standin
from tinylm.bench.dataset import Sample
from tinylm.bench.rules import Accuracy, Judged, Performance, Window, accuracy, area, performance
from tinylm.errors import InputError
from tinylm.firmware.build import build_host
from tinylm.firmware.toolchain import Zig
from tinylm.targets.host import HostStream
from tinylm.targets.session import Session


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("rules")
    made = Session(HostStream(build_host(standin.add_one_bundle(folder / "a"), standin.add_one(), folder / "out", toolchain=Zig())))
    made.boot()
    return made


def quiet(*_: object) -> None:
    pass


def test_every_window_is_long_enough_by_the_devices_clock(session: Session) -> None:
    inputs = [(f"input {number}", bytes([number] * 8)) for number in range(7)]
    done = performance(session, inputs, quiet, seconds=0.02)
    assert [window.file for window in done.windows] == [f"input {number}" for number in range(5)]
    assert all(window.elapsed_us >= 20_000 for window in done.windows)
    assert done.windows[1].results[0] == pytest.approx(0.25 * (1 + 1 + 2))  # of this window's own input


def test_performance_is_the_median() -> None:
    windows = [Window("", 10, elapsed, []) for elapsed in (1_000_000, 2_000_000, 4_000_000, 5_000_000, 100_000_000)]
    assert Performance(windows).throughput == 2.5


def test_fewer_than_five_inputs_are_refused(session: Session) -> None:
    with pytest.raises(InputError, match="median over 5 inputs; 4 are there"):
        performance(session, [("x", bytes(8))] * 4, quiet)


def test_top_one_by_the_printed_results(session: Session) -> None:
    def hot(place: int) -> bytes:
        return bytes(100 if index == place else 0 for index in range(8))

    samples = [Sample(f"s{number}", number % 8 if number else 3, [hot(number % 8)]) for number in range(16)]  # the first is mislabelled
    done = accuracy(session, samples, "kws01", quiet)
    assert (done.right, done.top1, done.inferences, done.reached) == (15, 100 * 15 / 16, 16, True)


def test_an_anomalys_score_is_the_mean_of_its_windows() -> None:
    judged = [Judged("a", 0, [0.1]), Judged("b", 1, [0.4]), Judged("c", 0, [0.2])]
    done = Accuracy(judged, ("auc", 0.85))
    assert (done.top1, done.auc, done.reached) == (None, 1.0, True)


def test_a_set_without_one_of_the_classes_has_no_curve() -> None:
    assert Accuracy([Judged("a", 0, [0.1])], ("auc", 0.85)).reached is None


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_the_area_is_the_share_of_pairs_in_the_right_order(drawn: list[tuple[int, bool]]) -> None:
    samples = [Judged("", int(label), [float(score)]) for score, label in drawn]
    hits, rest = ([score for score, label in drawn if label is wanted] for wanted in (True, False))
    if not hits or not rest:
        assert area(samples) is None
        return
    pairs = [1.0 if hit > other else 0.5 if hit == other else 0.0 for hit, other in itertools.product(hits, rest)]
    assert area(samples) == pytest.approx(sum(pairs) / len(pairs))


def test_results_in_the_checkers_folders(tmp_path: Path) -> None:
    """The patterns are those of the public submission checker, v1.4."""
    import json
    import re

    from tinylm.boards import board
    from tinylm.report.submission import write_submission

    windows = [Window("x", 10, 10_000_000, [1.0])] * 5
    judged = [Judged("a", 0, [0.9, 0.1]), Judged("b", 1, [0.2, 0.8])]
    energy = {"energy_uj": 12.5, "windows": [{"inferences": 10, "seconds": 10.0, "energy_uj": 12.5}]}
    results = {"performance": Performance(windows).to_json(), "accuracy": Accuracy(judged).to_json(), "energy": energy}
    for mode, result in results.items():
        write_submission(tmp_path, "me", "open", board("nrf52840"), "kws01", mode, result, ["> name"])
    root = tmp_path / "open" / "me"
    assert json.loads((root / "systems" / "nrf52840.json").read_text())["Status"].lower() == "available"
    patterns = {
        "performance": r".* Median throughput is\s+1\.000 inf\./sec\.",
        "accuracy": r".* Top[- ]1%?\s?[:=] 100\.0(.|\n)* AUC\s?[:=] 1\.000",
        "energy": r".* Median energy cost is 12\.5000 uJ/inf\.",
    }
    for mode, pattern in patterns.items():
        folder = root / "results" / "nrf52840" / "kws" / mode
        assert sorted(path.name for path in folder.iterdir()) == ["log.txt", "results.json", "results.txt"]
        assert re.search(pattern, (folder / "results.txt").read_text())


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    from tinylm.boards import board
    from tinylm.report.submission import write_submission

    (tmp_path / "open").write_text("a file")
    with pytest.raises(InputError, match=r"open/me: cannot be written \(Not a directory: .*/open\)\. Choose another place"):
        write_submission(tmp_path, "me", "open", board("nrf52840"), "kws01", "energy", {}, [])
    with pytest.raises(InputError, match="cannot be the name of a folder"):
        write_submission(tmp_path, "../me", "open", board("nrf52840"), "kws01", "energy", {}, [])
