"""Training a Llama model for int4 weights: what it says with them comes near what it said before, on text that it wrote itself.

Weights are rounded on the way forward and passed through on the way back (Bengio et al. 2013), each matrix with one scale that is learned
(LSQ: Esser et al. 2020); the loss is the divergence from the float model's distribution (Hinton et al. 2015). Needs TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tinylm.lm.extra import tensorflow
from tinylm.lm.llama import Floats, Llama
from tinylm.lm.llama_export import MATRICES
from tinylm.lm.llama_graph import Graph
from tinylm.lm.llama_quantise import weight_scale

_RATE, _SCALE_RATE = 2e-3, 1e-3
Tick = Callable[[int], None]


def train(model: Llama, texts: Sequence[Sequence[int]], bits: int, steps: int, seed: int, tick: Tick) -> tuple[Llama, dict[str, Floats]]:
    """The model trained on ``texts`` (token ids from bos on), and the scales of each kind of matrix: [layers], of embedding and head [1].
    tick: called with each step.

    Raises MissingError without TensorFlow.
    """
    tf = tensorflow()
    most = (1 << (bits - 1)) - 1
    values = {name: tf.Variable(value) for name, value in model.weights.items()}
    kinds = {name: model.weights[name] for name in MATRICES.values()}
    kinds |= {name: model.weights[name][None] for name in ("embedding", "head") if name in model.weights}
    start = {name: np.array([weight_scale(value, bits) for value in matrices], np.float32) for name, matrices in kinds.items()}
    scales = {name: tf.Variable(np.log(value)) for name, value in start.items()}
    trained = [value for name, value in values.items() if (model.weights[name] != 1).any()]  # all ones: norms that lie in the matrices
    steps_of = list(scales.values())
    fast, slow = tf.keras.optimizers.Adam(_RATE), tf.keras.optimizers.Adam(_SCALE_RATE)
    graph = Graph(tf, model)
    rng = np.random.default_rng(seed)
    batches = _Batches(texts, model.shape.vocabulary, rng)

    @tf.function  # type: ignore[untyped-decorator]
    def step(tokens: Any, mask: Any, rate: Any) -> Any:
        teacher = tf.nn.log_softmax(graph.logits(model.weights, tokens))
        with tf.GradientTape() as tape:
            held = {name: rounded(tf, value, scales.get(name), most) for name, value in values.items()}
            student = tf.nn.log_softmax(graph.logits(held, tokens))
            apart = tf.reduce_sum(tf.exp(teacher) * (teacher - student), axis=-1)
            loss = tf.reduce_sum(apart * mask) / tf.reduce_sum(mask)
        gradients = tape.gradient(loss, trained + steps_of)
        gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
        fast.learning_rate.assign(rate * _RATE)
        slow.learning_rate.assign(rate * _SCALE_RATE)
        fast.apply_gradients(zip(gradients[: len(trained)], trained, strict=True))
        slow.apply_gradients(zip(gradients[len(trained) :], steps_of, strict=True))
        return loss

    for at in range(steps):
        rate = min(1.0, (at + 1) / 50) * 0.5 * (1 + np.cos(np.pi * at / steps))
        step(*batches.next(), tf.constant(rate, tf.float32))
        tick(at + 1)
    made = {name: value.numpy() for name, value in values.items()}
    return replace(model, weights=made), {name: np.exp(value.numpy()) for name, value in scales.items()}


def rounded(tf: Any, value: Any, scale: Any, most: int) -> Any:
    """Matrices [layers, n, k] in whole steps of e^scale [layers]; as they are where scale is None."""
    if scale is None:
        return value
    unit = tf.reshape(tf.exp(scale), [-1, *[1] * (len(value.shape) - 1)])
    inside = tf.clip_by_value(value / unit, -float(most) - 1, float(most))
    return (inside + tf.stop_gradient(tf.round(inside) - inside)) * unit


class _Batches:
    """Random texts, padded to one length."""

    def __init__(self, texts: Sequence[Sequence[int]], vocabulary: int, rng: np.random.Generator, size: int = 8) -> None:
        self.rng, self.size = rng, size
        length = max(map(len, texts))
        self.tokens = np.zeros((len(texts), length), np.int32)
        self.mask = np.zeros((len(texts), length), np.float32)
        for at, text in enumerate(texts):
            self.tokens[at, : len(text)], self.mask[at, : len(text)] = text, 1

    def next(self) -> tuple[Any, Any]:
        chosen = self.rng.choice(len(self.tokens), self.size)
        return self.tokens[chosen], self.mask[chosen]
