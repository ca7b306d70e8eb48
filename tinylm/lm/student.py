"""The student in TensorFlow: the step graph of ``tinylm.lm.export`` over whole sentences, with its integer arithmetic simulated.

The scales are those of the graph. Float steps clip where the int8 tensors saturate; quantised steps round as well (straight-through
gradients), states included, so the exported graph behaves as the trained one. Time comes first in all tensors.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinylm.lm.export import CANDIDATE, DIFFERENCE, GATE, KEY, LOGIT, PART, READ, SIGMOID, STATE, TAPS, UNIT, VALUE, bits_of, piece_scale
from tinylm.lm.extra import tensorflow
from tinylm.lm.home import FLAGS
from tinylm.lm.shrink import shrink
from tinylm.schema import Strict


class StudentSpec(Strict):
    """The [student] table of a recipe.

    embedding: width of a token's row; inner: of what the first layer reads; layers: of each recurrent layer; attention: of keys, values
    and queries; window: positions (pieces and answer) that a sentence may have; bits: of the fully connected weights, 8, 4, 2
    (ternary: -1, 0, 1) or 1 (-1, 1), times a scale; ranks: of matrices that are factorised, by name, such as "0.z".
    """

    embedding: int = 17
    inner: int = 80
    layers: tuple[int, ...] = (112, 112)
    attention: int = 32
    window: int = 64
    bits: int = 8
    ranks: dict[str, int] = msgspec.field(default_factory=dict)


class Scores(NamedTuple):
    """logits [batch, answers, structural]; start, end [batch, answers, length]."""

    logits: Any
    start: Any
    end: Any


def initial(spec: StudentSpec, vocabulary: int, structural: int, seed: int) -> dict[str, NDArray[np.float32]]:
    """Starting weights, as ``export`` takes them. The gates' biases are spread, so that units forget at different speeds."""
    rng = np.random.default_rng([seed, 1])
    weights: dict[str, NDArray[Any]] = {}

    def dense(name: str, rows: int, columns: int, gain: float = 1.0) -> None:
        weights[f"{name}.w"] = rng.normal(0, gain / np.sqrt(columns), (rows, columns))
        if name not in ("wide", "k"):  # what comes after has a bias of its own, or does not see one
            weights[f"{name}.b"] = np.zeros(rows)

    weights["embedding"] = rng.normal(0, 32 * piece_scale(spec.bits), (vocabulary, spec.embedding))
    dense("wide", spec.inner, spec.embedding, 1 / (64 * piece_scale(spec.bits)))
    weights["wide.w"] = np.append(weights["wide.w"], rng.normal(0, 0.3, (spec.inner, len(FLAGS))), axis=1)
    before = spec.inner
    for layer, width in enumerate(spec.layers):
        weights[f"{layer}.conv.w"] = rng.normal(0, 0.4, (TAPS, before))
        weights[f"{layer}.conv.w"][-1] += 1.0
        dense(f"{layer}.z", width, before, 1.2)
        dense(f"{layer}.c", width, before, 1.2)
        weights[f"{layer}.z.b"] = rng.permutation(np.linspace(-4.0, 1.0, width))
        before = width
    for name in ("k", "v", "q", "start", "end"):
        dense(name, spec.attention, before)
    dense("read", before, spec.attention)
    dense("head", structural, before)
    return shrink({name: value.astype(np.float32) for name, value in weights.items()}, spec)


