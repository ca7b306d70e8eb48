"""Trains a student: batches by length, Adam, float first and then with the quantisation simulated; resumable."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tinylm.lm.dataset import Batch, Batches
from tinylm.lm.loop import Loop, Read, Report, cosine
from tinylm.lm.sparsity import Sparsity
from tinylm.lm.student import Scores, Student
from tinylm.schema import Strict

if TYPE_CHECKING:
    from tinylm.lm.recipe import Recipe


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


class Trainer(Loop):
    """The training of a student on rows of sentences and answers."""

    def __init__(
        self,
        recipe: Recipe,
        weights: dict[str, NDArray[np.float32]],
        teacher: Teacher | None = None,
        sparsity: Sparsity | None = None,
    ) -> None:
        """weights: where the training starts. sparsity: weights that are driven to zero on the way."""
        self.teacher, self.sparsity, self.spec = teacher, sparsity, recipe.training
        self.model = Student(recipe.student, weights)
        start = hashlib.sha256(b"".join(weights[name].tobytes() for name in sorted(weights))).hexdigest()
        known = (recipe.weights_seed, recipe.student, recipe.training, start, self._taught(), *([sparsity] if sparsity else []))
        super().__init__(self.model.variables, repr(known))
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
        with self.tf.GradientTape() as tape:
            loss, plain = self.losses(batch, quantised)
        self.update(tape.gradient(loss, self.variables), rate, count)
        for name, mask in self.masks.items():
            self.variables[name].assign(self.variables[name] * mask)
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

    def clean(self, step: int) -> float:
        """The share of clean batches at a step."""
        spec = self.spec
        part = max(0.0, (step / spec.steps - (1 - spec.annealed)) / max(spec.annealed, 1e-9))
        return spec.clean + (spec.clean_end - spec.clean) * part

    def run(self, batches: Batches, checkpoint: Path | None, report: Report) -> dict[str, NDArray[np.float32]]:
        """Train to the last step. report: called every so often. Ctrl-C leaves a checkpoint.

        Raises InputError where the loss is no number; a checkpoint from before is left as it is.
        """
        tf, spec = self.tf, self.spec
        quantised_from = round((1 - spec.quantised) * spec.steps)

        def step(at: int) -> Read:
            drawn = batches.at(at, self.clean(at))
            self._thin()
            rate = tf.constant(cosine(at, spec.steps, spec.warmup, spec.learning_rate), tf.float32)
            update = self._quantised if at >= quantised_from else self._float
            loss, plain = update(Batch(*map(tf.constant, drawn)), rate, tf.constant(at + 1.0, tf.float32))
            nats = float(plain) * int(np.count_nonzero(drawn.target >= 0))
            return Read(float(loss), nats, drawn.tokens.size, batches.answer_bytes(drawn))

        self.train(spec.steps, step, checkpoint, spec.checkpoint_every, report)
        return self.weights()

    def _thin(self) -> None:
        """Set the masks anew where the schedule says so."""
        if self.sparsity and self.sparsity.due(self.done):
            for name, mask in self.masks.items():
                weight = self.variables[name]
                mask.assign(self.sparsity.mask(weight.numpy(), self.done, self.spec.steps))
                weight.assign(weight * mask)

    def resume(self, path: Path) -> bool:
        """Take a checkpoint up where it belongs to the same recipe and seed; else leave it."""
        taken = super().resume(path)
        if taken:
            for name, mask in self.masks.items():
                mask.assign((self.variables[name].numpy() != 0).astype(np.float32))
        return taken
