"""The int8 step graph of a student: one token and the states in, logits and the new states out.

A minGRU layer (Feng et al. 2024, "Were RNNs all we needed?") with input x and state h:
    z = sigmoid(Wz x + bz),  c = tanh(Wc x + bc),  h' = h + z (c - h)
Every activation scale is fixed (a power of two), so the same numbers serve the fake quantisation of training and the file, and the state
has the same scale in and out. The update is written h + z (c - h), not (1-z) h + z c: where z rounds to nothing, h stays bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinylm.bundle import GraphFile, State
from tinylm.lm.tflite_writer import Writer

Weights = Mapping[str, NDArray[np.float32]]

GATE, CANDIDATE, STATE, DIFFERENCE, LOGIT = 1 / 16, 1 / 32, 1 / 128, 1 / 64, 1 / 8
SIGMOID = 1 / 256  # fixed by TFLM for int8 LOGISTIC, with zero point -128


def step_graph(file: str, layers: int) -> GraphFile:
    """The manifest's entry for the graph that ``export`` writes."""
    states = [State(input=f"h{layer}_in", output=f"h{layer}_out") for layer in range(layers)]
    return GraphFile(file=file, inputs=["token"], outputs=["logits"], states=states)


def layer_count(weights: Weights) -> int:
    """Number of recurrent layers in a weight dictionary."""
    return sum(name.endswith(".z.w") for name in weights)


def scale_of(weight: NDArray[np.float32]) -> float:
    """The symmetric int8 scale of a weight tensor."""
    return float(np.float32(max(float(np.max(np.abs(weight))), 1e-6) / 127))


def export(weights: Weights) -> bytes:
    """The .tflite of a student.

    weights: 'embedding' [vocabulary, E]; per layer l 'l.z.w' [H, in], 'l.z.b' [H], 'l.c.w', 'l.c.b'; 'head.w' [vocabulary, H], 'head.b'.
    """
    graph = _Step(Writer("tinylm step graph"))
    token = graph.writer.add_tensor("token", [1], "int32")
    x = graph.gather(token, weights["embedding"])
    inputs, outputs = [token], []
    for layer in range(layer_count(weights)):
        width = len(weights[f"{layer}.z.b"])
        h = graph.activation(f"h{layer}_in", width, STATE)
        x = graph.layer(layer, x, h, weights)
        inputs.append(h)
        outputs.append(x.tensor)
    logits = graph.dense("logits", x, weights["head.w"], weights["head.b"], LOGIT)
    return graph.writer.finish(inputs, [logits.tensor, *outputs])


class _Value:
    """A tensor of the graph and its scale."""

    def __init__(self, tensor: int, width: int, scale: float) -> None:
        self.tensor, self.width, self.scale = tensor, width, scale


class _Step:
    """The operators that a step graph is made of."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def activation(self, name: str, width: int, scale: float, zero_point: int = 0) -> int:
        return self.writer.add_tensor(name, [1, width], "int8", scale=scale, zero_point=zero_point)

    def gather(self, token: int, table: NDArray[np.float32]) -> _Value:
        scale = scale_of(table)
        rows = self.writer.add_tensor("embedding", table.shape, "int8", np.clip(np.round(table / scale), -127, 127), scale)
        out = self.activation("embedded", table.shape[1], scale)
        self.writer.add_operator("GATHER", [rows, token], [out], self.writer.options("GatherOptions", axis=0))
        return _Value(out, table.shape[1], scale)

    def dense(self, name: str, x: _Value, weight: NDArray[np.float32], bias: NDArray[np.float32], scale: float) -> _Value:
        step = scale_of(weight)
        product = float(np.float32(x.scale) * np.float32(step))
        w = self.writer.add_tensor(f"{name}/w", weight.shape, "int8", np.clip(np.round(weight / step), -127, 127), step)
        b = self.writer.add_tensor(f"{name}/b", bias.shape, "int32", np.round(bias.astype(np.float64) / product), product)
        out = self.activation(name, len(bias), scale)
        self.writer.add_operator("FULLY_CONNECTED", [x.tensor, w, b], [out], self.writer.options("FullyConnectedOptions"), version=4)
        return _Value(out, len(bias), scale)

    def layer(self, at: int, x: _Value, h: int, weights: Weights) -> _Value:
        writer, width = self.writer, len(weights[f"{at}.z.b"])
        gate = self.dense(f"l{at}/gate", x, weights[f"{at}.z.w"], weights[f"{at}.z.b"], GATE)
        candidate = self.dense(f"l{at}/candidate", x, weights[f"{at}.c.w"], weights[f"{at}.c.b"], CANDIDATE)
        z = self.activation(f"l{at}/z", width, SIGMOID, -128)
        writer.add_operator("LOGISTIC", [gate.tensor], [z])
        c = self.activation(f"l{at}/c", width, STATE)
        writer.add_operator("TANH", [candidate.tensor], [c])
        away = self.activation(f"l{at}/away", width, DIFFERENCE)
        writer.add_operator("SUB", [c, h], [away], writer.options("SubOptions"), version=2)
        move = self.activation(f"l{at}/move", width, STATE)
        writer.add_operator("MUL", [z, away], [move], writer.options("MulOptions"), version=2)
        out = self.activation(f"h{at}_out", width, STATE)
        writer.add_operator("ADD", [h, move], [out], writer.options("AddOptions"), version=2)
        return _Value(out, width, STATE)
