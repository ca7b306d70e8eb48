"""Every cell that a student of text may have: trained a little, exported, and run by TFLM and by our C."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import tflite

pytestmark = pytest.mark.train
pytest.importorskip("tensorflow")

from tests.lm.test_llama import run_on_host  # noqa: E402
from tests.oracle import needs_oracle  # noqa: E402
from tinylm.bundle import STEP, Manifest  # noqa: E402
from tinylm.lm import text_student  # noqa: E402
from tinylm.lm.cells import CELLS  # noqa: E402
from tinylm.lm.cells.model import CellModel, forward  # noqa: E402
from tinylm.lm.cells.simulated import Simulated  # noqa: E402
from tinylm.lm.extra import tensorflow  # noqa: E402
from tinylm.lm.llama_export import MATRICES  # noqa: E402
from tinylm.lm.llama_train import Distillation, TextTraining  # noqa: E402
from tinylm.lm.oracle import Oracle  # noqa: E402
from tinylm.lm.recipe_files import manifest_toml  # noqa: E402
from tinylm.lm.text_recipe import TextRecipe, TextStudent  # noqa: E402

VOCABULARY, WINDOW = 40, 16
ROWS = (np.cumsum(np.random.default_rng(1).integers(0, 3, (8, 40)), axis=1) % VOCABULARY).astype(np.uint16)
TOKENS = ROWS[0, :24].astype(int).tolist()
CALIBRATION = ROWS[:, :WINDOW].astype(int).tolist()
STUDENT = TextStudent(dim=16, hidden=24, layers=2, heads=4, kv_heads=2, rank=6, window=WINDOW)
STUDENTS = {
    "attention, layers share": {"shared": 2},
    "attention, layers share, int4": {"shared": 2, "bits": 4},
    **{cell: {"cell": cell} for cell in CELLS},
    "mingru, layers share, int4": {"cell": "mingru", "layers": 4, "shared": 2, "bits": 4},
    "tcn, layers share": {"cell": "tcn", "layers": 4, "shared": 2},
}


@pytest.fixture
def op_by_op() -> Iterator[None]:
    """Nothing is compiled: XLA takes seconds for each student. (tests/lm/test_text_training.py has one compiled.)"""
    tensorflow().config.run_functions_eagerly(True)
    yield
    tensorflow().config.run_functions_eagerly(False)


@needs_oracle
@pytest.mark.usefixtures("op_by_op")
@pytest.mark.parametrize("name", STUDENTS)
def test_a_cell_runs_as_it_was_trained_and_in_c_as_in_tflm(name: str, tmp_path: Path) -> None:
    changed = dict(STUDENTS[name])
    bits = int(str(changed.pop("bits", 8)))
    plan = TextRecipe(kind="text", name="x", title="X", seed=1, student=msgspec.structs.replace(STUDENT, **changed))
    learner = text_student.learner(plan, VOCABULARY, None)
    spec = TextTraining(steps=6, batch=4, length=8, long=0.0, warmup=1, quantised=0.5, learning_rate=0.01)
    training = Distillation(learner, None, ROWS, spec, 1)
    losses: list[float] = []
    model = training.run(training.loop(), None, lambda point: losses.append(point.loss))
    if bits < 8:
        training = replace(training, learner=text_student.narrower(model, bits, CALIBRATION, plan.student.shared))
        model = training.run(training.loop(), None, lambda point: losses.append(point.loss))
    assert np.isfinite(losses).all()

    data, graph = text_student.exported(model, CALIBRATION, WINDOW, 1)
    oracle = Oracle(data, graph)
    found = oracle.logits(TOKENS)
    real = (found.astype(float) - oracle.zero_point) * oracle.scale
    if isinstance(model, CellModel):
        trained = forward(Simulated(tensorflow(), model.shape.hidden, model.weights, bits), model.shape, np.array([TOKENS], np.int32))
        assert np.mean(np.abs(real - trained.numpy()[0])) < 0.6 * oracle.scale
    else:
        trained = model.logits(TOKENS[:WINDOW])
        assert np.sqrt(np.mean((real[:WINDOW] - trained) ** 2)) < 0.1 * np.std(trained)
    assert _constants(data) < 1.1 * _matrices(model, plan.student.shared) * bits / 8 + 1.5 * model.weights["embedding"].size

    (tmp_path / "step.tflite").write_bytes(data)
    (tmp_path / "model.toml").write_text(manifest_toml(Manifest(name="x", title="X", graphs={STEP: graph})))
    np.testing.assert_array_equal(run_on_host(tmp_path, TOKENS), found)


def _matrices(model: text_student.Student, shared: int) -> float:
    """Weights in the matrices, those that layers share counted once."""
    if isinstance(model, CellModel):
        return sum(value.size for name, value in model.weights.items() if value.ndim == 2 and name != "embedding")
    return sum(model.weights[name].size for name in MATRICES.values()) / shared


def _constants(data: bytes) -> int:
    """Bytes of the file's large constants."""
    whole = tflite.Model.GetRootAsModel(data, 0)
    sizes = (whole.Buffers(at).DataLength() for at in range(whole.BuffersLength()))
    return sum(size for size in sizes if size > 100)
