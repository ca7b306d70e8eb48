"""LSTM and SVDF for the DSP extension against their meaning, on an emulated Cortex-M4 with a fence behind every array."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import Case, program_of
from tests.compiler.layers import expect_equal, of
from tests.compiler.on_core import Core
from tinylm.compiler.lowering import Const, Struct

TANH = 4


def lstm(
    rng: np.random.Generator, inputs: int, units: int, kind: str = "random", real: float = 0.3, steps: int = 4, clip: float = 0
) -> Case:
    """real: of the gates' sums to their 1/4096."""
    builder = Builder()
    scale = real / 4096 / 0.05
    x = builder.input((1, steps, inputs), scale=0.05, zero_point=7)
    operands = [x] + [-1] * 23
    for position in range(1, 9):
        shape = (units, inputs if position < 5 else units)
        operands[position] = builder.tensor(shape, scale=scale, data=of(kind, rng, shape))
    for gate in range(4):
        data = rng.integers(-2000, 2000, units).astype(np.int32)
        operands[12 + gate] = builder.tensor((units,), "int32", scale=scale * 0.05, data=data)
    operands[18] = builder.tensor((1, units), scale=1 / 128, zero_point=-5, variable=True)
    operands[19] = builder.tensor((1, units), "int16", scale=2.0**-11, variable=True)
    y = builder.output((1, steps, units), scale=1 / 128, zero_point=-5)
    options = {"fusedActivationFunction": TANH, "cellClip": clip}
    builder.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [y], "UnidirectionalSequenceLSTMOptions", **options)
    return Case(builder.finish(), [of("random", rng, (1, steps, inputs))])


def svdf(rng: np.random.Generator, inputs: int, units: int, rank: int, memory: int, kind: str = "random", real: float = 0.01) -> Case:
    """real: of the features' sums to the state."""
    builder = Builder()
    x = builder.input((2, inputs), scale=1.0, zero_point=3)
    filters = units * rank
    features = builder.tensor((filters, inputs), scale=real, data=of(kind, rng, (filters, inputs)))
    times = builder.tensor((filters, memory), scale=1.0, data=of("random", rng, (filters, memory)))
    bias = builder.tensor((units,), "int32", scale=1.0, data=rng.integers(-999, 999, units).astype(np.int32))
    state = builder.tensor((2, filters * memory), scale=1.0, variable=True)
    y = builder.output((2, units), scale=90.0 * rank, zero_point=-4)
    builder.operator("SVDF", [x, features, times, bias, state], [y], "SVDFOptions", rank=rank)
    return Case(builder.finish(), [of("random", rng, (2, inputs))])


def called(case: Case) -> Struct:
    """The parameters of the case's only kernel."""
    (call,) = program_of(case.model, core_name="cortex-m4").calls
    return next(argument for argument in call.arguments if isinstance(argument, Struct))


@pytest.mark.parametrize(("inputs", "units"), [(1, 1), (3, 5), (8, 8), (28, 20), (40, 13), (130, 33)])
def test_lstm(m4: Core, inputs: int, units: int) -> None:
    rng = np.random.default_rng(inputs)
    for clip in (0.0, 1.5):
        outcome = expect_equal(m4, lstm(rng, inputs, units, clip=clip))
        assert outcome.functions == ["tl_lstm_packed_s8"]
        assert np.unique(outcome.outputs[0]).size > units / 2


def test_lstm_sums_that_no_packing_holds_and_scales_that_the_short_finish_does_not_take(m4: Core) -> None:
    rng = np.random.default_rng(3)
    large = lstm(rng, 700, 3, "high", real=0.0001)
    plain = called(large).fields["input"]["plain"]
    assert isinstance(plain, Const) and plain.data.all()
    expect_equal(m4, large)
    left = lstm(rng, 6, 5, real=1.7)
    assert all(scale["right"] == 0 for scale in called(left).fields["input_scales"])
    expect_equal(m4, left)


@pytest.mark.parametrize(("inputs", "units", "rank", "memory"), [(1, 1, 1, 1), (5, 3, 2, 4), (16, 8, 1, 10), (40, 7, 3, 9), (12, 4, 2, 3)])
def test_svdf(m4: Core, inputs: int, units: int, rank: int, memory: int) -> None:
    rng = np.random.default_rng(inputs)
    outcome = expect_equal(m4, svdf(rng, inputs, units, rank, memory))
    assert outcome.functions == ["tl_svdf_packed_s8"]


def test_svdf_sums_that_no_packing_holds_and_scales_that_the_short_finish_does_not_take(m4: Core) -> None:
    rng = np.random.default_rng(4)
    large = svdf(rng, 700, 5, 1, 8, "high", real=0.00001)
    plain = called(large).fields["features"]["plain"]
    assert isinstance(plain, Const) and plain.data.any()
    expect_equal(m4, large)
    left = svdf(rng, 6, 5, 2, 8, real=1.2)
    assert called(left).fields["feature"]["right"] == 0
    expect_equal(m4, left)
