"""bench --mode and --compare as a user tries them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

MODEL = ["--board", "host", "--model", "m.tflite"]


def write_model(folder: Path) -> None:
    """x + x, eight int8 values; the argmax of the outputs is that of the inputs."""
    from tests.build import Builder

    builder = Builder()
    x = builder.input((1, 8), scale=0.5)
    builder.operator("ADD", [x, x], [builder.output((1, 8), scale=1.0)], "AddOptions")
    (folder / "m.tflite").write_bytes(builder.finish())


def write_set(folder: Path, *labels: int) -> None:
    (folder / "set").mkdir()
    rows = []
    for number, label in enumerate(labels):
        (folder / "set" / f"{number}.bin").write_bytes(bytes(50 if place == number % 8 else 0 for place in range(8)))
        rows.append(f"{number}.bin,8,{label}\n")
    (folder / "set" / "y_labels.csv").write_text("".join(rows))


def test_accuracy_over_a_folder(tinylm: Run, tmp_path: Path) -> None:
    write_model(tmp_path)
    write_set(tmp_path, 0, 1, 2, 7)
    done = tinylm("bench", *MODEL, "--mode", "accuracy", "--dataset", "set", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["accuracy"], result["right"], result["samples"], result["mode"]) == (75.0, 3, 4, "accuracy")
    assert {"board", "target", "model", "benchmark", "auc"} <= set(result)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mode", "accuracy"], "accuracy needs labelled inputs"),
        (["--mode", "accuracy", "--dataset", "nowhere"], "no such folder or zip of labelled inputs"),
        (["--mode", "energy"], "energy is measured by a power monitor, and none is named"),
        (["--mode", "energy", "--recording", "x.jls"], "Say it with --inferences"),
        (["--mode", "accuracy", "--submission", "out"], "there is nothing to submit"),
        (["--mode", "performance", "--board", "pico"], "--mode measures one model on one board"),
        (["--compare", "a.json", "b.json"], "a.json: is no result of --json"),
    ],
)
def test_what_is_asked_wrongly_is_one_sentence(tinylm: Run, tmp_path: Path, arguments: list[str], words: str) -> None:
    write_model(tmp_path)
    done = tinylm("bench", *MODEL, *arguments)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_two_results_side_by_side(tinylm: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"board": "pico", "latency_us": 200.0, "auc": None, "windows": []}))
    (tmp_path / "b.json").write_text(json.dumps({"board": "nrf52840", "latency_us": 100.0, "auc": None}))
    shown = tinylm("bench", "--compare", "a.json", "b.json")
    assert shown.returncode == 0 and "latency_us" in shown.stdout and "x0.500" in shown.stdout
    rows = json.loads(tinylm("bench", "--compare", "a.json", "b.json", "--json").stdout)["rows"]
    assert {"key": "latency_us", "a": 200.0, "b": 100.0, "ratio": 0.5} in rows


@pytest.mark.slow
def test_performance_in_the_emulator_into_a_submission(tinylm: Run, tmp_path: Path) -> None:
    pytest.importorskip("unicorn")
    done = tinylm("bench", "--board", "nrf52840", "--mode", "performance", "--submission", "sub", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert len(result["windows"]) == 5 and all(window["elapsed_us"] >= 10_000_000 for window in result["windows"])
    assert result["time_is"] == "estimated" and result["tokens_per_second"] == pytest.approx(result["throughput"])
    assert (tmp_path / "sub/open/tinylm/results/nrf52840/lm/performance/results.txt").is_file()


def test_a_language_model_is_scored_by_its_own_measures(tinylm: Run, tmp_path: Path) -> None:
    done = tinylm("bench", "--board", "host", "--mode", "accuracy", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["benchmark"] == "lm01" and result["exact_match"] == 1.0
    assert not result.get("bits_per_byte"), "a model whose logits are structural tokens alone says nothing about text"
    (tmp_path / "set.tsv").write_text("turn on the lights\tnothing of the kind\n")
    other = json.loads(tinylm("bench", "--board", "host", "--mode", "accuracy", "--dataset", "set.tsv", "--json").stdout)
    assert (other["sentences"], other["exact_match"]) == (1, 0.0)
