"""The multiplier of a product comes from the scales' product in double precision: one in a million pairs tells it from single precision."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build import Builder
from tinylm.compiler.fixedpoint import quantize_multiplier
from tinylm.compiler.interpret import interpret
from tinylm.compiler.reader import read


def pairs(count: int) -> list[tuple[float, float, float]]:
    """Scales (a, b, y) whose 16-bit multipliers differ between the two precisions."""
    rng, found = np.random.default_rng(0), []
    while len(found) < count:
        a, b = rng.uniform(0.01, 0.1, 2).astype(np.float32)
        y = np.float32(rng.uniform(2, 30))
        single, double = (quantize_multiplier(real) for real in (float(a * b) / float(y), float(a) * float(b) / float(y)))
        if (single[0] + (1 << 15)) >> 16 != (double[0] + (1 << 15)) >> 16:
            found.append((float(a), float(b), float(y)))
    return found


@pytest.mark.parametrize("operator", ["BATCH_MATMUL", "FULLY_CONNECTED"])
@pytest.mark.parametrize("scales", pairs(4), ids=str)
def test_products_of_scales_are_doubles(operator: str, scales: tuple[float, float, float]) -> None:
    runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")
    a, b, y = scales
    builder = Builder()
    x = builder.input((1, 2), "int16", scale=a, zero_point=0)
    if operator == "BATCH_MATMUL":
        w = builder.tensor((2, 1), "int16", scale=b, zero_point=0, data=np.full((2, 1), 32767, np.int16))
        operands, options = [x, w], "BatchMatMulOptions"
    else:
        w = builder.tensor((1, 2), "int8", scale=b, zero_point=0, data=np.full((1, 2), 127, np.int8))
        operands, options = [x, w, -1], "FullyConnectedOptions"
    out = builder.output((1, 1), "int16", scale=y, zero_point=0)
    builder.operator(operator, operands, [out], options)
    model = builder.finish()
    oracle, graph = runtime.Interpreter.from_bytes(model), read(model, "scales.tflite")
    for value in range(100, 32767, 97):
        given = np.array([[value, value]], np.int16)
        oracle.set_input(given, 0)
        oracle.invoke()
        assert interpret(graph, {graph.inputs[0]: given})[graph.outputs[0]] == oracle.get_output(0)
