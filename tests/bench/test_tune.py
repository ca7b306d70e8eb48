"""Tuning keeps each layer's faster way, whatever the estimate said, and measures it once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinylm.bench import tune as module
from tinylm.bench.tune import tune
from tinylm.boards import board
from tinylm.bundle import Bundle, load_bundle
from tinylm.compiler.ops import signs
from tinylm.compiler.program import compile_bundle
from tinylm.errors import InputError
from tinylm.lm.tflite_writer import Writer

pytest.importorskip("unicorn")


@pytest.fixture
def ternary(tmp_path: Path) -> Bundle:
    """Two fully connected layers of signs: few outputs of many inputs, and many of few."""
    rng, writer = np.random.default_rng(0), Writer()
    x = first = writer.add_tensor("x", [1, 96], "int8", scale=0.1)
    for outputs, inputs in ((8, 96), (256, 8)):
        values = rng.choice([-5, 0, 5], (outputs, inputs)).astype(np.int8)
        w = writer.add_tensor(f"w{outputs}", values.shape, "int8", values, 0.01)
        y = writer.add_tensor(f"y{outputs}", [1, outputs], "int8", scale=0.2)
        writer.add_operator("FULLY_CONNECTED", [x, w, -1], [y], writer.options("FullyConnectedOptions"), version=4)
        x = y
    (tmp_path / "ternary.tflite").write_bytes(writer.finish([first], [x]))
    return load_bundle(tmp_path / "ternary.tflite")


@pytest.mark.parametrize(("board_name", "lie"), [("nrf52840", False), ("pico", True)])
def test_a_wrong_estimate_is_corrected(ternary: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board_name: str, lie: bool):
    monkeypatch.setattr(module, "_store", lambda _: tmp_path / "tune.json")
    monkeypatch.setattr(signs, "pays", lambda *_: lie)
    place = board(board_name)
    found = tune(ternary, place, "balanced")
    asked = [key for key in found if key.startswith("signs")]
    assert len(asked) == 2
    for key in asked:
        costs = {}
        for taken in (True, False):
            program = compile_bundle(ternary, place.core, "balanced", {**found, key: taken})
            assert program.decisions[key].taken is taken
            (operator,) = program.decisions[key].operators
            costs[taken] = module._cycles(ternary, program, place, "balanced")[operator]
        assert costs[found[key]] == min(costs.values())


def test_what_was_measured_is_not_measured_again(ternary: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_store", lambda _: tmp_path / "tune.json")
    found = tune(ternary, board("nrf52840"), "balanced")
    monkeypatch.setattr(module, "profile_program", None)
    assert tune(ternary, board("nrf52840"), "balanced") == found != {}


def test_a_board_that_the_emulator_cannot_run_is_refused(ternary: Bundle):
    with pytest.raises(InputError, match="does not run in the embedded emulator"):
        tune(ternary, board("mps3-an547"), "balanced")
