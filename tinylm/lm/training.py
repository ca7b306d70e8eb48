"""Trains a student: batches by length, Adam, float first and then with the quantisation simulated; resumable."""

from __future__ import annotations

import hashlib
import io
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tinylm.errors import InputError
from tinylm.lm.dataset import Batch, Batches
from tinylm.lm.extra import tensorflow
from tinylm.lm.sparsity import Sparsity
from tinylm.lm.steps import Point
from tinylm.lm.student import Scores, Student
from tinylm.paths import write_file
from tinylm.schema import Strict

if TYPE_CHECKING:
    from tinylm.lm.recipe import Recipe

EVERY = 50  # steps between two points of the log


class TrainingSpec(Strict):
    """The [training] table of a recipe.

    quantised: the last part of the steps, trained with the integer arithmetic simulated. annealed: the last part of the steps, over which
    the share of clean batches rises from ``clean`` to ``clean_end``. flagless: share of rows read without the home's flags. lengths: rows
    are padded to the next of these (tokens); longer rows are left out.
    """

    steps: int = 9_000
    batch: int = 256
    learning_rate: float = 5e-3
    warmup: int = 300
    quantised: float = 0.4
    annealed: float = 0.3
    clean: float = 0.1
    clean_end: float = 0.6
    flagless: float = 0.15
    lengths: tuple[int, ...] = (14, 20, 28, 44)
    checkpoint_every: int = 500


@dataclass(frozen=True)
class Teacher:
    """A trained model whose scores a student learns too. weight: of them in the loss, the answers weigh the rest. temperature: of both."""

    model: Student
    weight: float
    temperature: float


