"""The int8 step graph of a student: one token, its place, its flags and the states in; scores and the new states out.

Reading: the embedding of the token and what the home says about the piece (flags), side by side, in a wider space. A layer first mixes
the last pieces with a causal depthwise convolution, then a minGRU (Feng et al. 2024, "Were RNNs all we needed?") with input x and state h:
    z = sigmoid(Wz x + bz),  c = tanh(Wc x + bc),  h' = h + z (c - h)
On the last layer's h stands one attention over all positions so far (keys and values in a window of P), and on what it read the three
outputs: logits over the structural tokens, and scores of the window's positions for the first and the last piece of a value (the first by
the keys, the last by the values).

Every activation scale is fixed (a power of two), so the same numbers serve the fake quantisation of training and the file, and a state
has the same scale in and out. The update is written h + z (c - h), not (1-z) h + z c: where z rounds to nothing, h stays bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinylm.bundle import GraphFile, State
from tinylm.lm.tflite_writer import Writer

Weights = Mapping[str, NDArray[np.float32]]

UNIT, GATE, CANDIDATE, STATE, DIFFERENCE = 1 / 32, 1 / 16, 1 / 32, 1 / 128, 1 / 64
KEY, VALUE, READ, LOGIT = 1 / 16, 1 / 32, 1 / 64, 1 / 8
SIGMOID = PART = 1 / 256  # fixed by TFLM for int8 LOGISTIC and SOFTMAX, with zero point -128
TAPS = 4  # pieces that a layer's convolution sees


def layer_count(weights: Weights) -> int:
    """Number of recurrent layers in a weight dictionary."""
    return sum(name.endswith(".z.b") for name in weights)


def piece_scale(bits: int) -> float:
    """Of the embedding and of the flags, which one product reads; 1 / 127 makes flags as large as embeddings get, so that weights of few
    bits, which have one scale, serve both."""
    return 1 / 64 if bits == 8 else 1 / 127


def flag_count(weights: Weights) -> int:
    """Number of flags that a student reads beside the embedding."""
    wide = weights.get("wide.w", weights.get("wide.low"))
    assert wide is not None
    return int(wide.shape[1] - weights["embedding"].shape[1])


def step_graph(file: str, weights: Weights, first_logit: int, window: int) -> GraphFile:
    """The manifest's entry for the graph that ``export`` writes. first_logit: the first structural token."""
    inputs = ["token", "position", *(["flags"] if flag_count(weights) else [])]
    kept = [f"{kind}{layer}" for layer in range(layer_count(weights)) for kind in "xh"] + ["k", "v"]
    states = [State(input=f"{name}_in", output=f"{name}_out") for name in kept]
    return GraphFile(file=file, inputs=inputs, outputs=["logits", "start", "end"], states=states, first_logit=first_logit, window=window)


def bits_of(name: str, bits: int) -> int:
    """How many bits a weight tensor is stored with, in a student of ``bits``: 8 for what TFLM takes as int8 only."""
    return 8 if name == "embedding" or name.endswith(".conv.w") else bits


def scale_of(weight: NDArray[np.float32], bits: int = 8) -> float:
    """The symmetric scale of a weight tensor; of ternary (2 bits) and binary (1 bit) ones the mean of their sizes (BitNet b1.58, Ma et al.
    2024, arXiv 2402.17764)."""
    size = np.mean(np.abs(weight)) if bits <= 2 else np.max(np.abs(weight)) / (2 ** (bits - 1) - 1)
    return float(np.float32(max(float(size), 1e-6)))


def quantised(weight: NDArray[np.float32], bits: int = 8) -> NDArray[np.int8]:
    """A weight tensor in steps of its scale: -127 to 127, -7 to 7, -1 to 1, or -1 and 1."""
    if bits == 1:
        return np.where(weight < 0, -1, 1).astype(np.int8)
    limit = 2 ** (bits - 1) - 1
    return np.clip(np.round(weight / scale_of(weight, bits)), -limit, limit).astype(np.int8)


