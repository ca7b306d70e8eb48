"""Convolutions with weights of four bits run on the kernels for eight: equal to the oracle, and several times faster than unpacking."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import Case, by_meaning
from tests.compiler.on_core import Core, build_kernels
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.reader import read

pytest.importorskip("unicorn")


def convolution() -> Case:
    rng, builder = np.random.default_rng(0), Builder()
    x = builder.input((1, 8, 8, 16), scale=0.05, zero_point=3)
    w = builder.tensor((24, 3, 3, 16), "int4", scale=[0.01] * 24, zero_point=0, axis=0, data=rng.integers(-7, 8, (24, 3, 3, 16)))
    y = builder.output((1, 6, 6, 24), scale=0.1, zero_point=-5)
    builder.operator("CONV_2D", [x, w, -1], [y], "Conv2DOptions", padding=1, strideW=1, strideH=1, dilationWFactor=1, dilationHFactor=1)
    return Case(builder.finish(), [rng.integers(-128, 128, (1, 8, 8, 16)).astype(np.int8)])


def test_weights_of_four_bits_take_the_packed_kernel(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = convolution()
    (right,) = by_meaning(read(case.model, "int4.tflite"), case)
    core = Core(build_kernels("cortex-m4", tmp_path))
    packed = core.run(case, count=True)
    assert packed.functions[0].startswith("tl_conv_packed") and packed.outputs[0].tobytes() == right.tobytes()
    monkeypatch.setattr(Lowering, "decide", lambda self, operator, way, estimate: False)
    plain = core.run(case, count=True)
    assert plain.functions[0] == "tl_conv_s4" and plain.outputs[0].tobytes() == right.tobytes()
    assert packed.instructions < plain.instructions / 10
