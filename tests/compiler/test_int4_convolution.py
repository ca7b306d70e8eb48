"""Convolutions with weights of four bits run on the kernels for eight: equal to the oracle, and several times faster than unpacking."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import Case, by_meaning
from tests.compiler.on_core import Core, build_kernels
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.reader import read

pytest.importorskip("unicorn")


def convolution(depthwise: bool) -> Case:
    rng, builder = np.random.default_rng(0), Builder()
    shape, outputs, axis = ((1, 3, 3, 16), 16, 3) if depthwise else ((24, 3, 3, 16), 24, 0)
    x = builder.input((1, 8, 8, 16), scale=0.05, zero_point=3)
    w = builder.tensor(shape, "int4", scale=[0.01] * outputs, zero_point=0, axis=axis, data=rng.integers(-7, 8, shape))
    y = builder.output((1, 6, 6, outputs), scale=0.02 if depthwise else 0.1, zero_point=-5)
    options = {"padding": 1, "strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1}
    if depthwise:
        builder.operator("DEPTHWISE_CONV_2D", [x, w, -1], [y], "DepthwiseConv2DOptions", depthMultiplier=1, **options)
    else:
        builder.operator("CONV_2D", [x, w, -1], [y], "Conv2DOptions", **options)
    return Case(builder.finish(), [rng.integers(-128, 128, (1, 8, 8, 16)).astype(np.int8)])


@pytest.mark.parametrize(
    ("depthwise", "kernels", "portable", "times"),
    [(False, "tl_conv_packed", "tl_conv_s4", 10), (True, "tl_depthwise3", "tl_depthwise_s4", 6)],
)
def test_weights_of_four_bits_take_the_packed_kernel(
    depthwise: bool, kernels: str, portable: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = convolution(depthwise)
    (right,) = by_meaning(read(case.model, "int4.tflite"), case)
    core = Core(build_kernels("cortex-m4", tmp_path))
    packed = core.run(case, count=True)
    assert packed.functions[0].startswith(kernels) and packed.outputs[0].tobytes() == right.tobytes()
    monkeypatch.setattr(Lowering, "packs", lambda self, feature: False)
    plain = core.run(case, count=True)
    assert plain.functions[0] == portable and plain.outputs[0].tobytes() == right.tobytes()
    assert packed.instructions < plain.instructions / times
