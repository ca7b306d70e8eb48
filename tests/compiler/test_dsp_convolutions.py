"""Convolutions for the DSP extension against their meaning, on an emulated Cortex-M4 with a fence behind every array."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import Case, program_of
from tests.compiler.cases.convolutions import SAME, VALID
from tests.compiler.layers import CONVOLUTIONS, DEPTHWISE, convolution, differs, expect_equal, kinds_of, of
from tests.compiler.on_core import Core
from tinylm.compiler.packing import dual, finish, tiles

pytestmark = pytest.mark.usefixtures("no_signs")


@pytest.mark.parametrize(("image", "taps", "outputs", "options"), CONVOLUTIONS)
def test_convolution(m4: Core, image: tuple[int, int, int, int], taps: tuple[int, int], outputs: int, options: dict[str, int]) -> None:
    rng = np.random.default_rng(sum(image))
    for _ in range(4):
        outcome = expect_equal(m4, convolution("CONV_2D", rng, image, taps, outputs, **options))
        assert outcome.functions[0].startswith("tl_conv_packed_")


@pytest.mark.parametrize(("image", "outputs"), [((1, 1, 1, 64), 64), ((1, 5, 1, 40), 32), ((2, 3, 4, 5), 7), ((1, 1, 9, 1), 3)])
def test_a_convolution_whose_window_is_the_input_is_fully_connected(m4: Core, image: tuple[int, int, int, int], outputs: int) -> None:
    rng = np.random.default_rng(sum(image))
    for options in ({}, {"per_channel": 0}):
        outcome = expect_equal(m4, convolution("CONV_2D", rng, image, (image[1], image[2]), outputs, padding=VALID, **options))
        assert outcome.functions[-1].startswith(("tl_fours_", "tl_fc_packed_"))


def test_convolution_falls_back_for_the_pairs_that_need_it(m4: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    builder = Builder()
    w = of("random", rng, (8, 1, 1, 700))
    w[2] = 127
    x = builder.input((1, 2, 2, 700), scale=1.0, zero_point=0)
    scale = 1 / 100000
    operands = [x, builder.tensor(w.shape, "int8", scale=[scale] * 8, data=w)]
    y = builder.output((1, 2, 2, 8), scale=1.0, zero_point=0)
    builder.operator("CONV_2D", operands, [y], "Conv2DOptions", strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1)
    case = Case(builder.finish(), [np.full((1, 2, 2, 700), 127, np.int8)])
    assert expect_equal(m4, case).functions[0].startswith("tl_conv_packed_")
    assert kinds_of(case) == [tiles.PLAIN, tiles.SHORT]
    (packing,) = program_of(case.model, core_name="cortex-m4").packings
    assert (packing.rows, packing.groups, packing.plain, packing.slow) == (8, 2, 1, 0)
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


@pytest.mark.parametrize(("image", "taps", "options"), DEPTHWISE)
def test_depthwise(m4: Core, image: tuple[int, int, int, int], taps: tuple[int, int], options: dict[str, int]) -> None:
    rng = np.random.default_rng(sum(image))
    for _ in range(6):
        outcome = expect_equal(m4, convolution("DEPTHWISE_CONV_2D", rng, image, taps, 1, **options))
    three = taps == (3, 3) and options.get("stride", 1) < 3 and "dilation" not in options and outcome.outputs[0].shape[2] > 1
    expected = "tl_depthwise3" if three and image[3] >= 4 else "tl_depthwise_windows_s8"
    assert outcome.functions[0].startswith(expected)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("zero_point", [-128, 3])
def test_depthwise_of_channels_whose_scales_lie_far_apart(m4: Core, stride: int, zero_point: int) -> None:
    """No fraction is right for all of them: each has its own."""
    rng, builder = np.random.default_rng(4), Builder()
    scales = [float(np.float32(2.0**-power)) for power in (2, 5, 8, 11, 9, 4, 3, 10, 7)]
    x = builder.input((1, 9, 8, 9), scale=1.0, zero_point=-128)
    w = builder.tensor((1, 3, 3, 9), scale=[s * 0.9 for s in scales], axis=3, data=of("random", rng, (1, 3, 3, 9)))
    side = (9 + stride - 1) // stride, (8 + stride - 1) // stride
    y = builder.output((1, *side, 9), scale=1.0, zero_point=zero_point)
    window = {"padding": SAME, "strideH": stride, "strideW": stride, "dilationHFactor": 1, "dilationWFactor": 1}
    builder.operator("DEPTHWISE_CONV_2D", [x, w], [y], "DepthwiseConv2DOptions", depthMultiplier=1, **window)
    for kind in ("random", "full", "low"):
        outcome = expect_equal(m4, Case(builder.finish(), [of(kind, rng, (1, 9, 8, 9))]))
        assert outcome.functions == [f"tl_depthwise3_each_{stride}_{16 if stride == 1 else 8}"]


@pytest.mark.parametrize(("channels", "multiplier"), [(2, 2), (3, 3), (4, 2), (5, 8)])
def test_depthwise_with_a_multiplier(m4: Core, channels: int, multiplier: int) -> None:
    rng = np.random.default_rng(channels)
    for options in ({}, {"stride": 2, "dilation": 2, "per_channel": 0}, {"padding": VALID}):
        case = convolution("DEPTHWISE_CONV_2D", rng, (2, 6, 7, channels), (3, 2), multiplier, **options)
        assert expect_equal(m4, case).functions == ["tl_depthwise_short_s8"]


def test_depthwise_of_one_channel_is_a_convolution(m4: Core) -> None:
    case = convolution("DEPTHWISE_CONV_2D", np.random.default_rng(9), (1, 9, 7, 1), (5, 4), 6, "random", stride=2)
    assert expect_equal(m4, case).functions[0].startswith("tl_conv_packed_relu")
