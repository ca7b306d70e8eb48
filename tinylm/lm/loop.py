"""Adam over named weights, step by step, with a checkpoint that a training goes on from."""

from __future__ import annotations

import hashlib
import io
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tinylm.errors import InputError
from tinylm.lm.extra import tensorflow
from tinylm.lm.llama import Weights
from tinylm.lm.steps import Point
from tinylm.paths import write_file

_REPORT = 50  # steps


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


class Loop:
    """Weights, Adam's moments and the step count: all that a checkpoint holds."""

    def __init__(self, weights: Mapping[str, Any], key: str, bytes: float = 1.0) -> None:
        """key: what a checkpoint must agree on besides the weights that it starts from. bytes: of a token, on average."""
        tf = self.tf = tensorflow()
        self.variables = {name: tf.Variable(value) for name, value in weights.items()}
        self.moments = [{name: tf.Variable(tf.zeros_like(v)) for name, v in self.variables.items()} for _ in range(2)]
        self.digest = hashlib.sha256(f"{key} {digest(weights)}".encode()).hexdigest()
        self.done, self.bytes = 0, bytes

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

    def run(
        self, steps: int, step: Callable[[int], tuple[Any, int]], checkpoint: Path | None, every: int, report: Callable[[Point], None]
    ) -> None:
        """Call ``step`` with each number from ``done`` on; it returns the loss in nats a token and how many tokens it read. report: told
        every 50 steps where the training stands. Ctrl-C leaves a checkpoint, and every ``every`` steps there is one.

        Raises InputError where the loss is no number; the last good checkpoint stays.
        """
        began, first = time.monotonic(), self.done
        since, losses, tokens = began, list[float](), 0
        try:
            while self.done < steps:
                loss, read = step(self.done)
                self.done += 1
                losses.append(self._checked(float(loss), checkpoint))
                tokens += read
                if self.done % _REPORT == 0 or self.done == steps:
                    now = time.monotonic()
                    left = (now - began) / (self.done - first) * (steps - self.done)
                    mean = sum(losses) / len(losses)
                    report(Point(self.done, steps, mean, mean / math.log(2) / self.bytes, tokens / max(now - since, 1e-9), left))
                    since, losses, tokens = now, [], 0
                if checkpoint and self.done % every == 0:
                    self.save(checkpoint)
        except KeyboardInterrupt:
            if checkpoint:
                self.save(checkpoint)
            raise

    def _checked(self, loss: float, checkpoint: Path | None) -> float:
        if math.isfinite(loss):
            return loss
        kept = f"; the last good checkpoint is kept as {checkpoint}" if checkpoint and checkpoint.is_file() else ""
        raise InputError(
            f"the loss is no number any more at step {self.done}{kept}.", where="training", hint="Lower learning_rate in the recipe."
        )

    def weights(self) -> Weights:
        return {name: variable.numpy() for name, variable in self.variables.items()}

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        groups = {"w": self.variables, "m": self.moments[0], "s": self.moments[1]}
        arrays = {f"{kind}.{name}": variable.numpy() for kind, group in groups.items() for name, variable in group.items()}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, step=self.done, digest=self.digest, **arrays)
        write_file(path, file.getvalue())

    def resume(self, path: Path) -> bool:
        """Take a checkpoint up where it belongs to the same training; else leave it."""
        if not path.is_file():
            return False
        with np.load(path, allow_pickle=False) as file:
            if str(file["digest"]) != self.digest:
                return False
            for kind, group in (("w", self.variables), ("m", self.moments[0]), ("s", self.moments[1])):
                for name, variable in group.items():
                    variable.assign(file[f"{kind}.{name}"])
            self.done = int(file["step"])
        return True
