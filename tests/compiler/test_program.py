"""Programs: a bundle's states go in and come back in the same quantisation; no constant lies in flash for nothing."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import program_of
from tinylm.bundle import Bundle, GraphFile, Manifest, State
from tinylm.compiler.program import compile_bundle
from tinylm.cores import core
from tinylm.errors import ModelError


def test_a_state_that_comes_back_in_another_scale_is_refused_by_name(tmp_path: Path) -> None:
    builder = Builder()
    old = builder.input((1, 4), scale=0.5, name="h_in")
    builder.operator("TANH", [old], [builder.output((1, 4), scale=1 / 128, name="h_out")])
    (tmp_path / "step.tflite").write_bytes(builder.finish())
    graph = GraphFile(file="step.tflite", states=[State(input="h_in", output="h_out")])
    with pytest.raises(ModelError) as caught:
        compile_bundle(Bundle(Manifest(name="m", title="M", graphs={"step": graph}), tmp_path), core("host"))
    for part in ("'h_in'", "scale 0.5", "'h_out'", "0.0078125", "one quantisation for both"):
        assert part in str(caught.value)


def depthwise_model() -> bytes:
    """Depthwise 3x3 of 8 channels: on most cores its weights are repacked."""
    rng, builder = np.random.default_rng(0), Builder()
    x, y = builder.input((1, 5, 5, 8), scale=0.1), builder.output((1, 5, 5, 8), scale=0.3)
    w = builder.tensor((1, 3, 3, 8), scale=0.01, axis=3, data=rng.integers(-127, 128, (1, 3, 3, 8)))
    bias = builder.tensor((8,), "int32", scale=0.001, data=rng.integers(-100, 100, 8))
    window = {"padding": 0, "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    builder.operator("DEPTHWISE_CONV_2D", [x, w, bias], [y], "DepthwiseConv2DOptions", depthMultiplier=1, **window)
    return builder.finish()


@pytest.mark.parametrize("name", ["cortex-m0plus", "cortex-m4", "cortex-m55", "rv32imc", "host"])
def test_every_constant_in_flash_is_read_by_a_call(name: str) -> None:
    program = program_of(depthwise_model(), core_name=name)
    constants = re.findall(r"(\w+)\[\d+\]", program.files["model_data.h"])
    assert constants and [word for word in constants if word not in program.files["model.c"]] == []
