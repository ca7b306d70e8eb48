"""Trains a student: batches by length, Adam, float first and then with the quantisation simulated; resumable."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tinylm.errors import InputError
from tinylm.lm.extra import tensorflow
from tinylm.lm.student import Student, initial
from tinylm.paths import write_file
from tinylm.schema import Strict

if TYPE_CHECKING:
    from tinylm.lm.recipe import Recipe

Progress = Callable[[str, int, int, str], None]  # stage, done, total, note


class TrainingSpec(Strict):
    """The [training] table of a recipe. quantised: the last part of the steps, trained with int8 simulated. text_weight: weight of the loss
    on the sentence itself, against 1 on the answer."""

    steps: int = 9_000
    batch: int = 128
    learning_rate: float = 4e-3
    warmup: int = 200
    quantised: float = 0.4
    text_weight: float = 0.2
    lengths: tuple[int, ...] = (20, 28, 36, 48)
    checkpoint_every: int = 500


@dataclass(frozen=True)
class Batches:
    """Encoded rows by length: tokens [n, length] int32 padded with -1, answer [n]: where the answer starts. A batch depends on (seed, step)."""

    groups: list[tuple[NDArray[np.int32], NDArray[np.int32]]]
    size: int
    seed: int

    @classmethod
    def of(cls, rows: Sequence[tuple[list[int], int]], lengths: Sequence[int], size: int, seed: int) -> Batches:
        """rows: (ids, place of the first answer token). Rows longer than the last length are left out."""
        groups = []
        for low, high in zip([0, *lengths], lengths, strict=False):
            chosen = [row for row in rows if low < len(row[0]) <= high]
            if chosen:
                tokens = np.full((len(chosen), high), -1, np.int32)
                for at, (ids, _) in enumerate(chosen):
                    tokens[at, : len(ids)] = ids
                groups.append((tokens, np.array([start for _, start in chosen], np.int32)))
        return cls(groups, size, seed)

    def at(self, step: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The batch of a step."""
        rng = np.random.default_rng([self.seed, 2, step])
        sizes = np.array([len(start) for _, start in self.groups], float)
        tokens, starts = self.groups[rng.choice(len(sizes), p=sizes / sizes.sum())]
        pick = rng.integers(0, len(starts), self.size)
        return tokens[pick], starts[pick]


class Trainer:
    """Weights, Adam's moments and the step count: all that a checkpoint holds."""

    def __init__(self, recipe: Recipe, vocabulary: int) -> None:
        self.tf = tensorflow()
        self.spec, self.done = recipe.training, 0
        self.model = Student(recipe.student, initial(recipe.student, vocabulary, recipe.seed))
        zeros = [self.tf.zeros_like(v) for v in self.model.variables.values()]
        self.first, self.second = ([self.tf.Variable(z) for z in zeros] for _ in range(2))
        self.digest = hashlib.sha256(repr((recipe, vocabulary)).encode()).hexdigest()
        self._float, self._quantised = self._compiled(False), self._compiled(True)

    def _compiled(self, quantised: bool) -> Any:
        # No XLA: the unrolled recurrence takes it 30 s a shape to compile, and its steps were slower (0.11 s against 0.065 s on one core).
        return self.tf.function(lambda *batch: self._step(*batch, quantised), reduce_retracing=False)

    def _step(self, tokens: Any, starts: Any, rate: Any, count: Any, quantised: bool) -> Any:
        """One update; returns the loss in nats a weighted token."""
        tf = self.tf
        variables = list(self.model.variables.values())
        with tf.GradientTape() as tape:
            target = tokens[:, 1:]
            logits = self.model.logits(tf.maximum(tokens[:, :-1], 0), quantised)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(target, 0), logits)
            in_answer = tf.range(1, tokens.shape[1])[None] >= starts[:, None]
            weight = tf.where(in_answer, 1.0, self.spec.text_weight) * tf.cast(target >= 0, tf.float32)
            loss = tf.reduce_sum(loss * weight) / tf.reduce_sum(weight)
        gradients = tape.gradient(loss, variables)
        gradients = [tf.convert_to_tensor(g) for g in gradients]
        clip = tf.minimum(1.0, 1.0 / tf.maximum(tf.sqrt(tf.add_n([tf.reduce_sum(g * g) for g in gradients])), 1e-6))
        for v, g, m, s in zip(variables, gradients, self.first, self.second, strict=True):
            m.assign(0.9 * m + 0.1 * clip * g)
            s.assign(0.99 * s + 0.01 * tf.square(clip * g))
            v.assign_sub(rate * (m / (1 - 0.9**count)) / (tf.sqrt(s / (1 - 0.99**count)) + 1e-8))
        return loss

    def rate(self, step: int) -> float:
        """Learning rate: linear warm-up, then a cosine to a fiftieth."""
        if step < self.spec.warmup:
            return self.spec.learning_rate * (step + 1) / self.spec.warmup
        part = (step - self.spec.warmup) / max(1, self.spec.steps - self.spec.warmup)
        return self.spec.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * part)))

    def run(self, batches: Batches, checkpoint: Path | None, progress: Progress) -> dict[str, NDArray[np.float32]]:
        """Train to the last step. Raises InputError where the loss is no number. Ctrl-C leaves a checkpoint."""
        tf, total = self.tf, self.spec.steps
        quantised_from = round((1 - self.spec.quantised) * total)
        try:
            while self.done < total:
                step = self._quantised if self.done >= quantised_from else self._float
                tokens, starts = batches.at(self.done)
                loss = step(tokens, starts, tf.constant(self.rate(self.done), tf.float32), tf.constant(self.done + 1.0, tf.float32))
                self.done += 1
                if self.done % 50 == 0 or self.done == total:
                    progress("train", self.done, total, f"loss {self._checked(float(loss)):.3f}")
                if checkpoint and self.done % self.spec.checkpoint_every == 0:
                    self.save(checkpoint)
        except KeyboardInterrupt:
            if checkpoint:
                self.save(checkpoint)
            raise
        return self.weights()

    def _checked(self, loss: float) -> float:
        if not math.isfinite(loss):
            raise InputError(f"the loss is no number any more at step {self.done}.", where="training", hint="Lower learning_rate in the recipe.")
        return loss

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The weights as ``export`` takes them."""
        return {name: variable.numpy() for name, variable in self.model.variables.items()}

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        moments = {f"{kind}{at}": v.numpy() for kind, group in (("m", self.first), ("s", self.second)) for at, v in enumerate(group)}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, step=self.done, digest=self.digest, **moments, **{f"w.{k}": v for k, v in self.weights().items()})
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
            self.done = int(file["step"])
        return True
