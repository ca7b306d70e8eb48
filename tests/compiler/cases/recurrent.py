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
        state = builder.tensor(
            (batches, filters * memory), kind, scale=state_scale, zero_point=draw.zero_point(kind), variable=True
        )
        y = builder.output((batches, units), scale=draw.scale(0.01, 3.0), zero_point=draw.zero_point())
    activation = draw.activation() if kind == "float32" else draw.choice([0, 1])
    builder.operator("SVDF", [x, features, times, bias, state], [y], "SVDFOptions", rank=rank, fusedActivationFunction=activation)
    return draw.case(builder, draw.int(1, 4))


CASES = {"SVDF": svdf}
