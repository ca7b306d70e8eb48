"""Kernels for the DSP extension against the operators' meaning, on an emulated Cortex-M4 with a fence behind every array."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.build import Builder
from tests.compiler.batch import Case, program_of
from tests.compiler.cases import GENERATORS
from tests.compiler.cases.convolutions import SAME, VALID
from tests.compiler.draw import Draw
from tests.compiler.on_core import Core, Outcome, _Memory, build_kernels
from tinylm import paths
from tinylm.compiler.interpret import interpret
from tinylm.compiler.lowering import Const, Struct
from tinylm.compiler.ops import packed, signs
from tinylm.compiler.packing import dual, finish, linear, nibbles, tiles
from tinylm.compiler.reader import read

#: What a kernel may use of the stack, bytes.
STACK = 600


@pytest.fixture(scope="session")
def m4(tmp_path_factory: pytest.TempPathFactory) -> Core:
    return Core(build_kernels("cortex-m4", tmp_path_factory.mktemp("kernels")))


@pytest.fixture(autouse=True)
def no_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights all alike go to the kernels of this file, too."""
    monkeypatch.setattr(signs, "pays", lambda *_: False)


def meaning(case: Case) -> list[np.ndarray]:
    graph = read(case.model, "case.tflite")
    values = interpret(graph, dict(zip(graph.inputs, case.inputs, strict=True)))
    return [values[tensor] for tensor in graph.outputs]


def expect_equal(core: Core, case: Case) -> Outcome:
    outcome = core.run(case)
    for result, right in zip(outcome.outputs, meaning(case), strict=True):
        np.testing.assert_array_equal(result, right)
    assert outcome.stack <= STACK
    return outcome


def differs(core: Core, case: Case) -> bool:
    return any(not np.array_equal(result, right) for result, right in zip(core.run(case).outputs, meaning(case), strict=True))


def fully_connected(
    w: np.ndarray,
    x: np.ndarray,
    bias: np.ndarray,
    real: float | list[float] | None = None,
    zeros: tuple[int, int] = (0, 0),
    activation: int = 0,
    dtype: str = "int8",
    unit: float = 1.0,
) -> Case:
    """real: the multiplier from sums to outputs, times unit, the outputs' scale, or one a row; None: one that spreads the outputs over
    their range."""
    if real is None:
        spread = np.abs(x.astype(np.int64) @ w.T.astype(np.int64) + bias).max()
        real = 100.0 / max(1.0, float(spread))
    builder = Builder()
    a = builder.input(x.shape, scale=1.0, zero_point=zeros[0])
    scales = np.atleast_1d(np.asarray(real, np.float64)).tolist()
    weights = builder.tensor(w.shape, dtype, scale=scales, data=w)
    b = builder.tensor(bias.shape, "int32", scale=scales, data=bias)
    y = builder.output((x.shape[0], w.shape[0]), scale=unit, zero_point=zeros[1])
    builder.operator("FULLY_CONNECTED", [a, weights, b], [y], "FullyConnectedOptions", fusedActivationFunction=activation)
    return Case(builder.finish(), [x])


