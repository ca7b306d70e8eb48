"""Adam over named weights, step by step, with a checkpoint that a training goes on from."""

from __future__ import annotations

import hashlib
import io
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinylm.errors import InputError
from tinylm.lm.extra import tensorflow
from tinylm.lm.llama import Weights
from tinylm.lm.steps import Point
from tinylm.paths import write_file

EVERY = 50  # steps between two points of the log
Report = Callable[[Point], None]


def cosine(step: int, steps: int, warmup: int, rate: float, least: float = 0.02) -> float:
    """A learning rate that rises to ``rate`` over ``warmup`` steps and falls as a cosine to ``least`` of it."""
    if step < warmup:
        return rate * (step + 1) / warmup
    return rate * (least + (1 - least) * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup))))


def digest(arrays: Mapping[str, Any]) -> str:
    """SHA-256 of arrays and their names."""
    made = hashlib.sha256()
    for name in sorted(arrays):
        made.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return made.hexdigest()


class Read(NamedTuple):
    """What one step made of a batch. loss: a mean; nats: that the right text cost, over its ``bytes``; tokens: read."""

    loss: float
    nats: float
    tokens: int
    bytes: float


class Loop:
    """Weights, Adam's moments and the step count: all that a checkpoint holds."""

    def __init__(self, variables: Mapping[str, Any], key: str) -> None:
        """variables: of TensorFlow. key: what a checkpoint must agree on."""
        tf = self.tf = tensorflow()
        self.variables, self.digest, self.done = dict(variables), hashlib.sha256(key.encode()).hexdigest(), 0
        self.moments = [{name: tf.Variable(tf.zeros_like(v)) for name, v in self.variables.items()} for _ in range(2)]

    def update(self, gradients: Mapping[str, Any], rate: Any, count: Any) -> None:
        """One step of Adam (Kingma and Ba 2015; decay 0.9 and 0.99), the gradients clipped to a norm of 1 together."""
        tf, (first, second) = self.tf, self.moments
        dense = {name: tf.convert_to_tensor(value) for name, value in gradients.items()}
        size = tf.sqrt(tf.add_n([tf.reduce_sum(g * g) for g in dense.values()]))
        clip = tf.minimum(1.0, 1.0 / tf.maximum(size, 1e-6))
        for name, g in dense.items():
            m, s = first[name], second[name]
            m.assign(0.9 * m + 0.1 * clip * g)
            s.assign(0.99 * s + 0.01 * tf.square(clip * g))
            self.variables[name].assign_sub(rate * (m / (1 - 0.9**count)) / (tf.sqrt(s / (1 - 0.99**count)) + 1e-8))

    def train(self, steps: int, step: Callable[[int], Read], checkpoint: Path | None, every: int, report: Report) -> None:
        """Call ``step`` with each number from ``done`` on. report: told every 50 steps where the training stands. Ctrl-C leaves a
        checkpoint, and every ``every`` steps there is one.

        Raises InputError where the loss is no number; the last good checkpoint stays.
        """
        pace = _Pace(self.done, steps)
        try:
            while self.done < steps:
                read = step(self.done)
                self.done += 1
                self._check(read.loss, checkpoint)
                pace.add(read)
                if self.done % EVERY == 0 or self.done == steps:
                    report(pace.point(self.done))
                if checkpoint and self.done % every == 0:
                    self.save(checkpoint)
        except KeyboardInterrupt:
            if checkpoint:
                self.save(checkpoint)
            raise

    def _check(self, loss: float, checkpoint: Path | None) -> None:
        if not math.isfinite(loss):
            kept = f"; the last good checkpoint is kept as {checkpoint}" if checkpoint and checkpoint.is_file() else ""
            raise InputError(
                f"the loss is no number any more at step {self.done}{kept}.", where="training", hint="Lower learning_rate in the recipe."
            )

    def weights(self) -> Weights:
        """As they stand."""
        return {name: variable.numpy() for name, variable in self.variables.items()}

    def _groups(self) -> dict[str, dict[str, Any]]:
        return {"w": self.variables, "m": self.moments[0], "s": self.moments[1]}

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        arrays = {f"{kind}.{name}": variable.numpy() for kind, group in self._groups().items() for name, variable in group.items()}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, step=self.done, of=self.digest, **arrays)
        write_file(path, file.getvalue())

    def resume(self, path: Path) -> bool:
        """Take a checkpoint up where it belongs to the same training; else leave it."""
        if not path.is_file():
            return False
        with np.load(path, allow_pickle=False) as file:
            if "of" not in file or str(file["of"]) != self.digest:
                return False
            for kind, group in self._groups().items():
                for name, variable in group.items():
                    variable.assign(file[f"{kind}.{name}"])
            self.done = int(file["step"])
        return True


class _Pace:
    """Means of what happened since the last point, and how fast it went."""

    def __init__(self, done: int, total: int) -> None:
        self.began, self.first, self.total = time.monotonic(), done, total
        self._empty()

    def _empty(self) -> None:
        self.since, self.steps, self.sums = time.monotonic(), 0, Read(0.0, 0.0, 0, 0.0)

    def add(self, read: Read) -> None:
        sums = self.sums
        self.sums = Read(sums.loss + read.loss, sums.nats + read.nats, sums.tokens + read.tokens, sums.bytes + read.bytes)
        self.steps += 1

    def point(self, done: int) -> Point:
        now, sums = time.monotonic(), self.sums
        left = (now - self.began) / (done - self.first) * (self.total - done)
        bits = sums.nats / math.log(2) / max(sums.bytes, 1)
        made = Point(done, self.total, sums.loss / self.steps, bits, sums.tokens / max(now - self.since, 1e-9), left)
        self._empty()
        return made