class Student:
    """The forward pass over whole sentences."""

    def __init__(self, spec: StudentSpec, weights: dict[str, NDArray[np.float32]]) -> None:
        self.tf, self.spec = tensorflow(), spec
        self.variables = {name: self.tf.Variable(value, name=name.replace(".", "_")) for name, value in weights.items()}

    def scores(self, tokens: Any, flags: Any, asked: Any, quantised: bool) -> Scores:
        """tokens [length, batch] int32; flags [length, batch, F] float 0 or 1; asked [batch, answers] int32: the positions of the steps
        whose outputs are wanted. The states start at 0."""
        tf = self.tf
        table = self._fake(self.variables["embedding"], piece_scale(self.spec.bits), quantised)
        x = self._dense(tf.concat([tf.gather(table, tokens), flags], -1), "wide", UNIT, quantised)
        for layer in range(len(self.spec.layers)):
            x = self._recur(layer, self._convolve(layer, x, quantised), quantised)
        keys = tf.transpose(self._dense(x, "k", KEY, quantised), [1, 0, 2])
        values = tf.transpose(self._dense(x, "v", VALUE, quantised), [1, 0, 2])
        h = tf.gather(tf.transpose(x, [1, 0, 2]), asked, batch_dims=1)
        scores = self._fake(tf.matmul(self._dense(h, "q", KEY, quantised), keys, transpose_b=True), LOGIT, quantised)
        written = tf.range(tf.shape(tokens)[0])[None, None] <= asked[:, :, None]
        part = self._fake(tf.nn.softmax(tf.where(written, scores, -128 * LOGIT)), PART, quantised, 0, 255)
        found = self._fake(tf.matmul(part, values), VALUE, quantised)
        read = self._fake(h + self._dense(found, "read", READ, quantised), READ, quantised)
        start, end = (
            self._fake(tf.matmul(self._dense(read, name, KEY, quantised), rows, transpose_b=True), LOGIT, quantised)
            for name, rows in (("start", keys), ("end", values))
        )
        return Scores(self._dense(read, "head", LOGIT, quantised), start, end)

    def _convolve(self, layer: int, x: Any, quantised: bool) -> Any:
        tf, taps = self.tf, self._weight(f"{layer}.conv.w", quantised)
        length = x.shape[0]
        wide = tf.pad(x, [[TAPS - 1, 0], [0, 0], [0, 0]])
        mixed = tf.add_n([wide[at : at + length] * taps[at] for at in range(TAPS)])
        return self._fake(mixed, UNIT, quantised)

    def _recur(self, layer: int, x: Any, quantised: bool) -> Any:
        tf = self.tf
        z = self._fake(tf.sigmoid(self._dense(x, f"{layer}.z", GATE, quantised)), SIGMOID, quantised, 0, 255)
        c = self._fake(tf.tanh(self._dense(x, f"{layer}.c", CANDIDATE, quantised)), STATE, quantised)
        h, states = tf.zeros_like(c[0]), []
        for gate, candidate in zip(tf.unstack(z), tf.unstack(c), strict=True):
            if quantised:
                # Half of all differences of two states are ties, which TFLM rounds away from zero: a little more decides them.
                away = self._fake((candidate - h) * 1.001, DIFFERENCE, True)
                h = tf.clip_by_value(h + self._fake(gate * away, STATE, True), -128 * STATE, 127 * STATE)
            else:
                h += gate * (candidate - h)
            states.append(h)
        return tf.stack(states)

    def _dense(self, x: Any, name: str, scale: float, quantised: bool) -> Any:
        whole = f"{name}.low" not in self.variables
        if not whole:
            x = self._fake(self.tf.tensordot(x, self._weight(f"{name}.low", quantised), [[-1], [1]]), UNIT, quantised)
        product = self.tf.tensordot(x, self._weight(f"{name}.w" if whole else f"{name}.high", quantised), [[-1], [1]])
        bias = self.variables.get(f"{name}.b")
        return self._fake(product if bias is None else product + bias, scale, quantised)

    def _weight(self, name: str, quantised: bool) -> Any:
        tf, weight = self.tf, self.variables[name]
        if not quantised:
            return weight
        bits = bits_of(name, self.spec.bits)
        limit, size = 2.0 ** (bits - 1) - 1, tf.abs(weight)
        scale = tf.stop_gradient(tf.maximum(tf.reduce_mean(size) if bits <= 2 else tf.reduce_max(size) / limit, 1e-6))
        steps = tf.where(weight < 0, -1.0, 1.0) if bits == 1 else tf.clip_by_value(tf.round(weight / scale), -limit, limit)
        return weight + tf.stop_gradient(steps * scale - weight)

    def _fake(self, x: Any, scale: float, quantised: bool, low: int = -128, high: int = 127) -> Any:
        """x as an int8 tensor of this scale would hold it: clipped, and rounded where ``quantised``; ties go up."""
        tf = self.tf
        if quantised:
            return tf.quantization.fake_quant_with_min_max_args(x, low * scale, high * scale)
        return tf.clip_by_value(x, low * scale, high * scale)
