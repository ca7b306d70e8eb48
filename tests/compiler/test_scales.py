"""Multipliers come from scales in double precision: one in a million tells it from single precision."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build import Builder
from tests.oracle import Oracle, needs_oracle
from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier
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


@needs_oracle
@pytest.mark.parametrize(
    ("operator", "options"),
    [("LEAKY_RELU", {"alpha": 0.3}), ("LEAKY_RELU", {"alpha": -0.7}), ("ABS", {}), ("RELU", {}), ("QUANTIZE", {})],
    ids=str,
)
def test_quotients_of_scales_are_doubles(operator: str, options: dict[str, float]) -> None:
    """Every value of 16 bits: a few of them stand on the edge between two outputs."""
    rng, every = np.random.default_rng(1), np.arange(-32768, 32768).astype(np.int16).reshape(1, -1)
    table = {"LEAKY_RELU": "LeakyReluOptions", "ABS": "AbsOptions"}.get(operator)
    for _ in range(8):
        builder = Builder()
        scale = float(np.float32(rng.uniform(0.001, 0.1)))
        x = builder.input(every.shape, "int16", scale=scale)
        y = builder.output(every.shape, "int16", scale=float(np.float32(scale * rng.uniform(0.3, 3))))
        builder.operator(operator, [x], [y], *([table] if table else []), **options)
        model = builder.finish()
        graph = read(model, "scales.tflite")
        found = interpret(graph, {graph.inputs[0]: every})[graph.outputs[0]]
        np.testing.assert_array_equal(found, Oracle(model).run([every])[0])


def features_on_the_edge() -> tuple[np.ndarray, np.ndarray, float, float, float]:
    """(x [1, inputs], features [filters, inputs], their scales and the state's) of which some state tells the two precisions apart."""
    rng = np.random.default_rng(0)
    while True:
        x, features = rng.integers(-128, 128, (1, 64)).astype(np.int8), rng.integers(-127, 128, (512, 64)).astype(np.int8)
        a, b = rng.uniform(0.01, 0.1, 2).astype(np.float32)
        c = np.float32(a * b * np.float32(rng.uniform(3, 20)))
        sums = x.astype(np.int64) @ features.astype(np.int64).T
        reals = float(a * b / c), float(a) * float(b) / float(c)
        single, double = (multiply_by_quantized_multiplier(sums, *quantize_multiplier(real)) for real in reals)
        if (single != double).any():
            return x, features, float(a), float(b), float(c)


@needs_oracle
def test_the_state_of_svdf_is_scaled_in_doubles() -> None:
    x, features, a, b, c = features_on_the_edge()
    filters = len(features)
    states = multiply_by_quantized_multiplier(x.astype(np.int64) @ features.astype(np.int64).T, *quantize_multiplier(a * b / c))
    states = np.clip(states, -32768, 32767).reshape(-1)
    builder = Builder()
    operands = [builder.input(x.shape, scale=a), builder.tensor(features.shape, scale=b, data=features)]
    operands.append(builder.tensor((filters, 1), "int16", scale=1.0, data=np.ones((filters, 1), np.int16)))
    operands.append(builder.tensor((filters,), "int32", scale=c, data=-states.astype(np.int32)))  # so that every output is near 0
    operands.append(builder.tensor((1, filters), "int16", scale=c, variable=True))
    builder.operator("SVDF", operands, [builder.output((1, filters), scale=c)], "SVDFOptions", rank=1)
    model = builder.finish()
    graph = read(model, "svdf.tflite")
    assert not Oracle(model).run([x])[0].any()
    assert not interpret(graph, {graph.inputs[0]: x})[graph.outputs[0]].any()


@needs_oracle
@pytest.mark.parametrize(
    ("scale", "zero", "to", "to_zero"),
    [
        (0.01332669984549284, -127, 0.03701462596654892, -25),
        (0.03626259043812752, 6, 0.06628099828958511, -6),
        (0.0013282580766826868, -121, 0.004021747969090939, -28),
    ],
)
def test_hard_swish_is_scaled_in_doubles(scale: float, zero: int, to: float, to_zero: int) -> None:
    """Scales that tell: found by trying."""
    builder, every = Builder(), np.arange(-128, 128).astype(np.int8).reshape(1, -1)
    x = builder.input(every.shape, scale=scale, zero_point=zero)
    builder.operator("HARD_SWISH", [x], [builder.output(every.shape, scale=to, zero_point=to_zero)])
    graph = read(builder.finish(), "swish.tflite")
    np.testing.assert_array_equal(interpret(graph, {graph.inputs[0]: every})[graph.outputs[0]], Oracle(builder.finish()).run([every])[0])


@needs_oracle
@pytest.mark.parametrize(
    "scales",
    [
        (0.004860663320869207, 0.0005978521076031029, 0.5720389485359192),
        (0.008419832214713097, 0.0010827545775100589, 1.6657711267471313),
    ],
)
def test_quotients_are_scaled_in_doubles(scales: tuple[float, float, float]) -> None:
    """Scales that tell: found by trying. Quotients of 16 at least: smaller ones TFLM shifts too far (ops/div.py)."""
    a, b = (values.reshape(1, -1).astype(np.int64) for values in np.meshgrid(np.arange(16, 256), np.arange(1, 17)))
    builder = Builder()
    ends = [builder.input(a.shape, scale=scale, zero_point=-128) for scale in scales[:2]]
    builder.operator("DIV", ends, [builder.output(a.shape, scale=scales[2], zero_point=-128)], "DivOptions")
    graph, given = read(builder.finish(), "div.tflite"), [(values - 128).astype(np.int8) for values in (a, b)]
    found = interpret(graph, dict(zip(graph.inputs, given, strict=True)))[graph.outputs[0]]
    np.testing.assert_array_equal(found, Oracle(builder.finish()).run(given)[0])
