"""The student in TensorFlow: a small minGRU, with the step graph's own integer arithmetic simulated while it trains.

The scales are those of ``tinylm.lm.export``. Float steps clip where the int8 tensors saturate; quantised steps round as well
(straight-through gradients), state included, so the exported graph behaves as the trained one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinylm.lm.export import CANDIDATE, DIFFERENCE, GATE, LOGIT, SIGMOID, STATE
from tinylm.lm.extra import tensorflow
from tinylm.schema import Strict


class StudentSpec(Strict):
    """The [student] table of a recipe: widths of the embedding and of each recurrent layer; whether layers gate what they pass on."""

    embedding: int = 48
    layers: tuple[int, ...] = (112, 112)
    read_gate: bool = False


def initial(spec: StudentSpec, vocabulary: int, seed: int) -> dict[str, NDArray[np.float32]]:
    """Starting weights, as ``export`` takes them. The gates' biases are spread, so that units forget at different speeds."""
    rng = np.random.default_rng([seed, 1])
    weights: dict[str, NDArray[Any]] = {"embedding": rng.normal(0, 0.5, (vocabulary, spec.embedding))}
    before = spec.embedding
    for layer, width in enumerate(spec.layers):
        for part in "zco" if spec.read_gate else "zc":
            weights[f"{layer}.{part}.w"] = rng.normal(0, 1.2 / np.sqrt(before), (width, before))
            weights[f"{layer}.{part}.b"] = np.zeros(width)
        weights[f"{layer}.z.b"] = rng.permutation(np.linspace(-4.0, 1.0, width))
        before = width
    weights["head.w"] = rng.normal(0, 1.0 / np.sqrt(before), (vocabulary, before))
    weights["head.b"] = np.zeros(vocabulary)
    return {name: value.astype(np.float32) for name, value in weights.items()}


class Student:
    """The forward pass over whole sequences."""

    def __init__(self, spec: StudentSpec, weights: dict[str, NDArray[np.float32]]) -> None:
        self.tf = tensorflow()
        self.layers = len(spec.layers)
        self.variables = {name: self.tf.Variable(value, name=name.replace(".", "_")) for name, value in weights.items()}

    def logits(self, tokens: Any, quantised: bool) -> Any:
        """[batch, length] int32 to [batch, length, vocabulary] float32; the state starts at 0."""
        tf = self.tf
        x = tf.gather(self._weight("embedding", quantised), tokens)
        for layer in range(self.layers):
            x = self._layer(layer, x, quantised)
        return self._dense(x, "head", LOGIT, quantised)

    def _layer(self, layer: int, x: Any, quantised: bool) -> Any:
        tf = self.tf
        z = self._fake(tf.sigmoid(self._dense(x, f"{layer}.z", GATE, quantised)), SIGMOID, quantised, low=0, high=255)
        c = self._fake(tf.tanh(self._dense(x, f"{layer}.c", CANDIDATE, quantised)), STATE, quantised)
        h, states = tf.zeros_like(c[:, 0]), []
        for gate, candidate in zip(tf.unstack(z, axis=1), tf.unstack(c, axis=1), strict=True):
            away = self._fake(candidate - h, DIFFERENCE, quantised)
            h = self._fake(h + self._fake(gate * away, STATE, quantised), STATE, False)
            states.append(h)
        y = tf.stack(states, axis=1)
        if f"{layer}.o.w" not in self.variables:
            return y
        gate = self._fake(tf.sigmoid(self._dense(x, f"{layer}.o", GATE, quantised)), SIGMOID, quantised, low=0, high=255)
        return self._fake(y * gate, STATE, quantised)

    def _dense(self, x: Any, name: str, scale: float, quantised: bool) -> Any:
        product = self.tf.matmul(x, self._weight(f"{name}.w", quantised), transpose_b=True)
        return self._fake(product + self.variables[f"{name}.b"], scale, quantised)

    def _weight(self, name: str, quantised: bool) -> Any:
        tf, weight = self.tf, self.variables[name]
        if not quantised:
            return weight
        scale = tf.stop_gradient(tf.maximum(tf.reduce_max(tf.abs(weight)), 1e-6) / 127.0)
        return weight + tf.stop_gradient(tf.round(weight / scale) * scale - weight)

    def _fake(self, x: Any, scale: float, quantised: bool, low: int = -128, high: int = 127) -> Any:
        """x as an int8 tensor of this scale would hold it: clipped, and rounded where ``quantised``."""
        tf, x = self.tf, self.tf.clip_by_value(x, low * scale, high * scale)
        if not quantised:
            return x
        # Half away from zero, as TFLM rounds: half of all differences of two states are such ties.
        return x + tf.stop_gradient(tf.sign(x) * tf.floor(tf.abs(x) * (1 / scale) + 0.5) * scale - x)
