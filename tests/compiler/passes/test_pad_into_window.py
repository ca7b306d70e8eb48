"""PAD before a convolution becomes its padding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.passes.same import changed, runs_the_same
from tinylm.compiler.ops.window import EXPLICIT
from tinylm.compiler.passes import pad_into_window

VALID = 1


def model(name: str = "CONV_2D", zero_point: int = 5, inner: int = 5, edges: tuple[int, ...] = (1, 2, 0, 1), stride: int = 2) -> Builder:
    """PAD and a 3 x 3 convolution. inner: the zero point after PAD."""
    rng, builder = np.random.default_rng(0), Builder()
    top, bottom, left, right = edges
    x = builder.input((1, 7, 6, 4), scale=0.1, zero_point=zero_point)
    amounts = builder.tensor((4, 2), "int32", data=np.array([[0, 0], [top, bottom], [left, right], [0, 0]], np.int32))
    h = builder.tensor((1, 7 + top + bottom, 6 + left + right, 4), scale=0.1, zero_point=inner)
    shape = (4, 3, 3, 4) if name == "CONV_2D" else (1, 3, 3, 4)
    w = builder.tensor(shape, scale=0.02, data=rng.integers(-127, 128, shape))
    b = builder.tensor((4,), "int32", scale=0.002, data=rng.integers(-500, 500, 4))
    out = [(n - 3 + stride) // stride for n in (7 + top + bottom, 6 + left + right)]
    y = builder.output((1, *out, 4), scale=0.2, zero_point=-3)
    builder.operator("PAD", [x, amounts], [h], "PadOptions")
    options = {"padding": VALID, "strideH": stride, "strideW": stride, "dilationHFactor": 1, "dilationWFactor": 1}
    if name == "CONV_2D":
        builder.operator(name, [h, w, b], [y], "Conv2DOptions", **options)
    else:
        builder.operator(name, [h, w, b], [y], "DepthwiseConv2DOptions", depthMultiplier=1, **options)
    return builder


@pytest.mark.parametrize("name", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_padded_copy_is_not_made(name: str, stride: int, tmp_path: Path) -> None:
    graph = changed(model(name, stride=stride), pad_into_window.run, ["PAD", name], [name])
    assert graph.operators[0].options[EXPLICIT] == ((1, 2), (0, 1))
    runs_the_same(model(name, stride=stride), tmp_path)


def test_padding_that_is_not_real_zero_stays() -> None:
    changed(model(zero_point=5, inner=6), pad_into_window.run, ["PAD", "CONV_2D"], ["PAD", "CONV_2D"])