def export(weights: Weights, window: int, bits: int = 8) -> bytes:
    """The .tflite of a student.

    weights: 'embedding' [vocabulary, E]; 'wide.w' [C, E + flags], as many as the student reads; per layer l
    'l.conv.w' [4, in], 'l.z.w' [H, in], 'l.z.b' [H], 'l.c.w', 'l.c.b'; 'k.w', 'v.w', 'q.w' [D, H] and, but for k, '.b'; 'read.w'
    [H, D], 'read.b'; 'start.w', 'end.w' [D, H] and '.b'; 'head.w' [structural, H], 'head.b'. window: positions P. bits: 8 or 4, of the
    fully connected weights. A matrix may come as two, 'name.high' [n, r] and 'name.low' [r, k] (tinylm.lm.shrink). Weights of 4 bits and
    less are stored as INT4.
    """
    graph = Step(Writer("tinylm step graph"), weights, bits)
    writer = graph.writer
    token, position = writer.add_tensor("token", [1], "int32"), writer.add_tensor("position", [1], "int32")
    inputs, states = [token, position], []
    x = graph.gather(token, piece_scale(bits))
    if flag_count(weights):
        inputs.append(graph.activation("flags", flag_count(weights), piece_scale(bits)))
        x = graph.beside("known", x, inputs[-1])
    x = graph.dense("wide", x, UNIT)
    for layer in range(layer_count(weights)):
        x, conv_in, conv_out = graph.convolve(layer, x)
        h = graph.activation(f"h{layer}_in", len(weights[f"{layer}.z.b"]), STATE)
        x = graph.gated(layer, x, Value(h, STATE))
        inputs += [conv_in, h]
        states += [conv_out, x.tensor]
    (k_in, k), (v_in, v) = graph.remember("k", x, KEY, position, window), graph.remember("v", x, VALUE, position, window)
    read = graph.two("ADD", "read", x, graph.dense("seen", graph.attend(x, k, v, position, window), READ, "read"), READ)
    logits = graph.dense("logits", read, LOGIT, "head").tensor
    start = graph.match("start", graph.dense("first", read, KEY, "start"), k, True, window, LOGIT).tensor
    end = graph.match("end", graph.dense("last", read, KEY, "end"), v, True, window, LOGIT).tensor
    return writer.finish([*inputs, k_in, v_in], [logits, start, end, *states, k.tensor, v.tensor])


class Value:
    """A tensor of the graph and its scale."""

    def __init__(self, tensor: int, scale: float) -> None:
        self.tensor, self.scale = tensor, scale


