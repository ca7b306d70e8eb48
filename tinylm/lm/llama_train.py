"""Trains a student on rows of tokens: to say what a teacher says (Hinton et al. 2015), or the next token of a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinylm.lm.cells.model import CellModel
from tinylm.lm.extra import tensorflow
from tinylm.lm.learners import Learner
from tinylm.lm.llama import Llama
from tinylm.lm.llama_graph import Graph
from tinylm.lm.loop import Loop, Read, Report, cosine, digest
from tinylm.schema import Strict

Rows = NDArray[np.uint16]


class TextTraining(Strict):
    """The [training] table of a text recipe.

    steps of batch rows of length tokens, cut at random out of the corpus; over the last part ``long`` of the steps rows are as long as the
    student's window, and there are fewer of them. quantised: the last part of the steps, in which cells other than attention have the
    device's integers simulated.
    """

    steps: int = 6_000
    batch: int = 16
    length: int = 128
    long: float = 0.2
    quantised: float = 0.4
    learning_rate: float = 4e-3
    warmup: int = 100
    checkpoint_every: int = 500


@dataclass(frozen=True)
class Distillation:
    """One training: who learns, what from, and how. teacher: of the same vocabulary, or None: then the next token is learned. bytes: of a
    token, on average."""

    learner: Learner
    teacher: Llama | None
    rows: Rows
    spec: TextTraining
    seed: int
    bytes: float = 1.0

    @property
    def window(self) -> int:
        return self.learner.student.shape.window

    def loop(self) -> Loop:
        """At its start. Its digest is that of all that the training depends on."""
        taught = {} if self.teacher is None else self.teacher.weights
        start, taught = self.learner.start(), {} if self.teacher is None else self.teacher.weights
        key = self.spec, self.seed, self.learner.kind, digest(taught), digest({"rows": self.rows})
        variables = {name: tensorflow().Variable(value) for name, value in start.items()}
        return Loop(variables, f"{key!r} {digest(start)}")

    def run(self, loop: Loop, checkpoint: Path | None, report: Report) -> Llama | CellModel:
        """The student trained from where ``loop`` stands.

        Raises InputError where the loss is no number, MissingError without TensorFlow. Ctrl-C leaves ``checkpoint``, from which a loop
        goes on.
        """
        loop.train(self.spec.steps, self.step(loop), checkpoint, self.spec.checkpoint_every, report)
        return self.learner.model(loop.weights())

    def step(self, loop: Loop) -> Callable[[int], Read]:
        """What ``loop`` calls with each step's number: one update. The loss is in nats a token."""
        tf, learner, teacher, spec = tensorflow(), self.learner, self.teacher, self.spec
        constants = {} if teacher is None else {name: tf.constant(value) for name, value in teacher.weights.items()}

        # XLA takes some 10 s to compile a length, then a tenth less a step; and without it two runs differed in the last bits.
        @tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
        def update(tokens: Any, following: Any, rate: Any, count: Any, quantised: bool) -> Any:
            wanted = None if teacher is None else tf.nn.log_softmax(Graph(tf, teacher).logits(constants, tokens))
            with tf.GradientTape() as tape:
                scores = learner.scores(tf, loop.variables, tokens, quantised)
                if wanted is None:
                    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(following, scores))
                else:
                    loss = tf.reduce_mean(tf.reduce_sum(tf.exp(wanted) * (wanted - tf.nn.log_softmax(scores)), axis=-1))
            loop.update(tape.gradient(loss, loop.variables), rate, count)
            return loss

        def step(at: int) -> Read:
            length, batch = spec.length, spec.batch
            if at >= round((1 - spec.long) * spec.steps):
                length, batch = self.window, max(1, spec.batch * spec.length // self.window)
            part = crops(self.rows, batch, length + 1, np.random.default_rng((self.seed, at)))
            rate = tf.constant(cosine(at, spec.steps, spec.warmup, spec.learning_rate), tf.float32)
            quantised = learner.simulates and at >= round((1 - spec.quantised) * spec.steps)
            loss = float(update(part[:, :-1], part[:, 1:], rate, tf.constant(at + 1.0, tf.float32), quantised))
            return Read(loss, loss * batch * length, batch * length, self.bytes * batch * length)

        return step


def crops(rows: Rows, count: int, length: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """[count, length]: random parts of random rows, half of them from the row's start."""
    which, starts = rng.integers(0, len(rows), count), rng.integers(0, rows.shape[1] - length + 1, count)
    starts[: count // 2] = 0
    return rows[which[:, None], starts[:, None] + np.arange(length)].astype(np.int32)
