"""Operators that keep state in variable tensors: several invocations each."""

from __future__ import annotations

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.cases.products import biases
from tests.compiler.draw import Draw


def svdf(draw: Draw) -> Case:
    kind = draw.choice(["int8", "int16", "float32"])
    batches, inputs, memory, rank = draw.choice([1, 1, 2]), draw.int(1, 12), draw.int(1, 8), draw.int(1, 3)
    units = draw.int(1, 5)
    filters = units * rank
    builder = Builder()
    if kind == "float32":
        x = builder.input((batches, inputs), kind)
        features = builder.tensor((filters, inputs), kind, data=draw.values(kind, (filters, inputs)))
        times = builder.tensor((filters, memory), kind, data=draw.values(kind, (filters, memory)))
        bias = builder.tensor((units,), kind, data=draw.values(kind, (units,)))
        state = builder.tensor((batches, filters * memory), kind, variable=True)
        y = builder.output((batches, units), kind)
    else:
        x = builder.input((batches, inputs), scale=draw.scale(), zero_point=draw.zero_point())
        features = builder.tensor((filters, inputs), scale=draw.scale(), data=draw.weights((filters, inputs)))
        state_scale, time_scale = draw.scale(0.01 if kind == "int8" else 0.0001, 0.5), draw.scale(0.0001, 0.1)
        times = builder.tensor((filters, memory), kind, scale=time_scale, data=draw.values(kind, (filters, memory)))
        product = float(np.float32(state_scale) * np.float32(time_scale))
        bias = builder.tensor((units,), "int32", scale=product, data=biases(draw, units))
        state = builder.tensor((batches, filters * memory), kind, scale=state_scale, zero_point=draw.zero_point(kind), variable=True)
        y = builder.output((batches, units), scale=draw.scale(0.01, 3.0), zero_point=draw.zero_point())
    activation = draw.activation() if kind == "float32" else draw.choice([0, 1])
    builder.operator("SVDF", [x, features, times, bias, state], [y], "SVDFOptions", rank=rank, fusedActivationFunction=activation)
    return draw.case(builder, draw.int(1, 4))


def float_lstm(draw: Draw) -> Case:
    kind, time_major = "float32", draw.bool()
    batches, steps, inputs, units = draw.choice([1, 1, 2]), draw.int(1, 5), draw.int(1, 8), draw.int(1, 6)
    builder = Builder()
    lead = (steps, batches) if time_major else (batches, steps)
    operands = [builder.input((*lead, inputs), kind)] + [-1] * 23
    shapes = {i: (units, inputs if i < 5 else units) for i in range(1, 9)} | {12 + gate: (units,) for gate in range(4)}
    for position, shape in shapes.items():
        operands[position] = builder.tensor(shape, kind, data=draw.values(kind, shape) * np.float32(0.3))
    operands[18], operands[19] = (builder.tensor((batches, units), kind, variable=True) for _ in range(2))
    y = builder.output((*lead, units), kind)
    options = {"fusedActivationFunction": 4, "cellClip": draw.choice([0.0, 0.0, 1.5, 10.0]), "timeMajor": time_major}
    builder.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [y], "UnidirectionalSequenceLSTMOptions", **options)
    return draw.case(builder, draw.int(1, 3))


def lstm(draw: Draw) -> Case:
    dtype, time_major = draw.choice(["int8", "int8", "int16", "float32"]), draw.bool()
    if dtype == "float32":
        return float_lstm(draw)
    batches, steps, inputs, units = draw.choice([1, 1, 2]), draw.int(1, 5), draw.int(1, 8), draw.int(1, 6)
    builder = Builder()
    lead = (steps, batches) if time_major else (batches, steps)
    x_scale, hidden_scale = draw.scale(0.005, 0.1), draw.scale(0.002, 0.02) if dtype == "int8" else 1 / 32768
    x = builder.input((*lead, inputs), dtype, scale=x_scale, zero_point=draw.zero_point(dtype))
    operands = [x] + [-1] * 23
    weight_scales = []
    for position in range(1, 9):
        shape = (units, inputs if position < 5 else units)
        weight_scales.append(draw.scale(0.001, 0.05))
        operands[position] = builder.tensor(shape, scale=weight_scales[-1], data=draw.weights(shape))
    kind = "int32" if dtype == "int8" else "int64"
    for gate in range(4):
        scale = x_scale * weight_scales[gate]
        operands[12 + gate] = builder.tensor((units,), kind, scale=scale, data=biases(draw, units, 1 << 12).astype(kind))
    operands[18] = builder.tensor((batches, units), dtype, scale=hidden_scale, zero_point=draw.zero_point(dtype), variable=True)
    operands[19] = builder.tensor((batches, units), "int16", scale=2.0 ** draw.int(-15, -9), variable=True)
    y = builder.output((*lead, units), dtype, scale=hidden_scale, zero_point=0)
    options = {"fusedActivationFunction": 4, "cellClip": draw.choice([0.0, 0.0, 1.5, 10.0]), "timeMajor": time_major}
    builder.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [y], "UnidirectionalSequenceLSTMOptions", **options)
    return draw.case(builder, draw.int(1, 3))


CASES = {"SVDF": svdf, "UNIDIRECTIONAL_SEQUENCE_LSTM": lstm}