def of(kind: str, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    fixed = {"lowest": -128, "low": -127, "high": 127, "zero": 0}
    if kind in fixed:
        return np.full(shape, fixed[kind], np.int8)
    if kind == "ends":
        return rng.choice(np.array([-128, 127], np.int8), shape)
    return rng.integers(-128 if kind == "full" else -127, 128, shape).astype(np.int8)


KINDS = ["random", "full", "ends", "lowest", "low", "high", "zero"]


@pytest.mark.parametrize("inputs", [1, 3, 4, 7, 8, 9, 31, 32, 33, 40, 96, 515, 640])
def test_fully_connected(m4: Core, inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    for outputs, kind in zip([1, 2, 3, 4, 5, 8, 11], KINDS, strict=True):
        w, x = of(kind, rng, (outputs, inputs)), of(rng.choice(KINDS), rng, (int(rng.integers(1, 3)), inputs))
        bias = rng.integers(-(1 << 20), 1 << 20, outputs).astype(np.int32)
        zeros = (int(rng.integers(-128, 128)), int(rng.choice([-128, -5, 0, 127])))
        base = 2.0 ** -int(rng.integers(1, 21))
        many = [base * float(factor) for factor in rng.uniform(0.2, 0.9, outputs)]
        for real in (None, base * 0.7, many):
            expect_equal(m4, fully_connected(w, x, bias, real, zeros, int(rng.integers(0, 4))))


@pytest.mark.parametrize("inputs", [1, 4, 7, 8, 9, 33, 96, 511])
def test_fully_connected_int4(m4: Core, inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    for outputs, fixed in zip([1, 2, 3, 4, 5, 8, 11], [None, -8, 7, 0, None, None, None], strict=True):
        w = rng.integers(-8, 8, (outputs, inputs)) if fixed is None else np.full((outputs, inputs), fixed)
        x, bias = of(rng.choice(KINDS), rng, (2, inputs)), rng.integers(-1000, 1000, outputs).astype(np.int32)
        many = [float(factor) / (10 * inputs) for factor in rng.uniform(0.2, 0.9, outputs)]
        for real in (0.4 / inputs, many):
            outcome = expect_equal(m4, fully_connected(w.astype(np.int8), x, bias, real, (3, 5), int(rng.integers(0, 4)), "int4"))
            assert outcome.functions[0].startswith("tl_fc_nibbles_") or inputs == 511


def siblings(rng: np.random.Generator, inputs: int, batches: int) -> Case:
    """Layers with weights of several kinds that read the same activations, and one that reads others in between."""
    builder = Builder()
    x, other = (builder.input((batches, inputs), scale=1.0, zero_point=zero) for zero in (3, -7))
    for outputs, dtype, source in [(9, "int8", x), (4, "int4", x), (5, "int8", other), (12, "int8", x), (7, "int4", x), (3, "int4", other)]:
        most = 7 if dtype == "int4" else 127
        w = builder.tensor((outputs, inputs), dtype, scale=1.0, data=rng.integers(-most, most + 1, (outputs, inputs)))
        y = builder.output((batches, outputs), scale=float(inputs * most))
        builder.operator("FULLY_CONNECTED", [source, w, -1], [y], "FullyConnectedOptions")
    return Case(builder.finish(), [of("full", rng, (batches, inputs)) for _ in range(2)])


def expect_expanded_once(core: Core, inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    for batches in (1, 2):
        case = siblings(rng, inputs, batches)
        expect_equal(core, case)
        calls = program_of(case.model, core_name=core.name).calls
        ready = [call.arguments[0].fields["ready"] for call in calls if isinstance(call.arguments[0], Struct)]
        assert 1 <= sum(ready) <= 3 if batches == 1 else not any(ready)


@pytest.mark.parametrize("inputs", [1, 4, 23, 32, 130])
def test_activations_are_expanded_once_for_all_layers_that_read_them(m4: Core, inputs: int) -> None:
    expect_expanded_once(m4, inputs)


@pytest.mark.parametrize("dtype", ["int8", "int4"])
@pytest.mark.parametrize("real", [0.51, 0.57, 0.99, 1.0, 1.7, 5.3, 31.9])
def test_large_scales_need_no_exact_finish(m4: Core, real: float, dtype: str) -> None:
    """Multipliers that shift sums to the left or not at all: yes and no as inputs have them."""
    rng = np.random.default_rng(4)
    for zero in (-128, 3, 127):
        w, x = rng.integers(-8, 8, (12, 23)).astype(np.int8), rng.choice([0, 0, 1, -3], (2, 23)).astype(np.int8)
        outcome = expect_equal(m4, fully_connected(w, x, rng.integers(-40, 40, 12).astype(np.int32), real, (0, zero), 0, dtype))
        assert outcome.functions == [f"tl_fc_{'packed' if dtype == 'int8' else 'nibbles'}_read"]
        expect_equal(m4, fully_connected(of("ends", rng, (5, 40)), of("ends", rng, (1, 40)), np.zeros(5, np.int32), real, (7, zero), 1))


@pytest.mark.parametrize(("row", "bias"), [(0, 1 << 19), (1, 1 << 23), (2, 1 << 27), (3, (1 << 30) - 1)])
def test_int4_sums_beyond_the_edge_fall_back_and_would_be_wrong_without(
    m4: Core, row: int, bias: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    biases = np.zeros(4, np.int32)
    biases[row] = bias
    case = fully_connected(np.full((4, 16), 7, np.int8), np.full((1, 16), 127, np.int8), biases, 100 / bias, (0, 0), 0, "int4")
    assert expect_equal(m4, case).functions[0].startswith("tl_fc_packed_")
    if row < 3:  # the last is for doubling only, and that wraps beyond the short requantisation's own bound
        monkeypatch.setattr(nibbles, "fits", lambda *_: True)
        assert differs(m4, case)


@pytest.mark.parametrize("real", [2.0**-31, 2.0**-23 * 0.7, 2.0**-22 * 0.7, 2.0**-21, 0.3, 0.5, 0.7, 1.0, 5.0])
def test_any_output_scale(m4: Core, real: float) -> None:
    """Shifts that the short requantisation takes and those around them, at the largest sums."""
    rng = np.random.default_rng(1)
    w, x = of("random", rng, (7, 50)), of("random", rng, (1, 50))
    for most in (1 << 8, 1 << 22, 1 << 29, (1 << 31) - 1):
        bias = rng.choice(np.array([-most, most], np.int64), 7).clip(-(1 << 31), (1 << 31) - 1).astype(np.int32)
        expect_equal(m4, fully_connected(w, x, bias, real))


def test_sums_that_the_shortest_finish_rounds_wrongly_take_another_one(m4: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """A multiplier whose first 24 bits are not enough for these very sums."""
    biases = np.array([1081314, -2180355, 2747602, 4378437], np.int32)
    case = fully_connected(np.eye(4, dtype=np.int8), np.zeros((1, 4), np.int8), biases, 0.6932007074356079 * 2.0**-15, (0, 3), unit=0.75)
    assert expect_equal(m4, case).functions == ["tl_fc_packed_tensor"]
    proved = packed.near_finish
    monkeypatch.setattr(packed, "near_finish", lambda *args: replace(proved(*args), right=np.ones(1, bool)))
    assert m4.run(case).functions == ["tl_fc_packed_near_15"] and differs(m4, case)


def at_the_edge(beyond: int, sign: int) -> Case:
    """Pairs of rows whose first ones come as close to sign * 2^23 on this very input as they may, or ``beyond`` that."""
    inputs = 500  # 255 * 127 * inputs < 2^24: the other end of the range is inside
    w = np.full((4, inputs), 127, np.int8)
    w[1::2] = -3
    x = np.full((1, inputs), -128 if sign < 0 else 127, np.int8)
    limit = -(1 << 23) if sign < 0 else (1 << 23) - 1
    bias = np.array([limit - int(w[0].astype(int) @ x[0]) + sign * beyond, 11, -7, 5], np.int32)
    bias[2] = bias[0]
    return fully_connected(w, x, bias, 100 / (1 << 23))


@pytest.mark.parametrize("sign", [-1, 1])
def test_rows_at_the_edge_are_packed_and_right(m4: Core, sign: int) -> None:
    outcome = expect_equal(m4, at_the_edge(0, sign))
    (packing,) = program_of(at_the_edge(0, sign).model, core_name="cortex-m4").packings
    assert packing.worst == packing.limit - 1
    assert outcome.functions[0].startswith(("tl_fc_packed_any_", "tl_fc_packed_near_"))


@pytest.mark.parametrize("sign", [-1, 1])
def test_rows_beyond_the_edge_fall_back_and_would_be_wrong_without(m4: Core, sign: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at_the_edge(1, sign)
    assert expect_equal(m4, case).functions == ["tl_fc_packed_exact"]
    monkeypatch.setattr(dual, "pairs_fit", lambda weights, bias: np.ones(len(weights) // 2, bool))
    assert differs(m4, case)


def test_lanes_that_overflow_fall_back_and_would_be_wrong_without(m4: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """256 * -128 - 1 needs 17 bits; the other group of rows stays packed."""
    rng = np.random.default_rng(2)
    w = of("random", rng, (8, 24))
    w[0:2, 5] = -128, -1
    case = fully_connected(w, of("random", rng, (1, 24)), np.zeros(8, np.int32))
    assert expect_equal(m4, case).functions[0].endswith("_mixed")
    assert kinds_of(case) == [tiles.PLAIN, tiles.SHORT]
    monkeypatch.setattr(dual, "pairs_fit", lambda weights, bias: np.ones(len(weights) // 2, bool))
    assert differs(m4, case)


@pytest.mark.parametrize(("real", "bias"), [(2.0**-24 * 0.7, (1 << 29) + 9), (2.0**-9, (1 << 30) + 99)])
def test_sums_and_shifts_out_of_range_are_finished_exactly_and_would_be_wrong_without(
    m4: Core, real: float, bias: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    biases = np.array([0, bias, 0, bias], np.int32)  # of second rows: those of first ones are bounded more tightly
    case = fully_connected(of("random", rng, (4, 4)), of("zero", rng, (1, 4)), biases, real, (0, 127))
    assert expect_equal(m4, case).functions == ["tl_fc_packed_exact"]
    monkeypatch.setattr(dual, "short_rows", lambda weights, *_: np.ones(len(weights), bool))
    assert differs(m4, case)


@pytest.mark.parametrize(("outputs", "per_channel", "at"), [(37, False, (0, 35)), (38, True, (17, 36)), (40, True, (4, 5, 12))])
def test_only_groups_whose_proof_fails_fall_back(
    m4: Core, outputs: int, per_channel: bool, at: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows (``at``) that overflow a lane, or whose sums the short finish does not take; the others cost what they cost without these."""
    rng = np.random.default_rng(outputs)
    w, x = of("random", rng, (outputs, 24)), of("random", rng, (2, 24))
    real = [float(factor) / 2000 for factor in rng.uniform(0.3, 0.9, outputs)] if per_channel else 2.0**-11
    bias = rng.integers(-99, 99, outputs).astype(np.int32)
    whole = m4.run(fully_connected(w, x, bias, real), count=True)
    assert not whole.functions[0].endswith(("_mixed", "_exact"))
    overflowing, far = w.copy(), bias.copy()
    overflowing[[2 * (row // 2) for row in at], 5] = -128
    overflowing[[2 * (row // 2) + 1 for row in at], 5] = -1
    far[[2 * (row // 2) + 1 for row in at]] = (1 << 30) + 7
    cases = fully_connected(overflowing, x, bias, real), fully_connected(w, x, far, real)
    for case, kind in zip(cases, (tiles.PLAIN, tiles.LONG), strict=True):
        outcome = m4.run(case, count=True)
        np.testing.assert_array_equal(outcome.outputs[0], meaning(case)[0])
        assert outcome.functions[0].endswith("_mixed") and outcome.stack <= STACK
        assert kinds_of(case) == [kind if any(row // 4 == group for row in at) else tiles.SHORT for group in range(10)]
        (packing,) = program_of(case.model, core_name="cortex-m4").packings
        groups = len({row // 4 for row in at})
        assert (packing.plain, packing.slow) == ((groups, 0) if kind == tiles.PLAIN else (0, groups))
        assert outcome.instructions < whole.instructions + 2 * (200 + 900 * groups)
    monkeypatch.setattr(dual, "pairs_fit", lambda weights, bias: np.ones(len(weights) // 2, bool))
    monkeypatch.setattr(dual, "short_rows", lambda weights, *_: np.ones(len(weights), bool))
    assert differs(m4, cases[0])


def convolution(
    name: str,
    rng: np.random.Generator,
    image: tuple[int, int, int, int],
    taps: tuple[int, int],
    outputs: int,
    kind: str = "",
    **options: int,
) -> Case:
    """outputs: channels; for a depthwise one the depth multiplier."""
    depthwise = name == "DEPTHWISE_CONV_2D"
    batch, height, width, depth = image
    channels = depth * outputs if depthwise else outputs
    stride, dilation, padding = options.get("stride", 1), options.get("dilation", 1), options.get("padding", SAME)
    sizes = [
        (size + stride - (1 if padding == SAME else (tap - 1) * dilation + 1)) // stride
        for size, tap in zip((height, width), taps, strict=True)
    ]
    builder = Builder()
    x = builder.input(image, scale=1.0, zero_point=int(rng.choice([-128, -7, 0, 127])))
    count = taps[0] * taps[1] * (1 if depthwise else depth)
    scales = [float(s) / (60 * count**0.5) for s in rng.uniform(0.2, 0.9, channels if options.get("per_channel", 1) else 1)]
    shape = (1, *taps, channels) if depthwise else (channels, *taps, depth)
    w = builder.tensor(shape, "int8", scale=scales, axis=3 if depthwise else 0, data=of(kind or rng.choice(KINDS[:3]), rng, shape))
    b = builder.tensor((channels,), "int32", scale=scales, data=rng.integers(-4000, 4000, channels).astype(np.int32))
    y = builder.output((batch, *sizes, channels), scale=1.0, zero_point=int(rng.choice([-128, -5, 0, 127])))
    fields = {"padding": padding, "strideH": stride, "strideW": stride, "dilationHFactor": dilation, "dilationWFactor": dilation}
    fields |= {"depthMultiplier": outputs} if depthwise else {}
    table = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
    activation = options.get("activation", int(rng.integers(0, 4)))
    builder.operator(name, [x, w, b], [y], table, fusedActivationFunction=activation, **fields)
    return Case(builder.finish(), [of(rng.choice(KINDS[:6]), rng, image)])


CONVOLUTIONS = [
    ((1, 5, 5, 3), (3, 3), 4, {}),
    ((1, 6, 7, 4), (3, 3), 5, {}),
    ((1, 6, 7, 8), (3, 3), 2, {"stride": 2}),
    ((2, 4, 5, 4), (1, 1), 7, {}),
    ((1, 4, 5, 5), (1, 1), 8, {"stride": 2}),
    ((1, 9, 9, 4), (3, 3), 4, {"dilation": 2}),
    ((1, 9, 9, 4), (3, 2), 3, {"dilation": 3, "padding": VALID}),
    ((1, 11, 6, 1), (10, 4), 6, {"stride": 2}),
    ((1, 3, 3, 2), (5, 5), 3, {}),
    ((1, 2, 1, 4), (3, 3), 3, {"dilation": 2}),
    ((1, 2, 1, 3), (3, 5), 3, {"dilation": 3}),
    ((1, 1, 1, 40), (1, 1), 1, {}),
    ((1, 1, 2, 3), (2, 2), 1, {"padding": SAME}),
    ((1, 7, 7, 6), (3, 3), 4, {"padding": VALID, "per_channel": 0}),
    ((2, 3, 4, 16), (3, 3), 10, {"per_channel": 0}),
    ((1, 4, 37, 8), (3, 3), 4, {}),
    ((2, 5, 21, 4), (3, 5), 6, {"stride": 2}),
    ((1, 3, 18, 12), (2, 3), 9, {"padding": VALID}),
    ((1, 5, 40, 4), (3, 3), 8, {}),
    ((1, 6, 9, 3), (3, 3), 8, {}),
    ((1, 6, 9, 5), (2, 2), 8, {"padding": VALID}),
]


@pytest.mark.parametrize(("image", "taps", "outputs", "options"), CONVOLUTIONS)
def test_convolution(m4: Core, image: tuple[int, int, int, int], taps: tuple[int, int], outputs: int, options: dict[str, int]) -> None:
    rng = np.random.default_rng(sum(image))
    for _ in range(4):
        outcome = expect_equal(m4, convolution("CONV_2D", rng, image, taps, outputs, **options))
        assert outcome.functions[0].startswith("tl_conv_packed_")


def kinds_of(case: Case) -> list[int]:
    """How the kernel takes each group of rows of the case's layer."""
    params = program_of(case.model, core_name="cortex-m4").calls[0].arguments[0]
    assert isinstance(params, Struct)
    kinds = params.fields["kinds"]
    return kinds.data.tolist() if isinstance(kinds, Const) else []


def test_convolution_falls_back_for_the_pairs_that_need_it(m4: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    builder = Builder()
    w = of("random", rng, (5, 1, 1, 700))
    w[2] = 127
    x = builder.input((1, 2, 2, 700), scale=1.0, zero_point=0)
    scale = 1 / 100000
    operands = [x, builder.tensor(w.shape, "int8", scale=[scale] * 5, data=w)]
    y = builder.output((1, 2, 2, 5), scale=1.0, zero_point=0)
    builder.operator("CONV_2D", operands, [y], "Conv2DOptions", strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1)
    case = Case(builder.finish(), [np.full((1, 2, 2, 700), 127, np.int8)])
    assert expect_equal(m4, case).functions[0].startswith("tl_conv_packed_")
    assert kinds_of(case) == [tiles.PLAIN, tiles.SHORT]
    (packing,) = program_of(case.model, core_name="cortex-m4").packings
    assert (packing.rows, packing.groups, packing.plain, packing.slow) == (5, 2, 1, 0)
    assert 0 < packing.worst < packing.limit
    monkeypatch.setattr(dual, "pairs_fit", lambda weights, bias: np.ones(len(weights) // 2, bool))
    assert differs(m4, case)


def scaled_convolution(real: float, bias: int, zero_point: int, activation: int) -> Case:
    """1 x 1 on 30 channels, so that many sums are reached; eight outputs. bias: of second rows, whose sums no packing bounds."""
    rng = np.random.default_rng(12)
    builder = Builder()
    x = builder.input((1, 16, 16, 30), scale=1.0, zero_point=-128)
    scales = [real * float(factor) for factor in (1, 0.9, 0.8, 0.7, 0.6, 1, 1, 1)]
    w = builder.tensor((8, 1, 1, 30), "int8", scale=scales, axis=0, data=of("random", rng, (8, 1, 1, 30)))
    b = builder.tensor((8,), "int32", scale=scales, data=np.array([0, bias] * 4, np.int32))
    y = builder.output((1, 16, 16, 8), scale=1.0, zero_point=zero_point)
    options = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1, "fusedActivationFunction": activation}
    builder.operator("CONV_2D", [x, w, b], [y], "Conv2DOptions", **options)
    return Case(builder.finish(), [of("full", rng, (1, 16, 16, 30))])


@pytest.mark.parametrize("zero_point", [-128, 3, 127])
@pytest.mark.parametrize("power", range(0, 22, 3))
def test_convolution_with_any_output_scale(m4: Core, power: int, zero_point: int) -> None:
    for activation in (0, 1):
        case = scaled_convolution(2.0**-power, 1 << max(0, power - 2), zero_point, activation)
        expect_equal(m4, case)
        assert set(kinds_of(case)) <= ({tiles.SHORT} if 4 < power < 16 else {tiles.SHORT, tiles.LONG})


@pytest.mark.parametrize(("real", "bias"), [(3.7, 0), (2.0**-9 * 0.7, 1 << 23), (0.3, 0)])
def test_rows_whose_finish_is_not_proved_fall_back_and_would_be_wrong_without(
    m4: Core, real: float, bias: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = scaled_convolution(real, bias, 0, 0)
    expect_equal(m4, case)
    assert tiles.LONG in kinds_of(case)
    monkeypatch.setattr(finish, "_equal", lambda of, *_: np.ones(len(of.factor), bool))
    assert not kinds_of(case)
    assert differs(m4, case)


DEPTHWISE = [
    ((1, 5, 5, 4), (3, 3), {}),
    ((1, 6, 7, 5), (3, 3), {}),
    ((2, 4, 5, 7), (3, 3), {"per_channel": 0}),
    ((1, 1, 1, 8), (3, 3), {}),
    ((1, 2, 9, 4), (3, 3), {}),
    ((1, 7, 6, 9), (3, 3), {"padding": VALID}),
    ((1, 3, 3, 4), (3, 3), {"padding": VALID}),
    ((1, 6, 5, 4), (3, 3), {"stride": 2}),
    ((2, 5, 8, 6), (3, 3), {"stride": 2}),
    ((1, 7, 7, 5), (3, 3), {"stride": 2, "padding": VALID}),
    ((1, 1, 2, 5), (3, 3), {"stride": 2}),
    ((1, 7, 8, 5), (3, 3), {"stride": 3}),
    ((1, 7, 7, 6), (3, 3), {"dilation": 2}),
    ((1, 7, 7, 3), (3, 3), {}),
    ((1, 7, 7, 8), (5, 2), {}),
    ((1, 33, 3, 4), (3, 3), {}),
    ((1, 16, 9, 4), (3, 3), {}),
    ((1, 9, 21, 4), (3, 3), {}),
    ((1, 20, 9, 5), (3, 3), {"stride": 2}),
    ((1, 11, 30, 4), (3, 3), {"stride": 2}),
]


@pytest.mark.parametrize(("image", "taps", "options"), DEPTHWISE)
def test_depthwise(m4: Core, image: tuple[int, int, int, int], taps: tuple[int, int], options: dict[str, int]) -> None:
    rng = np.random.default_rng(sum(image))
    for _ in range(6):
        outcome = expect_equal(m4, convolution("DEPTHWISE_CONV_2D", rng, image, taps, 1, **options))
    three = taps == (3, 3) and options.get("stride", 1) < 3 and "dilation" not in options and outcome.outputs[0].shape[2] > 1
    expected = "tl_depthwise3" if three and image[3] >= 4 else "tl_depthwise_short_s8"
    assert outcome.functions[0].startswith(expected)


@pytest.mark.parametrize(("channels", "multiplier"), [(2, 2), (3, 3), (4, 2), (5, 8), (3, 1)])
def test_depthwise_with_a_multiplier(m4: Core, channels: int, multiplier: int) -> None:
    rng = np.random.default_rng(channels)
    for options in ({}, {"stride": 2, "dilation": 2, "per_channel": 0}, {"padding": VALID}):
        case = convolution("DEPTHWISE_CONV_2D", rng, (2, 6, 7, channels), (3, 2), multiplier, **options)
        assert expect_equal(m4, case).functions == ["tl_depthwise_short_s8"]


def test_depthwise_of_one_channel_is_a_convolution(m4: Core) -> None:
    case = convolution("DEPTHWISE_CONV_2D", np.random.default_rng(9), (1, 9, 7, 1), (5, 4), 6, "random", stride=2)
    assert expect_equal(m4, case).functions[0].startswith("tl_conv_packed_relu")


DRAWN = ["FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "SUB", "MUL", "AVERAGE_POOL_2D", "MAX_POOL_2D", "BATCH_MATMUL"]


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("count", [30, pytest.param(400, marks=pytest.mark.slow)])
def test_drawn_models(m4: Core, name: str, count: int) -> None:
    """The models that the portable kernels are tested with, as far as they are int8."""
    seen = []

    @settings(max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def equal(data: st.DataObject) -> None:
        case = GENERATORS[name](Draw(data.draw))
        if all(values.dtype == np.int8 for values in case.inputs):
            seen.append(expect_equal(m4, case))

    equal()
    assert len(seen) > count // 8


def of_one_scale(name: str, shape: tuple[int, ...], scales: tuple[float, float], rng: np.random.Generator) -> Case:
    builder = Builder()
    a, b = (builder.input(shape, scale=scale, zero_point=int(rng.integers(-128, 128))) for scale in scales)
    y = builder.output(shape, scale=1.5 * max(scales), zero_point=int(rng.integers(-128, 128)))
    builder.operator(name, [a, b], [y], f"{name.capitalize()}Options", fusedActivationFunction=int(rng.integers(0, 2)))
    every = np.arange(-128, 128).astype(np.int8)
    return Case(builder.finish(), [np.resize(rng.permutation(every), shape), np.resize(rng.permutation(every), shape)])


@pytest.mark.parametrize("name", ["ADD", "SUB"])
@pytest.mark.parametrize("scales", [(0.1, 0.1), (0.1, 0.07), (0.01, 0.3)])
@pytest.mark.parametrize("proved", [True, False])
def test_sums_of_one_shape(m4: Core, name: str, scales: tuple[float, float], proved: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not proved:
        monkeypatch.setattr(linear, "linear", lambda *_: None)
    rng = np.random.default_rng(5)
    for size in (1, 3, 4, 256, 4097):
        outcome = expect_equal(m4, of_one_scale(name, (size,), scales, rng))
        table = "tl_sum_table_s8" if name == "ADD" else "tl_difference_table_s8"
        other = "tl_sum_pairs_s8" if proved else "tl_add_few_s8" if size < 600 else "tl_add_short_s8"
        assert outcome.functions == [table if scales[0] == scales[1] else other]


def test_words_are_where_hardware_wants_them(m4: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Activations may lie anywhere (here they end where memory ends); arrays of words are aligned, and it would be seen if not."""
    rng = np.random.default_rng(11)
    w, x = of("random", rng, (9, 43)), of("random", rng, (3, 43))
    cases = [fully_connected(w, x, np.arange(9).astype(np.int32)), fully_connected(w // 16, x, np.arange(9).astype(np.int32), dtype="int4")]
    cases += [convolution("CONV_2D", rng, (1, 5, 6, depth), (3, 2), 5) for depth in (2, 3, 4)]
    cases += [convolution("DEPTHWISE_CONV_2D", rng, (1, 5, 6, 5), (3, 3), 1, stride=stride) for stride in (1, 2)]
    cases += [of_one_scale("ADD", (43,), (0.1, 0.07), rng)]
    for case in cases:
        m4.run(case, aligned=True)
    array = _Memory.array
    monkeypatch.setattr(_Memory, "array", lambda self, size, alignment: array(self, size, alignment) - 1)
    with pytest.raises(AssertionError, match="unaligned access"):
        m4.run(cases[0], aligned=True)


@pytest.mark.parametrize("core", ["cortex-m7", "cortex-m33"])
def test_other_cores_with_the_extension(core: str, tmp_path: Path) -> None:
    other, rng = Core(build_kernels(core, tmp_path), core), np.random.default_rng(10)
    for kind, dtype in (("random", "int8"), ("nibbles", "int4")):
        w = of("random", rng, (9, 43)) if kind == "random" else rng.integers(-8, 8, (9, 43)).astype(np.int8)
        expect_equal(other, fully_connected(w, of("random", rng, (2, 43)), np.arange(9).astype(np.int32), 1e-3, dtype=dtype))
    expect_equal(other, convolution("CONV_2D", rng, (1, 5, 6, 4), (3, 3), 5))
    expect_equal(other, convolution("DEPTHWISE_CONV_2D", rng, (1, 5, 6, 4), (3, 3), 1))


def test_kernels_build_for_the_m55(tmp_path: Path) -> None:
    assert build_kernels("cortex-m55", tmp_path).stat().st_size


@pytest.mark.parametrize("source", sorted((paths.KERNELS / "dsp").glob("*.S")), ids=lambda path: path.name)
def test_gnu_as_takes_the_assembly(source: Path, tmp_path: Path) -> None:
    gcc = shutil.which("arm-none-eabi-gcc")
    if gcc is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    flags = ["-mcpu=cortex-m4", "-mthumb", f"-I{paths.KERNELS / 'include'}"]
    done = subprocess.run([gcc, *flags, "-c", source, "-o", tmp_path / "out.o"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_small_code_uses_portable_kernels(m4: Core) -> None:
    rng = np.random.default_rng(6)
    case = fully_connected(of("random", rng, (4, 8)), of("random", rng, (1, 8)), np.zeros(4, np.int32))
    assert m4.run(case, optimize="size").functions == ["tl_fc_s8"]


def test_fewer_than_one_instruction_a_product(m4: Core) -> None:
    rng = np.random.default_rng(7)
    dense = fully_connected(of("random", rng, (128, 128)), of("random", rng, (1, 128)), np.zeros(128, np.int32))
    pointwise = convolution("CONV_2D", rng, (1, 6, 6, 64), (1, 1), 64, "random", activation=0)
    int4 = fully_connected(of("random", rng, (128, 128)) // 16, of("random", rng, (1, 128)), np.zeros(128, np.int32), dtype="int4")
    cases = ((dense, 1 << 14), (int4, 1 << 14), (pointwise, 9 << 14))
    per_product = [m4.run(case, count=True).instructions / products for case, products in cases]
    assert per_product[0] < 0.84 and per_product[1] < 0.99 and per_product[2] < 0.94


def gated(rng: np.random.Generator, count: int, product_zero: int = 0, old_scale: float = 1 / 128) -> Case:
    """h + LOGISTIC(a) * (TANH(b) - h)."""
    builder = Builder()
    a, b, h = (builder.input((1, count), scale=scale, zero_point=0) for scale in (1 / 16, 1 / 32, old_scale))
    z, c = builder.tensor((1, count), scale=1 / 256, zero_point=-128), builder.tensor((1, count), scale=1 / 128, zero_point=0)
    difference = builder.tensor((1, count), scale=1 / 64, zero_point=1)
    product = builder.tensor((1, count), scale=1 / 128, zero_point=product_zero)
    y = builder.output((1, count), scale=1 / 90, zero_point=5)
    builder.operator("LOGISTIC", [a], [z])
    builder.operator("TANH", [b], [c])
    builder.operator("SUB", [c, h], [difference], "SubOptions")
    builder.operator("MUL", [z, difference], [product], "MulOptions")
    builder.operator("ADD", [product, h], [y], "AddOptions")
    return Case(builder.finish(), [of("full", rng, (1, count)) for _ in range(3)])


@pytest.mark.parametrize("count", [1, 3, 4, 5, 88, 1000])
def test_a_gated_state_is_updated_in_one_pass(m4: Core, count: int) -> None:
    rng = np.random.default_rng(count)
    for zero in (0, 4):
        case = gated(rng, count, zero, 1 / 128 if not zero else 1 / 100)
        outcome = expect_equal(m4, case)
        sums = "tl_add_few_s8" if count < 600 else "tl_add_short_s8"
        fused = ["tl_gate_s8_13"] if not zero else ["tl_lookup_s8"] * 2 + [sums, "tl_mul_short_s8"]
        assert outcome.functions[: len(fused)] == fused
