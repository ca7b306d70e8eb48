"""The int8 step graph of a Llama-architecture model: one token in, logits out, keys and values kept in states.

    x = embedding[token]
    for every layer:  x += Wo attention(norm(x));  x += W2 (silu(W1 h) * W3 h), h = norm(x)
    logits = head (norm(x) * weight)

The stream x is int16 of one scale r; what is added to it has scale n r, n an integer, so that adding is exact. A norm is x times a
scalar: the sum of squares is one product of x with itself, its inverse root is taken in float32. Rotary positions are one small product
with a matrix [[cos, -sin], [sin, cos]] from a table, so they round once. Keys lie [kv_heads, window, head], values transposed. The
window rolls: position p lies in slot p modulo the window and was turned by its slot; keys written in the round before are met by a query
turned a whole window further, so that every distance is right for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinylm.bundle import GraphFile, State
from tinylm.lm.llama import Floats, Llama
from tinylm.lm.tflite_writer import Writer

Ints = NDArray[np.int8]

#: Names of a layer's matrices here and in the float model.
MATRICES = {"q": "wq", "k": "wk", "v": "wv", "o": "wo", "gate": "w1", "up": "w3", "down": "w2"}
UNIT = 1 / 127  # of cosines and sines
SHARE = 1 / 256  # fixed by TFLM for int8 SOFTMAX and LOGISTIC, with zero point -128


@dataclass(frozen=True)
class Weight:
    """A matrix of integers and its scale. bits: 8 or 4."""

    values: Ints
    scale: float
    bits: int = 8


@dataclass(frozen=True)
class Quantised:
    """A model ready to be written. weights: 'embedding' (the head too), 'head' where it has its own, 'l/q', 'l/k', 'l/v', 'l/o',
    'l/gate', 'l/up', 'l/down' for every layer l, rows and columns as the float model has them. scales: of every activation by name; of what
    is added to the stream ('l/d1', 'l/d2', 'embedding') integer multiples of that of 'x'. window: positions kept."""

    model: Llama
    weights: Mapping[str, Weight]
    scales: Mapping[str, float]
    zero_points: Mapping[str, int]
    window: int


def step_graph(file: str, layers: int) -> GraphFile:
    """The manifest's entry for the graph that ``export`` writes."""
    states = [State(input="position_in", output="position_out")]
    states += [State(input=f"{kind}{layer}_in", output=f"{kind}{layer}_out") for layer in range(layers) for kind in "kv"]
    return GraphFile(file=file, inputs=["token"], outputs=["logits"], states=states)


def export(made: Quantised) -> bytes:
    """The .tflite of a quantised model."""
    return _Step(made).write()


