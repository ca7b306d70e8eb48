"""RELU and RELU6 into the operator before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.passes.same import changed, runs_the_same
from tinylm.compiler.passes import activation_into_producer


def model(name: str, scale: float = 0.1, twice: bool = False) -> Builder:
    """FULLY_CONNECTED and an activation that keeps (scale 0.1) or changes the quantisation. twice: another reads the sum, too."""
    rng, builder = np.random.default_rng(0), Builder()
    x = builder.input((2, 8), scale=0.1)
    w = builder.tensor((6, 8), scale=0.02, data=rng.integers(-127, 128, (6, 8)))
    h = builder.tensor((2, 6), scale=0.1, zero_point=-20)
    y = builder.output((2, 6), scale=scale, zero_point=-20)
    builder.operator("FULLY_CONNECTED", [x, w], [h], "FullyConnectedOptions")
    builder.operator(name, [h], [y])
    if twice:
        builder.operator("TANH", [h], [builder.output((2, 6), scale=1 / 128)])
    return builder


@pytest.mark.parametrize("name", ["RELU", "RELU6"])
def test_an_activation_that_only_clamps_is_done_by_the_product(name: str, tmp_path: Path) -> None:
    changed(model(name), activation_into_producer.run, ["FULLY_CONNECTED", name], ["FULLY_CONNECTED"])
    runs_the_same(model(name), tmp_path)


def test_an_activation_that_rescales_stays() -> None:
    changed(model("RELU", 0.05), activation_into_producer.run, ["FULLY_CONNECTED", "RELU"], ["FULLY_CONNECTED", "RELU"])


def test_a_value_that_others_read_is_not_clamped() -> None:
    names = ["FULLY_CONNECTED", "RELU", "TANH"]
    changed(model("RELU", twice=True), activation_into_producer.run, names, names)
