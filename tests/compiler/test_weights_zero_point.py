"""Weights with a zero point: TFLM subtracts it in every fully connected layer, whatever the activations' type."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import Case, by_oracle, run_native
from tests.oracle import needs_oracle


@needs_oracle
@pytest.mark.parametrize("zero", [14, -128])
@pytest.mark.parametrize(
    ("bits", "activations", "bias"), [(8, "int8", "int32"), (4, "int8", "int32"), (8, "int16", "int32"), (8, "int16", "int64")]
)
def test_the_zero_point_of_weights_counts(bits: int, activations: str, bias: str, zero: int, tmp_path: Path) -> None:
    rng, low = np.random.default_rng(0), -(1 << bits - 1)
    zero = max(zero, low) if zero < 0 else zero >> 8 - bits
    builder = Builder()
    x = builder.input((3, 22), activations, scale=0.3, zero_point=0)
    w = builder.tensor((14, 22), f"int{bits}", scale=0.5, zero_point=zero, data=rng.integers(low, -low, (14, 22)).astype(np.int8))
    b = builder.tensor((14,), bias, scale=0.15, data=rng.integers(-1000, 1000, 14).astype(bias))
    y = builder.output((3, 14), activations, scale=80.0 if activations == "int8" else 3000.0, zero_point=0)
    builder.operator("FULLY_CONNECTED", [x, w, b], [y], "FullyConnectedOptions")
    info = np.iinfo(activations)
    case = Case(builder.finish(), [rng.integers(info.min, info.max + 1, (3, 22)).astype(activations)])
    [right], [[result]] = by_oracle(case, 1), run_native([case], tmp_path)
    assert np.unique(right).size > 10
    np.testing.assert_array_equal(result, right)