class Trainer:
    """Weights, Adam's moments and the step count: all that a checkpoint holds."""

    def __init__(
        self,
        recipe: Recipe,
        weights: dict[str, NDArray[np.float32]],
        teacher: Teacher | None = None,
        sparsity: Sparsity | None = None,
    ) -> None:
        """weights: where the training starts. sparsity: weights that are driven to zero on the way."""
        self.tf, self.teacher, self.sparsity = tensorflow(), teacher, sparsity
        self.spec, self.done = recipe.training, 0
        self.model = Student(recipe.student, weights)
        zeros = [self.tf.zeros_like(v) for v in self.model.variables.values()]
        self.first, self.second = ([self.tf.Variable(z) for z in zeros] for _ in range(2))
        start = hashlib.sha256(b"".join(weights[name].tobytes() for name in sorted(weights))).hexdigest()
        known = (recipe.weights_seed, recipe.student, recipe.training, start, self._taught(), *([sparsity] if sparsity else []))
        self.digest = hashlib.sha256(repr(known).encode()).hexdigest()
        self.masks = {name: self.tf.Variable(self.tf.ones_like(v)) for name, v in self.model.variables.items() if self._thinned(name)}
        self._float, self._quantised = self._compiled(False), self._compiled(True)

    def _thinned(self, name: str) -> bool:
        return self.sparsity is not None and self.sparsity.thins(name)

    def _taught(self) -> str:
        """What tells one teacher from another."""
        if self.teacher is None:
            return ""
        weights = b"".join(variable.numpy().tobytes() for variable in self.teacher.model.variables.values())
        return f"{hashlib.sha256(weights).hexdigest()} {self.teacher.weight} {self.teacher.temperature}"

    def _compiled(self, quantised: bool) -> Any:
        # No XLA: the unrolled recurrence takes it 30 s a shape to compile, and its steps were slower (0.11 s against 0.065 s on one core).
        return self.tf.function(lambda batch, rate, count: self._step(batch, rate, count, quantised))

    def _step(self, batch: Batch, rate: Any, count: Any, quantised: bool) -> Any:
        """One update; returns (what was made smaller, the cross entropy in it), both in nats an answer token, pointers included."""
        tf = self.tf
        variables = list(self.model.variables.values())
        with tf.GradientTape() as tape:
            loss, plain = self.losses(batch, quantised)
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]
        clip = tf.minimum(1.0, 1.0 / tf.maximum(tf.sqrt(tf.add_n([tf.reduce_sum(g * g) for g in gradients])), 1e-6))
        for v, g, m, s in zip(variables, gradients, self.first, self.second, strict=True):
            m.assign(0.9 * m + 0.1 * clip * g)
            s.assign(0.99 * s + 0.01 * tf.square(clip * g))
            v.assign_sub(rate * (m / (1 - 0.9**count)) / (tf.sqrt(s / (1 - 0.99**count)) + 1e-8))
        for name, mask in self.masks.items():
            self.model.variables[name].assign(self.model.variables[name] * mask)
        return loss, plain

    def losses(self, batch: Batch, quantised: bool) -> tuple[Any, Any]:
        """(the loss, its part that the answers give): cross entropy of the tokens and of both pointers, over the number of tokens asked
        for; with a teacher the loss is also against its scores."""
        tf, teacher = self.tf, self.teacher
        ends = self._ends(batch, self.model.scores(batch.tokens, batch.flags, batch.asked, quantised))
        asked = tf.reduce_sum(tf.cast(batch.target >= 0, tf.float32))
        loss = sum(
            tf.where(wanted >= 0, tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(wanted, 0), scores), 0.0)
            for wanted, scores in ends
        )
        loss = tf.reduce_sum(loss) / asked
        if teacher is None:
            return loss, loss
        taught, hot = self._ends(batch, teacher.model.scores(batch.tokens, batch.flags, batch.asked, False)), teacher.temperature
        gap = sum(
            tf.where(wanted >= 0, tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(theirs / hot), ours / hot), 0.0)
            for (wanted, ours), (_, theirs) in zip(ends, taught, strict=True)
        )
        return (1 - teacher.weight) * loss + teacher.weight * hot * hot * tf.reduce_sum(gap) / asked, loss

    def _ends(self, batch: Batch, scores: Scores) -> list[tuple[Any, Any]]:
        """(what should win or -1, scores) of the three outputs; pointers may point at the sentence only."""
        tf = self.tf
        pieces = (tf.range(tf.shape(batch.tokens)[0])[None] < batch.prompt[:, None] - 1)[:, None]
        pointers = [(wanted, tf.where(pieces, found, -64.0)) for wanted, found in ((batch.first, scores.start), (batch.last, scores.end))]
        return [(batch.target, scores.logits), *pointers]

    def rate(self, step: int) -> float:
        """Learning rate: linear warm-up, then a cosine to a fiftieth."""
        if step < self.spec.warmup:
            return self.spec.learning_rate * (step + 1) / self.spec.warmup
        part = (step - self.spec.warmup) / max(1, self.spec.steps - self.spec.warmup)
        return self.spec.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * part)))

    def clean(self, step: int) -> float:
        """The share of clean batches at a step."""
        spec = self.spec
        part = max(0.0, (step / spec.steps - (1 - spec.annealed)) / max(spec.annealed, 1e-9))
        return spec.clean + (spec.clean_end - spec.clean) * part

    def run(self, batches: Batches, checkpoint: Path | None, report: Callable[[Point], None]) -> dict[str, NDArray[np.float32]]:
        """Train to the last step. report: called every so often. Ctrl-C leaves a checkpoint.

        Raises InputError where the loss is no number; a checkpoint from before is left as it is.
        """
        tf, total = self.tf, self.spec.steps
        quantised_from = round((1 - self.spec.quantised) * total)
        pace = _Pace(self.done, total)
        try:
            while self.done < total:
                step = self._quantised if self.done >= quantised_from else self._float
                drawn = batches.at(self.done, self.clean(self.done))
                self._thin()
                loss, plain = step(
                    Batch(*map(tf.constant, drawn)), tf.constant(self.rate(self.done), tf.float32), tf.constant(self.done + 1.0, tf.float32)
                )
                self.done += 1
                pace.add(self._checked(float(loss), checkpoint), float(plain), drawn, batches.answer_bytes(drawn))
                if self.done % EVERY == 0 or self.done == total:
                    report(pace.point(self.done))
                if checkpoint and self.done % self.spec.checkpoint_every == 0:
                    self.save(checkpoint)
        except KeyboardInterrupt:
            if checkpoint:
                self.save(checkpoint)
            raise
        return self.weights()

    def _thin(self) -> None:
        """Set the masks anew where the schedule says so."""
        if self.sparsity and self.sparsity.due(self.done):
            for name, mask in self.masks.items():
                weight = self.model.variables[name]
                mask.assign(self.sparsity.mask(weight.numpy(), self.done, self.spec.steps))
                weight.assign(weight * mask)

    def _checked(self, loss: float, checkpoint: Path | None) -> float:
        if math.isfinite(loss):
            return loss
        kept = checkpoint is not None and checkpoint.is_file()
        raise InputError(
            f"the loss is no number any more at step {self.done}{f'; the last good checkpoint is kept as {checkpoint}' if kept else ''}.",
            where="training",
            hint="Lower learning_rate in the recipe.",
        )

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The weights as ``export`` takes them."""
        return {name: variable.numpy() for name, variable in self.model.variables.items()}

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        moments = {f"{kind}{at}": v.numpy() for kind, group in (("m", self.first), ("s", self.second)) for at, v in enumerate(group)}
        file = io.BytesIO()
        weights = {f"w.{name}": value for name, value in self.weights().items()}
        np.savez(file, allow_pickle=False, step=self.done, digest=self.digest, **moments, **weights)
        write_file(path, file.getvalue())

    def resume(self, path: Path) -> bool:
        """Take a checkpoint up where it belongs to the same recipe and seed; else leave it."""
        if not path.is_file():
            return False
        with np.load(path, allow_pickle=False) as file:
            if str(file["digest"]) != self.digest:
                return False
            for name, variable in self.model.variables.items():
                variable.assign(file[f"w.{name}"])
            for kind, group in (("m", self.first), ("s", self.second)):
                for at, variable in enumerate(group):
                    variable.assign(file[f"{kind}{at}"])
            for name, mask in self.masks.items():
                mask.assign((file[f"w.{name}"] != 0).astype(np.float32))
            self.done = int(file["step"])
        return True


class _Pace:
    """Means of what happened since the last point, and how fast it went."""

    def __init__(self, done: int, total: int) -> None:
        self.began, self.first, self.total = time.monotonic(), done, total
        self._empty()

    def _empty(self) -> None:
        self.since, self.steps, self.tokens, self.loss, self.nats, self.bytes = time.monotonic(), 0, 0, 0.0, 0.0, 0

    def add(self, loss: float, plain: float, batch: Batch, answer_bytes: int) -> None:
        """One step. loss, plain: nats an answer token."""
        self.steps, self.loss, self.tokens = self.steps + 1, self.loss + loss, self.tokens + batch.tokens.size
        self.nats, self.bytes = self.nats + plain * int(np.count_nonzero(batch.target >= 0)), self.bytes + answer_bytes

    def point(self, done: int) -> Point:
        now = time.monotonic()
        left = (now - self.began) / (done - self.first) * (self.total - done)
        rate = self.tokens / max(now - self.since, 1e-9)
        made = Point(done, self.total, self.loss / self.steps, self.nats / math.log(2) / max(self.bytes, 1), rate, left)
        self._empty()
        return made
