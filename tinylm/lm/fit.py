"""The trained weights of a recipe: from nothing, from another recipe's weights, or with a teacher; then made smaller, step by step. Each
training is kept in the cache when done, with its log beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinylm.errors import InputError
from tinylm.lm.compress import SparsifySpec
from tinylm.lm.dataset import Batches
from tinylm.lm.kept import trained
from tinylm.lm.prepared import Prepared
from tinylm.lm.recipe import Recipe
from tinylm.lm.shrink import rescaled, shrink
from tinylm.lm.sparsity import Sparsity
from tinylm.lm.steps import Track
from tinylm.lm.student import Student, StudentSpec, initial
from tinylm.lm.training import Teacher, Trainer

Weights = dict[str, NDArray[np.float32]]


class Model(NamedTuple):
    """A student's sizes and its trained weights. sparsity: of its weights, where they were thinned."""

    spec: StudentSpec
    weights: Weights
    sparsity: Sparsity | None = None


@dataclass(frozen=True)
class Fit:
    """One recipe and its rows. start, master: what ``plan.start`` and ``plan.teacher`` name, if any: recipes or trained models.

    Every method trains, or takes it from the cache. Ctrl-C leaves a checkpoint from which the same call goes on. Raises InputError.
    """

    plan: Recipe
    prepared: Prepared
    start: Recipe | Model | None = None
    master: Recipe | Model | None = None

    def teacher(self, track: Track) -> Teacher | None:
        """The step ``teacher``."""
        table = self.plan.teacher
        if table is None:
            return None
        if self.master:
            model = self.master if isinstance(self.master, Model) else Fit(self.master, self.prepared).whole(track)
            return Teacher(Student(model.spec, model.weights), table.weight, table.temperature)
        assert table.student and table.training
        plan = msgspec.structs.replace(self.plan, student=table.student, training=table.training, teacher=None)
        weights = self._trained(plan, self._fresh(table.student), None, None, track)
        return Teacher(Student(table.student, weights), table.weight, table.temperature)

    def student(self, teacher: Teacher | None, track: Track) -> Model:
        """The step ``student``."""
        return Model(self.plan.student, self._trained(self.plan, self._initial(track), teacher, None, track))

    def compressed(self, name: str, model: Model, teacher: Teacher | None, track: Track) -> Model:
        """The step of this name in ``plan.compression``: ``model`` made smaller and trained on."""
        table = self.plan.compression[name]
        spec, start = table.smaller(model.spec, model.weights)
        plan = msgspec.structs.replace(self.plan, student=spec, training=table.training(self.plan.training))
        thin = table.sparsity() if isinstance(table, SparsifySpec) else model.sparsity
        return Model(spec, self._trained(plan, start, teacher, thin, track), thin and Sparsity(thin.share, thin.share, 0.0, thin.every))

    def whole(self, track: Track) -> Model:
        """After all steps."""
        teacher = self.teacher(track)
        model = self.student(teacher, track)
        for name in self.plan.compression:
            model = self.compressed(name, model, teacher, track)
        return model

    def _fresh(self, spec: StudentSpec) -> Weights:
        tokenizer = self.prepared.tokenizer
        return initial(spec, len(tokenizer), len(tokenizer) - tokenizer.first_structural, self.plan.weights_seed)

    def _initial(self, track: Track) -> Weights:
        fresh = self._fresh(self.plan.student)
        if self.start is None:
            return fresh
        model = self.start if isinstance(self.start, Model) else Fit(self.start, self.prepared).whole(_Before(track))
        weights = rescaled(shrink(model.weights, self.plan.student), model.spec.bits, self.plan.student.bits)
        other = next((name for name in fresh if name not in weights or weights[name].shape != fresh[name].shape), None)
        if other or len(weights) != len(fresh):
            raise InputError(
                f"starts from a model of another shape ('{other}' differs).",
                where=self.plan.name,
                hint="Give both recipes the same [student].",
            )
        return weights

    @cached_property
    def _rows(self) -> str:
        """Digest of what is trained on."""
        made = hashlib.sha256(self.prepared.tokenizer.dump().encode())
        for group in [*self.prepared.varied, *self.prepared.clean]:
            made.update(group.tokens.tobytes() + group.flags.tobytes() + group.answers.tobytes())
        return made.hexdigest()

    def _trained(self, plan: Recipe, start: Weights, teacher: Teacher | None, sparsity: Sparsity | None, track: Track) -> Weights:
        if not plan.training.steps:
            return start
        trainer = Trainer(plan, start, teacher, sparsity)
        digest = hashlib.sha256(f"{trainer.digest} {self._rows}".encode()).hexdigest()[:16]
        return trained(trainer, digest, plan.training.steps, partial(trainer.run, self._batches(plan)), track)

    def _batches(self, plan: Recipe) -> Batches:
        prepared, tokenizer = self.prepared, self.prepared.tokenizer
        sizes = np.array([len(token.encode()) for token in tokenizer.tokens], np.int32)
        size, flagless = plan.training.batch, plan.training.flagless
        return Batches(prepared.varied, prepared.clean, size, plan.weights_seed, flagless, sizes, tokenizer.first_structural)


class _Before(Track):
    """The training of another recipe within a step: shown under its own name, never made again, and not the step's own."""

    def __init__(self, track: Track) -> None:
        super().__init__(track.progress)
        self.step = "start"
