"""Matrix products and convolutions."""

from __future__ import annotations

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.draw import Draw


def biases(draw: Draw, count: int, magnitude: int = 1 << 16) -> np.ndarray:
    return draw.rng().integers(-magnitude, magnitude, count).astype(np.int32)


def fully_connected(draw: Draw) -> Case:
    batches, inputs, outputs = draw.int(1, 3), draw.int(1, 40), draw.int(1, 20)
    dtype = draw.choice(["int8", "int8", "int8", "int16", "float32"])
    builder = Builder()
    if dtype == "float32":
        x = builder.input((batches, inputs), dtype)
        operands = [x, builder.tensor((outputs, inputs), dtype, data=draw.values(dtype, (outputs, inputs)))]
        operands.append(builder.tensor((outputs,), dtype, data=draw.values(dtype, (outputs,))) if draw.bool() else -1)
        y = builder.output((batches, outputs), dtype)
    else:
        x_scale = draw.scale()
        x = builder.input((batches, inputs), dtype, scale=x_scale, zero_point=draw.zero_point(dtype))
        bits = 4 if dtype == "int8" and draw.int(0, 4) == 4 else 8
        per_channel = bits == 8 and draw.bool()
        scales = [draw.scale() for _ in range(outputs if per_channel else 1)]
        zero = 0 if per_channel or draw.int(0, 3) else draw.int(-8, 7) if bits == 4 else draw.zero_point()
        w = builder.tensor((outputs, inputs), f"int{bits}", scale=scales, zero_point=zero, data=draw.weights((outputs, inputs), bits))
        y_scale = draw.scale(0.02, 30.0 if dtype == "int16" else 3.0)
        y = builder.output((batches, outputs), dtype, scale=y_scale, zero_point=draw.zero_point(dtype))
        operands = [x, w]
        kind = draw.choice(["int32", "int64"]) if dtype == "int16" else "int32"
        values = biases(draw, outputs, 1 << (24 if dtype == "int16" else 16)).astype(kind)
        operands.append(builder.tensor((outputs,), kind, scale=[x_scale * s for s in scales], data=values) if draw.bool() else -1)
    builder.operator("FULLY_CONNECTED", operands, [y], "FullyConnectedOptions", fusedActivationFunction=draw.activation())
    return draw.case(builder)


def batch_matmul(draw: Draw) -> Case:
    dtype = draw.choice(["int8", "int8", "int16", "float32"])
    rows, columns, depth = draw.int(1, 5), draw.int(1, 5), draw.int(1, 12)
    batches = draw.shape(0, 3, 3)
    adj_x, adj_y, whose = draw.bool(), draw.bool(), draw.int(0, 3)
    left = tuple(1 if whose == 1 else size for size in batches)
    right = () if whose == 2 else tuple(1 if whose == 3 else size for size in batches)
    builder = Builder()

    def quantised() -> dict[str, object]:
        return {} if dtype == "float32" else {"scale": draw.scale(0.005, 0.1), "zero_point": draw.zero_point(dtype)}

    a = builder.input((*left, depth, rows) if adj_x else (*left, rows, depth), dtype, **quantised())
    shape = (*right, columns, depth) if adj_y else (*right, depth, columns)
    if draw.int(0, 2) == 2:
        b = builder.tensor(shape, dtype, **quantised(), data=draw.values(dtype, shape))
    else:
        b = builder.input(shape, dtype, **quantised())
    most = 30.0 if dtype == "int16" else 1.0
    scaled = {} if dtype == "float32" else {"scale": draw.scale(0.02, most), "zero_point": draw.zero_point(dtype)}
    y = builder.output((*(left if whose == 3 else batches if whose != 1 else right), rows, columns), dtype, **scaled)
    builder.operator("BATCH_MATMUL", [a, b], [y], "BatchMatMulOptions", adjX=adj_x, adjY=adj_y)
    return draw.case(builder)


CASES = {"BATCH_MATMUL": batch_matmul, "FULLY_CONNECTED": fully_connected}