class _Step:
    def __init__(self, made: Quantised) -> None:
        self.made, self.shape, self.writer = made, made.model.shape, Writer("tinylm Llama step graph")
        self.window = made.window
        self.matrices: dict[tuple[bytes, float], int] = {}

    # Tensors and operators

    def tensor(self, name: str, shape: Sequence[int], dtype: str = "int8", scale: str | float | None = None, zero_point: int = 0) -> int:
        value = self.made.scales[scale] if isinstance(scale, str) else scale
        return self.writer.add_tensor(name, shape, dtype, scale=value, zero_point=zero_point)

    def constant(self, name: str, values: Sequence[int] | NDArray[np.generic], dtype: str, scale: float | None = None) -> int:
        data = np.asarray(values)
        return self.writer.add_tensor(name, data.shape, dtype, data, scale)

    def add(self, builtin: str, inputs: Sequence[int], output: int, options: str | None = None, version: int = 1, **fields: object) -> int:
        self.writer.add_operator(builtin, inputs, [output], self.writer.options(options, **fields) if options else None, version)
        return output

    def reshape(self, x: int, name: str, shape: Sequence[int], scale: str, dtype: str = "int8") -> int:
        return self.add("RESHAPE", [x, self.constant(f"{name}/shape", list(shape), "int32")], self.tensor(name, shape, dtype, scale))

    def product(self, a: int, b: int, output: int) -> int:
        """a times b transposed."""
        return self.add("BATCH_MATMUL", [a, b], output, "BatchMatMulOptions", 4, adjY=True)

    def dense(self, name: str, x: int, weight: str, rows: NDArray[np.intp] | None = None, normed: bool = True) -> int:
        """normed: x is a norm, whose root of dim the weights bring."""
        w = self.made.weights[weight]
        values = w.values if rows is None else w.values[rows]
        data = _packed(values) if w.bits == 4 else values
        scale = w.scale * float(np.sqrt(self.shape.dim)) if normed else w.scale
        raw = data if isinstance(data, bytes) else data.tobytes()
        if (raw, scale) not in self.matrices:  # what several layers share is in the file once
            kind = "INT4" if w.bits == 4 else None
            self.matrices[raw, scale] = self.writer.add_tensor(f"{name}/w", values.shape, "int8", data, scale, type=kind)
        matrix = self.matrices[raw, scale]
        out = self.tensor(name, [1, len(values)], scale=name, zero_point=self.made.zero_points.get(name, 0))
        return self.add("FULLY_CONNECTED", [x, matrix, -1], out, "FullyConnectedOptions", 4)

    # The parts

    def write(self) -> bytes:
        s, made = self.shape, self.made
        token = self.writer.add_tensor("token", [1], "int32")
        position = self.writer.add_tensor("position_in", [1], "int32")
        self._prepare_position(position)
        embedding = made.weights["embedding"]
        table = self.constant("embedding", embedding.values, "int8", embedding.scale)
        row = self.add("GATHER", [table, token], self.tensor("embedded", [1, s.dim], scale=embedding.scale), "GatherOptions", axis=0)
        x = self.add("QUANTIZE", [row], self.tensor("x", [1, s.dim], "int16", "x"), "QuantizeOptions")
        inputs, outputs = [token, position], [self.after]
        for layer in range(s.layers):
            k = self.tensor(f"k{layer}_in", [s.kv_heads, self.window, s.head], scale=f"{layer}/turned k")
            v = self.tensor(f"v{layer}_in", [s.kv_heads, s.head, self.window], scale=f"{layer}/v")
            inputs += [k, v]
            x, k, v = self.attention(layer, x, k, v)
            outputs += [k, v]
            x = self.gated(layer, x)
        h = self.norm("n", x, made.model.weights["norm"])
        head = "head" if "head" in made.weights else "embedding"
        logits = self.dense("logits", h, head)
        return self.writer.finish(inputs, [logits, *outputs])

    def _prepare_position(self, position: int) -> None:
        """What every layer needs of the position: its slot, where that lies in a cache, which slots are written, the rotations."""
        window = self.window

        def scalar(name: str, builtin: str, a: int, b: int, options: str) -> int:
            return self.add(builtin, [a, b], self.tensor(name, [1], "int32"), options)

        one = self.constant("one", [1], "int32")
        size = self.constant("window", [window], "int32")
        self.after = scalar("position_out", "ADD", position, one, "AddOptions")
        rounds = scalar("rounds", "DIV", position, size, "DivOptions")
        slot = scalar("slot", "SUB", position, scalar("rounds/start", "MUL", rounds, size, "MulOptions"), "SubOptions")

        def starts(name: str, axis: int) -> int:
            which = self.constant(f"{name}/axis", np.eye(3, dtype=np.int32)[axis], "int32")
            return self.add("MUL", [slot, which], self.tensor(name, [3], "int32"), "MulOptions")

        self.starts_k, self.starts_v = starts("starts_k", 1), starts("starts_v", 2)
        slots = self.constant("slots", np.arange(window, dtype=np.int32).reshape(1, 1, -1), "int32")
        self.this_round = self.add("LESS_EQUAL", [slots, slot], self.tensor("this_round", [1, 1, window], "bool"), "LessEqualOptions")
        self.written = self.add("LESS_EQUAL", [slots, position], self.tensor("written", [1, 1, window], "bool"), "LessEqualOptions")

        self.near, self.far = self._rotations(slot)

    def _rotations(self, slot: int) -> tuple[int, int]:
        """Matrices [[cos, -sin], [sin, cos]] of each frequency at a slot, and a window further. The table has cosines and sines once; the
        rest is linear in them."""
        half, window = self.shape.head // 2, self.window
        cos, sin = self.made.model.angles(np.arange(window))
        table = self.constant("rotations", np.round(np.concatenate([cos, sin], axis=1) / UNIT), "int8", UNIT)
        row = self.add("GATHER", [table, slot], self.tensor("rotation", [1, 2 * half], scale=UNIT), "GatherOptions", axis=0)
        cos, sin = (values[0] for values in self.made.model.angles(np.array([window])))
        both = np.concatenate([_turning(np.ones(half), np.zeros(half)), _turning(cos, sin)])
        weights = self.constant("turning", np.round(both / UNIT), "int8", UNIT)
        line = self.add("FULLY_CONNECTED", [row, weights, -1], self.tensor("turns", [1, 8 * half], scale=UNIT), "FullyConnectedOptions", 4)
        axis = self.constant("turns/axis", [1], "int32")
        parts = [self.tensor(f"{name}/row", [1, 4 * half], scale=UNIT) for name in ("near", "far")]
        self.writer.add_operator("SPLIT", [axis, line], parts, self.writer.options("SplitOptions", numSplits=2))
        shape = self.constant("turns/shape", [half, 2, 2], "int32")
        near, far = (
            self.add("RESHAPE", [part, shape], self.tensor(name, [half, 2, 2], scale=UNIT))
            for name, part in zip(("near", "far"), parts, strict=True)
        )
        return near, far

    def norm(self, name: str, x: int, weight: Floats) -> int:
        """x times weights over the root of x's sum of squares, int8. The root of dim is in the next scales."""
        s, made = self.shape, self.made
        of = x
        if (weight != 1).any():
            unit = float(np.abs(weight).max()) / 32767
            of_weight = self.constant(f"{name}/weight", np.round(weight / unit)[None], "int16", unit)
            weighed = self.tensor(f"{name}/weighed", [1, s.dim], "int16", f"{name}/weighed")
            of = self.add("MUL", [x, of_weight], weighed, "MulOptions", 2)
        squares = self.product(x, x, self.tensor(f"{name}/squares", [1, 1], "int16", f"{name}/squares"))
        real = self.add("DEQUANTIZE", [squares], self.tensor(f"{name}/sum", [1, 1], "float32"))
        small = self.constant(f"{name}/epsilon", np.full((1, 1), s.dim * made.model.epsilon, np.float32), "float32")
        more = self.add("ADD", [real, small], self.tensor(f"{name}/more", [1, 1], "float32"), "AddOptions")
        root = self.add("RSQRT", [more], self.tensor(f"{name}/root", [1, 1], "float32"))
        factor = self.add("QUANTIZE", [root], self.tensor(f"{name}/factor", [1, 1], "int16", f"{name}/factor"), "QuantizeOptions")
        scale = made.scales[name] / np.sqrt(s.dim)
        wide = self.add("MUL", [of, factor], self.tensor(f"{name}/wide", [1, s.dim], "int16", scale / 256), "MulOptions", 2)
        return self.add("QUANTIZE", [wide], self.tensor(f"{name}", [1, s.dim], scale=scale), "QuantizeOptions")

    def turned(self, name: str, x: int, count: int, turn: int, scale: str, shape: Sequence[int]) -> int:
        half = self.shape.head // 2
        pairs = self.reshape(x, f"{name}/pairs", [half, count, 2], scale.replace("turned ", ""))
        after = self.product(pairs, turn, self.tensor(f"{name}/turned", [half, count, 2], scale=scale))
        order = self.constant(f"{name}/order", [1, 0, 2], "int32")
        heads = self.add("TRANSPOSE", [after, order], self.tensor(f"{name}/heads", [count, half, 2], scale=scale), "TransposeOptions")
        return self.reshape(heads, name, shape, scale)

    def attention(self, layer: int, x: int, k_in: int, v_in: int) -> tuple[int, int, int]:
        """(stream, keys, values) after the attention of a layer."""
        s, at = self.shape, f"{layer}"
        group = s.heads // s.kv_heads
        h = self.norm(f"{at}/n1", x, self.made.model.weights["attention_norm"][layer])
        q = self.dense(f"{at}/q", h, f"{at}/q", frequency_major(s.heads, s.head))
        k = self.dense(f"{at}/k", h, f"{at}/k", frequency_major(s.kv_heads, s.head))
        v = self.dense(f"{at}/v", h, f"{at}/v")
        k = self.turned(f"{at}/k/near", k, s.kv_heads, self.near, f"{at}/turned k", [s.kv_heads, 1, s.head])
        keys = self.update(f"k{layer}_out", k_in, k, self.starts_k, [s.kv_heads, self.window, s.head], f"{at}/turned k")
        v = self.reshape(v, f"{at}/v/column", [s.kv_heads, s.head, 1], f"{at}/v")
        values = self.update(f"v{layer}_out", v_in, v, self.starts_v, [s.kv_heads, s.head, self.window], f"{at}/v")
        scores = [
            self.product(
                self.turned(f"{at}/q/{name}", q, s.heads, turn, f"{at}/turned q", [s.kv_heads, group, s.head]),
                keys,
                self.scores(f"{at}/{name}", layer),
            )
            for name, turn in (("near", self.near), ("far", self.far))
        ]
        met = self.add("SELECT_V2", [self.this_round, *scores], self.scores(f"{at}/met", layer), "SelectV2Options")
        lowest = self.writer.add_tensor(f"{at}/lowest", [1], "int8", np.array([-128]), *self.score_scale(layer))
        masked = self.add("SELECT_V2", [self.written, met, lowest], self.scores(f"{at}/masked", layer), "SelectV2Options")
        shares = self.tensor(f"{at}/shares", [s.kv_heads, group, self.window], scale=SHARE, zero_point=-128)
        self.add("SOFTMAX", [masked], shares, "SoftmaxOptions", beta=1 / float(np.sqrt(s.head)))
        mixed = self.product(shares, values, self.tensor(f"{at}/mixed", [s.kv_heads, group, s.head], scale=f"{at}/mixed"))
        flat = self.reshape(mixed, f"{at}/mixed/flat", [1, s.dim], f"{at}/mixed")
        return self.onto(x, self.dense(f"{at}/d1", flat, f"{at}/o", normed=False), f"{at}/d1"), keys, values

    def scores(self, name: str, layer: int) -> int:
        s, (scale, zero_point) = self.shape, self.score_scale(layer)
        return self.tensor(name, [s.kv_heads, s.heads // s.kv_heads, self.window], scale=scale, zero_point=zero_point)

    def score_scale(self, layer: int) -> tuple[float, int]:
        """Of the products of queries and keys; the softmax divides them by the root of the head's width."""
        key = f"{layer}/scores"
        return self.made.scales[key] * float(np.sqrt(self.shape.head)), self.made.zero_points[key]

    def update(self, name: str, cache: int, value: int, starts: int, shape: Sequence[int], scale: str) -> int:
        return self.add("DYNAMIC_UPDATE_SLICE", [cache, value, starts], self.tensor(name, shape, scale=scale), "DynamicUpdateSliceOptions")

    def onto(self, x: int, part: int, name: str) -> int:
        """The stream with a part added, exactly."""
        dim = self.shape.dim
        wide = self.add("QUANTIZE", [part], self.tensor(f"{name}/wide", [1, dim], "int16", "x"), "QuantizeOptions")
        return self.add("ADD", [x, wide], self.tensor(f"{name}/x", [1, dim], "int16", "x"), "AddOptions", 2)

    def gated(self, layer: int, x: int) -> int:
        at, hidden = f"{layer}", self.shape.hidden
        h = self.norm(f"{at}/n2", x, self.made.model.weights["ffn_norm"][layer])
        gate = self.dense(f"{at}/gate", h, f"{at}/gate")
        up = self.dense(f"{at}/up", h, f"{at}/up")
        part = self.add("LOGISTIC", [gate], self.tensor(f"{at}/sigmoid", [1, hidden], scale=SHARE, zero_point=-128))
        zero = self.made.zero_points[f"{at}/silu"]
        silu = self.tensor(f"{at}/silu", [1, hidden], scale=f"{at}/silu", zero_point=zero)
        self.add("MUL", [gate, part], silu, "MulOptions", 2)
        product = self.add("MUL", [silu, up], self.tensor(f"{at}/product", [1, hidden], scale=f"{at}/product"), "MulOptions", 2)
        return self.onto(x, self.dense(f"{at}/d2", product, f"{at}/down", normed=False), f"{at}/d2")


def _turning(cos: NDArray[np.floating], sin: NDArray[np.floating]) -> NDArray[np.float64]:
    """[4 half, 2 half]: takes the cosines and sines of angles to the matrices of those angles and ones of cosine ``cos`` more."""
    c, s = np.diag(cos), np.diag(sin)
    more_cos, more_sin = np.concatenate([c, -s], axis=1), np.concatenate([s, c], axis=1)
    return np.stack([more_cos, -more_sin, more_sin, more_cos], axis=1).reshape(4 * len(cos), -1).astype(np.float64)


def frequency_major(heads: int, head: int) -> NDArray[np.intp]:
    """Rows of a query or key matrix so that pairs of one frequency lie together: row f * (heads * 2) + h * 2 + e was h * head + 2 f + e."""
    return np.arange(heads * head).reshape(heads, head // 2, 2).swapaxes(0, 1).reshape(-1)


def _packed(values: Ints) -> bytes:
    """Two int4 values to a byte, the first in the low nibble."""
    flat = np.append(values.reshape(-1), np.int8(0))[: values.size + values.size % 2].astype(np.uint8) & 15
    return bytes((flat[0::2] | flat[1::2] << 4).astype(np.uint8))


def float_weights(model: Llama) -> dict[str, Floats]:
    """The matrices by the names that ``Quantised`` has for them."""
    w, s = model.weights, model.shape
    result = {f"{layer}/{short}": w[name][layer] for layer in range(s.layers) for short, name in MATRICES.items()}
    return result | {name: w[name] for name in ("embedding", "head") if name in w}
