"""The steps of a training: which of them run, from what, and what they leave behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tinylm.errors import InputError
from tinylm.lm.steps import Done, Log, Point, Step, Track, read_log, run_steps
from tinylm.report.curve import Curves

NAMES = ("corpus", "student", "export")


def ran(until: str | None = None, since: str | None = None) -> list[tuple[str, bool]]:
    """The steps that ran, and whether each was to be made again."""
    seen: list[tuple[str, bool]] = []
    steps = [Step(name, lambda track: seen.append((track.step, track.fresh))) for name in NAMES]
    done = list(run_steps(steps, Track(), until, since))
    assert [step.step for step in done] == [name for name, _ in seen]
    return seen


def test_steps_run_up_to_the_one_that_is_asked_for_and_are_made_again_from_another() -> None:
    assert ran() == [("corpus", False), ("student", False), ("export", False)]
    assert ran(until="student") == [("corpus", False), ("student", False)]
    assert ran(since="student") == [("corpus", False), ("student", True), ("export", True)]
    assert ran(until="student", since="student") == [("corpus", False), ("student", True)]


@pytest.mark.parametrize(
    ("until", "since", "sentence"),
    [
        ("studnet", None, "--until: this recipe has no step 'studnet'. Did you mean 'student'.*It has: corpus, student, export"),
        (None, "prune", "--from: this recipe has no step 'prune'"),
        ("corpus", "export", "--from: 'export' comes after 'corpus'"),
    ],
)
def test_steps_that_are_not_there_are_named(until: str | None, since: str | None, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        ran(until, since)


def point(at: int) -> Point:
    return Point(at, 100, 3.0 - at / 50, 1.0, 1234.5, 100.0 - at)


def test_a_log_goes_on_from_the_checkpoint_and_survives_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "training.jsonl"
    log = Log(path)
    for at in (10, 20, 30):
        log.add(point(at))
    path.write_text(path.read_text() + '{"at": 40, "of"')
    assert read_log(path) == [point(10), point(20), point(30)]
    Log(path, since=20).add(point(25))
    assert read_log(path) == [point(10), point(20), point(25)]


def test_logs_and_curves_lie_side_by_side_a_line_and_a_picture_a_step(tmp_path: Path) -> None:
    log = Log(tmp_path / "kept.jsonl")
    for at in (50, 100):
        log.add(point(at))
    curves = Curves(tmp_path / "build" / "train")
    curves.add(Done("corpus", 1.5))
    curves.add(Done("student", 9.0, True, log.path))
    assert {path.name for path in curves.folder.iterdir()} == {"log.jsonl", "student.jsonl", "student.svg"}
    lines = [json.loads(line) for line in (curves.folder / "log.jsonl").read_text().splitlines()]
    assert lines == [{"step": "corpus", "seconds": 1.5, "cached": False}, {"step": "student", "seconds": 9.0, "cached": True}]
    picture = (curves.folder / "student.svg").read_text()
    assert picture.count("<polyline") == 2 and "student: loss 1.000, 1.000 bits/byte" in picture
