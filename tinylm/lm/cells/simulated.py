"""Cells over whole texts in TensorFlow, with the step graph's integers simulated: clipped as they saturate and, where ``bits`` are given,
rounded as they are (straight-through gradients). Tensors are [n, batch, width]; [batch, width] within a recurrence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tinylm.lm.cells.base import STREAM, Cell
from tinylm.lm.export import DIFFERENCE, LOGIT, SIGMOID, STATE, TAPS, UNIT, bits_of


class Simulated:
    """bits: of the matrices, None for float32."""

    def __init__(self, tf: Any, hidden: int, weights: Mapping[str, Any], bits: int | None) -> None:
        self.tf, self.hidden, self.bits, self.source = tf, hidden, bits, 0
        self.weights = {name: self._rounded(name, tf.convert_to_tensor(weight)) for name, weight in weights.items()}

    def embedded(self, tokens: Any) -> Any:
        """[n, batch, dim] of tokens [batch, n]."""
        return self.tf.gather(self.weights["embedding"], self.tf.transpose(tokens))

    def scores(self, x: Any) -> Any:
        """[batch, n, vocabulary]"""
        tf = self.tf
        product = tf.tensordot(x, self.weights["embedding"], [[-1], [1]]) + self.weights["head.b"]
        return tf.transpose(self._held(product, LOGIT), [1, 0, 2])

    def layer(self, layer: int, source: int, x: Any, cell: Cell) -> Any:
        self.source = source
        return self.add(x, self.dense("out", cell.run(self, x, layer), STREAM), STREAM)

    def dense(self, name: str, x: Any, scale: float) -> Any:
        tf, key = self.tf, f"{self.source}.{name}"
        if f"{key}.low" in self.weights:
            x = self._held(tf.tensordot(x, self.weights[f"{key}.low"], [[-1], [1]]), UNIT)
            product = tf.tensordot(x, self.weights[f"{key}.high"], [[-1], [1]])
        else:
            product = tf.tensordot(x, self.weights[f"{key}.w"], [[-1], [1]])
        return self._held(product + self.weights[f"{key}.b"] if f"{key}.b" in self.weights else product, scale)

    def vector(self, name: str, scale: float) -> Any:
        return self._held(self.weights[f"{self.source}.{name}"], scale)

    def mixed(self, x: Any) -> Any:
        tf, taps, n = self.tf, self.weights[f"{self.source}.conv.w"], x.shape[0]
        wide = tf.pad(x, [[TAPS - 1, 0], [0, 0], [0, 0]])
        return self._held(tf.add_n([wide[at : at + n] * taps[at] for at in range(TAPS)]), UNIT)

    def delayed(self, x: Any, steps: int) -> Any:
        return self.tf.pad(x, [[steps, 0], [0, 0], [0, 0]])[: x.shape[0]]

    def add(self, a: Any, b: Any, scale: float) -> Any:
        return self._held(a + b, scale)

    def sub(self, a: Any, b: Any, scale: float) -> Any:
        # Half of all differences of two states are ties, which TFLM rounds away from zero: a little more decides them.
        more = 1.001 if self.bits and scale == DIFFERENCE else 1.0
        return self._held((a - b) * more, scale)

    def mul(self, a: Any, b: Any, scale: float) -> Any:
        return self._held(a * b, scale)

    def sigmoid(self, x: Any) -> Any:
        return self._held(self.tf.sigmoid(x), SIGMOID)

    def tanh(self, x: Any) -> Any:
        return self._held(self.tf.tanh(x), STATE)

    def recur(self, step: Callable[..., Any], *inputs: Any) -> Any:
        # Not unrolled: XLA compiles one step in seconds, and runs a text of 128 tokens twenty times as fast as unrolled without it.
        start = self.tf.zeros([inputs[0].shape[1], self.hidden])
        return self.tf.scan(lambda h, parts: step(h, *parts), inputs, start)

    def _rounded(self, name: str, weight: Any) -> Any:
        tf, limit = self.tf, 2.0 ** (bits_of(name, self.bits or 8) - 1) - 1
        if not self.bits or weight.shape.rank < 2:
            return weight
        scale = tf.stop_gradient(tf.maximum(tf.reduce_max(tf.abs(weight)) / limit, 1e-6))
        return weight + tf.stop_gradient(tf.round(weight / scale) * scale - weight)

    def _held(self, x: Any, scale: float) -> Any:
        """x as an int8 tensor of this scale holds it; ties go up."""
        low, high = (0, 255) if scale == SIGMOID else (-128, 127)
        if self.bits:
            return self.tf.quantization.fake_quant_with_min_max_args(x, low * scale, high * scale)
        return self.tf.clip_by_value(x, low * scale, high * scale)
