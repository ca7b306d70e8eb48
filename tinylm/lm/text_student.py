"""The student of a text recipe, whatever its cells: how it begins, how it is trained, and the step graph that it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinylm.bundle import GraphFile
from tinylm.errors import InputError
from tinylm.lm import llama_shrink
from tinylm.lm.cells.model import CellModel, begin
from tinylm.lm.learners import Learner, OfCells, OfLlama
from tinylm.lm.llama import STEP, Llama
from tinylm.lm.llama_export import MATRICES, export, step_graph
from tinylm.lm.llama_prepare import prepare
from tinylm.lm.llama_quantise import quantise
from tinylm.lm.text_recipe import ATTENTION, TextRecipe

Student = Llama | CellModel
Texts = Sequence[Sequence[int]]


def learner(plan: TextRecipe, vocabulary: int, teacher: Llama | None, start: Llama | None = None) -> Learner:
    """The student as its training begins. teacher: of the same vocabulary; start: a trained model instead. Raises InputError: a student
    that cannot be cut out of the teacher."""
    table = plan.student
    if table.cell != ATTENTION:
        return OfCells(begin(table.cells(vocabulary), plan.seed))
    shape = table.shape(vocabulary)
    if start:
        return OfLlama(start)
    if table.start == "random":
        return OfLlama(llama_shrink.random(shape, plan.seed), table.shared)
    assert teacher
    if not llama_shrink.fits(teacher.shape, shape):
        raise InputError(
            f"cannot be cut out of the teacher, whose sizes are {teacher.shape}.", where="student", hint="Or let it start 'random'."
        )
    return OfLlama(llama_shrink.cut(teacher, shape))


def narrower(model: Student, bits: int, calibration: Texts, shared: int) -> Learner:
    """A trained student as its training for fewer bits begins. calibration: texts as token ids."""
    if isinstance(model, CellModel):
        return OfCells(replace(model, bits=bits))
    return OfLlama(prepare(model, calibration, fold=False), shared, bits)


def exported(model: Student, calibration: Texts, window: int, seed: int) -> tuple[bytes, GraphFile]:
    """The step graph and its entry in the manifest."""
    if isinstance(model, CellModel):
        data, states = model.export()
        return data, model.step_graph("step.tflite", states)
    steps = {
        f"{layer}/{short}": float(model.weights[name + STEP][layer])
        for short, name in MATRICES.items()
        if name + STEP in model.weights
        for layer in range(model.shape.layers)
    }
    ready = model if steps else prepare(model, calibration)
    made = quantise(ready, calibration, window, 4 if steps else 8, seed, steps)
    return export(made), step_graph("step.tflite", model.shape.layers)


def count(model: Student, shared: int) -> int:
    """Weights, those that ``shared`` layers have together once."""
    if isinstance(model, CellModel):
        return sum(value.size for value in model.weights.values())
    ends = ("embedding", "head", "norm")
    return sum(v.size // (1 if name in ends else shared) for name, v in model.weights.items() if not name.endswith(STEP))
