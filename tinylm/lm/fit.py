"""The trained weights of a recipe: from nothing, from another recipe's weights, or with a teacher; kept in the cache when done."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinylm.errors import InputError
from tinylm.lm.dataset import Batches
from tinylm.lm.prepared import Prepared
from tinylm.lm.recipe import Recipe
from tinylm.lm.student import Student, initial
from tinylm.lm.training import Progress, Teacher, Trainer
from tinylm.paths import cache_dir, write_file

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Fit:
    """One recipe and its rows. start, master: the recipes that ``plan.start`` and ``plan.teacher`` name, if any."""

    plan: Recipe
    prepared: Prepared
    start: Recipe | None = None
    master: Recipe | None = None

    def weights(self, progress: Progress) -> Weights:
        """Trained, or from the cache. Ctrl-C leaves a checkpoint from which the same call goes on. Raises InputError."""
        teacher = self._teacher(progress) if self.plan.teacher else None
        return self._trained(self.plan, self._initial(progress), teacher, "train", progress)

    def _initial(self, progress: Progress) -> Weights:
        tokenizer, plan = self.prepared.tokenizer, self.plan
        fresh = initial(plan.student, len(tokenizer), len(tokenizer) - tokenizer.first_structural, plan.seed)
        if self.start is None:
            return fresh
        weights = Fit(self.start, self.prepared).weights(progress)
        other = next((name for name in fresh if name not in weights or weights[name].shape != fresh[name].shape), None)
        if other or len(weights) != len(fresh):
            raise InputError(
                f"starts from a model of another shape ('{other}' differs).", where=plan.name, hint="Give both recipes the same [student]."
            )
        return weights

    def _teacher(self, progress: Progress) -> Teacher:
        table, tokenizer = self.plan.teacher, self.prepared.tokenizer
        assert table
        if self.master:
            weights = Fit(self.master, self.prepared).weights(progress)
            return Teacher(Student(self.master.student, weights), table.weight, table.temperature)
        assert table.student and table.training
        plan = msgspec.structs.replace(self.plan, student=table.student, training=table.training, teacher=None)
        fresh = initial(table.student, len(tokenizer), len(tokenizer) - tokenizer.first_structural, plan.seed)
        return Teacher(Student(table.student, self._trained(plan, fresh, None, "teacher", progress)), table.weight, table.temperature)

    def _trained(self, plan: Recipe, start: Weights, teacher: Teacher | None, stage: str, progress: Progress) -> Weights:
        trainer = Trainer(plan, start, teacher)
        made = hashlib.sha256(self.prepared.tokenizer.dump().encode())
        for group in [*self.prepared.varied, *self.prepared.clean]:
            made.update(group.tokens.tobytes() + group.flags.tobytes() + group.answers.tobytes())
        digest = hashlib.sha256(f"{trainer.digest} {made.hexdigest()}".encode()).hexdigest()[:16]
        done, checkpoint = (cache_dir() / f"{kind}-{digest}.npz" for kind in ("weights", "training"))
        if done.is_file():
            with np.load(done, allow_pickle=False) as file:
                progress(stage, 1, 1, "as made before")
                return {name: file[name] for name in file.files}
        if trainer.resume(checkpoint):
            progress(stage, trainer.done, plan.training.steps, "going on from the checkpoint")
        batches = Batches(self.prepared.varied, self.prepared.clean, plan.training.batch, plan.seed, plan.training.flagless)
        weights = trainer.run(batches, checkpoint, lambda _, *rest: progress(stage, *rest))
        _save(done, weights)
        checkpoint.unlink(missing_ok=True)
        return weights


def _save(path: Path, weights: Weights) -> None:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **weights)
    write_file(path, file.getvalue())