class Step:
    """The operators that a step graph is made of."""

    def __init__(self, writer: Writer, weights: Weights, bits: int) -> None:
        self.writer, self.weights, self.bits = writer, weights, bits
        self._axes: dict[str, int] = {}
        self._matrices: dict[int, int] = {}

    def activation(self, name: str, width: int, scale: float, zero_point: int = 0, rows: int = 1) -> int:
        return self.writer.add_tensor(name, [rows, width], "int8", scale=scale, zero_point=zero_point)

    def constant(self, name: str, values: Any) -> int:
        if name not in self._axes:
            array = np.array(values, np.int32)
            self._axes[name] = self.writer.add_tensor(name, array.shape, "int32", array)
        return self._axes[name]

    def gather(self, token: int, scale: float | None = None) -> Value:
        """The token's row of the embedding; scale: of it, where it is not to follow the values."""
        table = self.weights["embedding"]
        scale = scale_of(table) if scale is None else scale
        rows = self.writer.add_tensor("embedding", table.shape, "int8", np.clip(np.round(table / scale), -128, 127), scale)
        self._matrices[id(table)] = rows
        out = self.activation("piece", table.shape[1], scale)
        self.writer.add_operator("GATHER", [rows, token], [out], self.writer.options("GatherOptions", axis=0))
        return Value(out, scale)

    def beside(self, name: str, x: Value, more: int) -> Value:
        """x and another tensor of its scale in one row."""
        width = sum(self.writer.shape(tensor)[1] for tensor in (x.tensor, more))
        out = self.activation(name, width, x.scale)
        self.writer.add_operator("CONCATENATION", [x.tensor, more], [out], self.writer.options("ConcatenationOptions", axis=1))
        return Value(out, x.scale)

    def dense(self, name: str, x: Value, scale: float, key: str | None = None) -> Value:
        """FULLY_CONNECTED with the weights of ``key`` (``name`` where None)."""
        key = key or name
        if f"{key}.low" in self.weights:
            x = self._product(f"{name}/low", x, self.weights[f"{key}.low"], None, UNIT)
            weight = self.weights[f"{key}.high"]
        else:
            weight = self.weights[f"{key}.w"]
        bias = self.weights.get(f"{key}.b")
        return self._product(name, x, weight, bias, scale)

    def _product(
        self, name: str, x: Value, weight: NDArray[np.float32], bias: NDArray[np.float32] | None, scale: float, bits: int | None = None
    ) -> Value:
        writer, bits = self.writer, bits or self.bits
        step, values = scale_of(weight, bits), quantised(weight, bits)
        if id(weight) not in self._matrices:  # what several layers use is in the file once
            data, kind = (values, None) if bits == 8 else (packed(values), "INT4")
            self._matrices[id(weight)] = writer.add_tensor(f"{name}/w", weight.shape, "int8", data, step, type=kind)
        w = self._matrices[id(weight)]
        b = -1
        if bias is not None:
            product = float(np.float32(x.scale) * np.float32(step))
            b = writer.add_tensor(f"{name}/b", bias.shape, "int32", np.round(bias.astype(np.float64) / product), product)
        out = self.activation(name, len(weight), scale)
        writer.add_operator("FULLY_CONNECTED", [x.tensor, w, b], [out], writer.options("FullyConnectedOptions"), version=4)
        return Value(out, scale)

    def two(self, operator: str, name: str, a: Value, b: Value, scale: float) -> Value:
        """ADD, SUB or MUL of two tensors of one width."""
        out = self.writer.add_tensor(name, self.writer.shape(a.tensor), "int8", scale=scale)
        self.writer.add_operator(operator, [a.tensor, b.tensor], [out], self.writer.options(f"{operator.capitalize()}Options"), version=2)
        return Value(out, scale)

    def convolve(self, at: int, x: Value, key: str | None = None) -> tuple[Value, int, int]:
        """x mixed with the three before it; (result [1, 1, 1, width], state in, state out). key: of the weights, where they are not the
        layer's own."""
        writer, weight = self.writer, self.weights[f"{at if key is None else key}.conv.w"]
        width, scale = weight.shape[1], scale_of(weight)
        before, now, row, after = (
            writer.add_tensor(f"x{at}{name}", [1, rows, 1, width], "int8", scale=x.scale)
            for name, rows in (("_in", TAPS - 1), ("/now", 1), ("/row", TAPS), ("_out", TAPS - 1))
        )
        begin, size = self.constant("second", [0, 1, 0, 0]), self.constant("rest", [-1, -1, -1, -1])
        writer.add_operator("RESHAPE", [x.tensor], [now], writer.options("ReshapeOptions"))
        writer.add_operator("CONCATENATION", [before, now], [row], writer.options("ConcatenationOptions", axis=1))
        writer.add_operator("SLICE", [row, begin, size], [after], writer.options("SliceOptions"))
        taps = np.clip(np.round(weight / scale), -127, 127).reshape(1, TAPS, 1, width)
        w = writer.add_tensor(f"x{at}/w", taps.shape, "int8", taps, scale, axis=3)
        b = writer.add_tensor(f"x{at}/b", [width], "int32", np.zeros(width), scale * x.scale)  # TFLM crashes without one
        mixed = writer.add_tensor(f"x{at}", [1, 1, 1, width], "int8", scale=UNIT)
        ones = {"strideW": 1, "strideH": 1, "depthMultiplier": 1, "dilationWFactor": 1, "dilationHFactor": 1}
        options = writer.options("DepthwiseConv2DOptions", padding=1, **ones)
        writer.add_operator("DEPTHWISE_CONV_2D", [row, w, b], [mixed], options, version=3)
        return Value(mixed, UNIT), before, after

    def gated(self, at: int, x: Value, h: Value) -> Value:
        """A minGRU layer: the new state."""
        writer, width = self.writer, len(self.weights[f"{at}.z.b"])
        z, c = self.activation(f"z{at}", width, SIGMOID, -128), self.activation(f"c{at}", width, STATE)
        writer.add_operator("LOGISTIC", [self.dense(f"{at}.z", x, GATE).tensor], [z])
        writer.add_operator("TANH", [self.dense(f"{at}.c", x, CANDIDATE).tensor], [c])
        away = self.two("SUB", f"away{at}", Value(c, STATE), h, DIFFERENCE)
        move = self.two("MUL", f"move{at}", Value(z, SIGMOID), away, STATE)
        return self.two("ADD", f"h{at}_out", h, move, STATE)

    def remember(self, name: str, x: Value, scale: float, position: int, window: int) -> tuple[int, Value]:
        """The window with this step's key or value written at its position; (state in, state out)."""
        writer, now = self.writer, self.dense(name, x, scale)
        width = len(self.weights[f"{name}.w"])
        if "place" not in self._axes:
            self._axes["place"] = place = writer.add_tensor("place", [2], "int32")
            options = writer.options("ConcatenationOptions", axis=0)
            writer.add_operator("CONCATENATION", [position, self.constant("zero", [0])], [place], options)
        before, after = (self.activation(f"{name}_{end}", width, scale, rows=window) for end in ("in", "out"))
        writer.add_operator(
            "DYNAMIC_UPDATE_SLICE", [before, now.tensor, self._axes["place"]], [after], writer.options("DynamicUpdateSliceOptions")
        )
        return before, Value(after, scale)

    def match(self, name: str, query: Value, rows: Value, transposed: bool, width: int, scale: float) -> Value:
        """[1, D] x [P, D]^T (transposed) or [1, P] x [P, D]."""
        out = self.activation(name, width, scale)
        options = self.writer.options("BatchMatMulOptions", adjY=transposed)
        self.writer.add_operator("BATCH_MATMUL", [query.tensor, rows.tensor], [out], options, version=2)
        return Value(out, scale)

    def attend(self, x: Value, k: Value, v: Value, position: int, window: int) -> Value:
        """What the positions up to this one hold, weighted by how well their keys fit."""
        writer = self.writer
        scores = self.match("scores", self.dense("q", x, KEY), k, True, window, LOGIT)
        written = writer.add_tensor("written", [1, window], "bool")
        places = self.constant("places", [list(range(window))])
        writer.add_operator("LESS_EQUAL", [places, position], [written], writer.options("LessEqualOptions"))
        least = writer.add_tensor("least", [1, 1], "int8", np.full((1, 1), -128), LOGIT)
        masked, part = self.activation("masked", window, LOGIT), self.activation("part", window, PART, -128)
        writer.add_operator("SELECT_V2", [written, scores.tensor, least], [masked], writer.options("SelectV2Options"))
        writer.add_operator("SOFTMAX", [masked], [part], writer.options("SoftmaxOptions", beta=1.0), version=2)
        return self.match("found", Value(part, PART), v, False, len(self.weights["v.w"]), VALUE)


def packed(values: NDArray[np.int8]) -> bytes:
    """int4 values two a byte, the first in the low half, as TFLite stores them."""
    flat = values.reshape(-1)
    flat = np.append(flat, np.zeros(len(flat) % 2, np.int8)).astype(np.uint8) & 15
    return bytes((flat[0::2] | flat[1::2] << 4).astype(np.uint8))
