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
    builder = Builder()
    x_scale = draw.scale()
    x = builder.input((batches, inputs), scale=x_scale, zero_point=draw.zero_point())
    bits = 4 if draw.int(0, 4) == 4 else 8
    per_channel = bits == 8 and draw.bool()
    scales = [draw.scale() for _ in range(outputs if per_channel else 1)]
    w = builder.tensor((outputs, inputs), f"int{bits}", scale=scales, data=draw.weights((outputs, inputs), bits))
    y = builder.output((batches, outputs), scale=draw.scale(0.02, 3.0), zero_point=draw.zero_point())
    operands = [x, w]
    if draw.bool():
        operands.append(builder.tensor((outputs,), "int32", scale=[x_scale * s for s in scales], data=biases(draw, outputs)))
    else:
        operands.append(-1)
    builder.operator("FULLY_CONNECTED", operands, [y], "FullyConnectedOptions", fusedActivationFunction=draw.activation())
    return draw.case(builder)


CASES = {"FULLY_CONNECTED": fully_connected}
