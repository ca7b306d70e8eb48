"""The shipped language model on every core: equal to the oracle bit for bit. And a check that can fail."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.compiler.test_state import filter_model
from tests.firmware import standin
from tests.shelf import CORES, FIRST, slow_but
from tinylm import boards
from tinylm.bench.check import Check, TestReport, run_checks
from tinylm.bench.make import open_device
from tinylm.bench.reference import meaning, model_reference
from tinylm.bundle import Bundle, load_bundle
from tinylm.compiler.reader import read
from tinylm.firmware.build import build_host
from tinylm.targets.open import open_host

BOARDS = slow_but([*FIRST, boards.HOST], [*CORES, "mps3-an547", boards.HOST])


def checked(board: str, bundle: Bundle, folder: Path) -> TestReport:
    if board == "mps3-an547" and not shutil.which("qemu-system-arm"):
        pytest.skip("qemu-system-arm is not installed")
    if board != boards.HOST:
        pytest.importorskip("unicorn")
    with open_device(board, bundle, output=folder / "out") as device:
        return run_checks(device, bundle, lambda *_: None)


@pytest.mark.parametrize("board", BOARDS)
def test_the_language_model_equals_the_oracle(board: str, tmp_path: Path) -> None:
    report = checked(board, load_bundle("commands"), tmp_path)
    assert report.passed, [check for check in report.checks if not check.passed]
    assert report.compared >= 1000 and report.mismatched == 0


def test_one_changed_weight_fails_the_check(tmp_path: Path) -> None:
    shipped = load_bundle("commands")
    folder = tmp_path / "changed"
    folder.mkdir()
    for path in shipped.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    model = bytearray(shipped.read("step.tflite"))
    # The middle of the file is weights; the largest run of bytes that are no flatbuffer structure.
    model[len(model) // 2] ^= 0x40
    (folder / "step.tflite").write_bytes(model)
    report = checked(boards.HOST, load_bundle(folder), tmp_path)
    assert not report.passed and report.mismatched > 0
    assert any(check.name == "oracle" and "first: sequence" in check.detail for check in report.checks if not check.passed)


def test_a_model_with_state_is_compared_as_it_moves_on(tmp_path: Path) -> None:
    """Inference after inference from the reset state, on both sides."""
    (tmp_path / "filter.tflite").write_bytes(filter_model())
    bundle = load_bundle(tmp_path / "filter.tflite")
    runs = model_reference(bundle).runs
    assert [run.inferences for run in runs] == [1, 2, 3, 4, 5]
    report = checked(boards.HOST, bundle, tmp_path)
    assert report.passed, [check for check in report.checks if not check.passed]
    graph = read(filter_model(), "filter")
    for run in runs:  # and the operators' numpy meaning says the same
        value = np.frombuffer(run.inputs, np.int8).reshape(1, 1)
        assert [each.tobytes() for each in meaning(graph, [value], run.inferences)] == run.outputs


def test_firmware_of_another_model_is_named(tmp_path: Path) -> None:
    library = build_host(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), tmp_path / "out")
    with open_host(library, "", None) as device:
        report = run_checks(device, load_bundle("commands"), lambda *_: None)
    assert report.checks[-1] == Check("model id", False, "it runs 'kws01', expected 'lm01'")  # and nothing else was looked at


def test_the_instruction_count_is_the_same_every_time(tmp_path: Path) -> None:
    counts = {checked("nrf52840", load_bundle("commands"), tmp_path).instructions for _ in range(2)}
    assert len(counts) == 1 and None not in counts
