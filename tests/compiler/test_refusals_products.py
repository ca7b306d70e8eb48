"""What products, convolutions, pools, reductions and recurrent operators refuse, and in which words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import program_of
from tinylm.errors import ModelError

Build = Callable[[], bytes]


def conv(
    x: tuple[int, ...] = (1, 4, 4, 2),
    w: tuple[int, ...] = (3, 3, 3, 2),
    y: tuple[int, ...] = (1, 4, 4, 3),
    *,
    name: str = "CONV_2D",
    scales: float | list[float] = 0.1,
    axis: int = 0,
    y_scale: float = 0.5,
    bias: str | None = "int32",
    weights: str = "int8",
    constant: bool = True,
    **options: int,
) -> Build:
    """A convolution, right but for what is given otherwise."""

    def build() -> bytes:
        builder = Builder()
        source = builder.input(x, scale=0.1, zero_point=3)
        channels = w[0] if name == "CONV_2D" else w[3]
        values = np.ones(w, weights if weights != "int4" else "int8")
        kernel = builder.tensor(w, weights, scale=scales, axis=axis, data=values if constant else None)
        if not constant:
            builder.inputs.append(kernel)
        inputs = [source, kernel]
        if bias is not None:
            inputs.append(builder.tensor((channels,), bias, scale=0.01, data=np.zeros(channels, bias)))
        out = builder.output(y, scale=y_scale, zero_point=0)
        kind = "Conv2DOptions" if name == "CONV_2D" else "DepthwiseConv2DOptions"
        depth = {} if name == "CONV_2D" else {"depthMultiplier": 1}
        builder.operator(name, inputs, [out], kind, **{"padding": 0, "strideH": 1, "strideW": 1, **depth, **options})
        return builder.finish()

    return build


def depthwise(**keywords: object) -> Build:
    return conv(**{"name": "DEPTHWISE_CONV_2D", "w": (1, 3, 3, 2), "y": (1, 4, 4, 2), "axis": 3, **keywords})  # type: ignore[arg-type]


def one(
    name: str, options: str | None, x: dict[str, object], y: dict[str, object], extra: list[dict[str, object]] = (), **fields: object
) -> Build:
    """An operator of one input, more constants, one output. Tensors: keywords of Builder.tensor."""

    def build() -> bytes:
        builder = Builder()
        source, out = builder.input(**x), builder.output(**y)
        rest = [builder.tensor(**keywords) for keywords in extra]
        builder.operator(name, [source, *rest], [out], options, **fields)
        return builder.finish()

    return build


def t(shape: tuple[int, ...], dtype: str = "int8", scale: float | None = 0.1, zero_point: int = 0, **more: object) -> dict[str, object]:
    return {"shape": shape, "dtype": dtype, "scale": scale, "zero_point": zero_point, **more}


def pool(y: dict[str, object], **options: int) -> Build:
    window = {"strideH": 2, "strideW": 2, "filterHeight": 2, "filterWidth": 2}
    return one("MAX_POOL_2D", "Pool2DOptions", t((1, 4, 4, 2)), y, **{**window, **options})


def mean(axes: list[int], y: tuple[int, ...], dtype: str = "int8") -> Build:
    axis = {"shape": (len(axes),), "dtype": "int32", "data": np.array(axes, np.int32)}
    return one("MEAN", "ReducerOptions", t((2, 3, 4), dtype), t(y, dtype), [axis])


def softmax(x: dict[str, object], y: dict[str, object]) -> Build:
    return one("SOFTMAX", "SoftmaxOptions", x, y, beta=1.0)


def fully_connected(weights: tuple[int, ...] = (3, 4), y: tuple[int, ...] = (1, 3), bias_scale: float = 0.01, **fields: object) -> Build:
    w = t(weights, scale=0.1, data=np.ones(weights, np.int8))
    bias = {"shape": (3,), "dtype": "int32", "scale": bias_scale, "data": np.zeros(3, np.int32)}
    return one("FULLY_CONNECTED", "FullyConnectedOptions", t((1, 4)), t(y, scale=0.05), [w, bias], **fields)


def svdf(variable: bool = True, rank: int = 1) -> Build:
    features, times = t((2, 4), data=np.ones((2, 4), np.int8)), t((2, 3), "int16", data=np.ones((2, 3), np.int16))
    bias = {"shape": (2,), "dtype": "int32", "scale": 0.01, "data": np.zeros(2, np.int32)}
    state = t((1, 6), "int16", variable=variable)
    return one("SVDF", "SVDFOptions", t((1, 4)), t((1, 2)), [features, times, bias, state], rank=rank)


REFUSALS: dict[str, tuple[Build, str]] = {
    "output of another size": (conv(y=(1, 3, 4, 3)), "gives 4 positions along axis 1"),
    "groups that do not divide": (conv(w=(3, 3, 3, 3)), "has shapes that do not fit"),
    "no batch dimension": (conv(x=(4, 4, 2)), "needs four dimensions"),
    "stride of zero": (conv(strideH=0), "has stride h 0"),
    "unknown padding": (conv(padding=2), "has padding 2"),
    "unknown activation": (conv(fusedActivationFunction=4), "has fused activation 4"),
    "scales along another axis": (conv(scales=[0.1, 0.2], axis=3), "needs per-channel scales along axis 0"),
    "weights that are computed": (conv(constant=False), "needs constant weights"),
    "weights of 16 bits": (conv(weights="int16"), "supported here: int8, int4"),
    "bias of 64 bits with int8": (conv(bias="int64"), "supported here: int32"),
    "output scale far too small": (conv(y_scale=1e-15), "has an output scale too small for its inputs"),
    "depth multiplier that does not fit": (depthwise(depthMultiplier=2), "has shapes that do not fit"),
    "depthwise scales along another axis": (depthwise(scales=[0.1, 0.2, 0.3], axis=1), "needs per-channel scales along axis 3"),
    "pool that changes the scale": (pool(t((1, 2, 2, 2), scale=0.2)), "to be quantised alike"),
    "pool that changes the channels": (pool(t((1, 2, 2, 3))), "changes the channels"),
    "pool without a window": (pool(t((1, 2, 2, 2)), filterHeight=0), "has filter height 0"),
    "axis beyond the rank": (mean([3], (2, 3)), "works along axis 3"),
    "reduced shape that is wrong": (mean([1], (2, 3)), "has shapes that do not fit"),
    "mean of int32": (mean([1], (2, 4), "int32"), "supported here: int8, int16, float32"),
    "softmax of another scale": (softmax(t((1, 4)), t((1, 4), scale=0.01, zero_point=-128)), "needs an output scale of 1/256"),
    "softmax that runs too far": (softmax(t((1, 5000)), t((1, 5000), scale=1 / 256, zero_point=-128)), "runs over 5000 values"),
    "softmax of a tiny scale": (softmax(t((1, 4), scale=1e-9), t((1, 4), scale=1 / 256, zero_point=-128)), "times beta too small"),
    "shuffled weights": (fully_connected(weightsFormat=1), "has shuffled weights"),
    "weights that do not fit": (fully_connected(weights=(3, 5)), "has shapes that do not fit"),
    "bias of another scale": (fully_connected(bias_scale=0.5), "needs its bias scaled by"),
    "state that is not variable": (svdf(variable=False), "before anything writes it"),
    "rank of zero": (svdf(rank=0), "has rank 0"),
    "rank that does not divide": (svdf(rank=3), "has shapes that do not fit"),
}


@pytest.mark.parametrize("case", sorted(REFUSALS))
def test_is_refused_in_one_clear_sentence(case: str) -> None:
    build, words = REFUSALS[case]
    with pytest.raises(ModelError) as refusal:
        program_of(build())
    assert words in str(refusal.value)


def test_what_the_refusals_change_is_all_that_is_wrong() -> None:
    for build in (conv(), depthwise(), pool(t((1, 2, 2, 2))), mean([1], (2, 4)), fully_connected(), svdf()):
        program_of(build())
