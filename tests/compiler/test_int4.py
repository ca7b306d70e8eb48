"""int4 weights: per channel in FULLY_CONNECTED, which TFLM refuses, they mean what int8 weights of the same values mean; and they stay
packed in flash."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import Case, by_meaning, program_of, run_native
from tests.oracle import Oracle, Refused, needs_oracle
from tinylm.compiler.reader import read

BATCHES, INPUTS, OUTPUTS, CASES = 2, 37, 12, 50


def model(bits: int, seed: int) -> bytes:
    """One layer of values that fit int4, held in ``bits`` bits each."""
    rng = np.random.default_rng(seed)
    builder = Builder()
    x = builder.input((BATCHES, INPUTS), scale=0.05, zero_point=int(rng.integers(-128, 128)))
    scales = rng.uniform(0.01, 0.2, OUTPUTS).astype(np.float32).tolist()
    w = builder.tensor((OUTPUTS, INPUTS), f"int{bits}", scale=scales, data=rng.integers(-7, 8, (OUTPUTS, INPUTS)).astype(np.int8))
    bias = builder.tensor((OUTPUTS,), "int32", scale=[0.05 * s for s in scales], data=rng.integers(-999, 999, OUTPUTS).astype(np.int32))
    y = builder.output((BATCHES, OUTPUTS), scale=0.1, zero_point=int(rng.integers(-128, 128)))
    builder.operator("FULLY_CONNECTED", [x, w, bias], [y], "FullyConnectedOptions")
    return builder.finish()


@needs_oracle
def test_per_channel_int4_equals_int8_of_the_same_values(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    cases = [Case(model(4, seed), [rng.integers(-128, 128, (BATCHES, INPUTS)).astype(np.int8)]) for seed in range(CASES)]
    for seed, (case, results) in enumerate(zip(cases, run_native(cases, tmp_path), strict=True)):
        (expected,) = Oracle(model(8, seed)).run(case.inputs)
        assert np.array_equal(results[0], expected)
        assert np.array_equal(by_meaning(read(case.model, "int4"), case)[0], expected)


@needs_oracle
def test_the_oracle_refuses_per_channel_int4() -> None:
    with pytest.raises(Refused):
        Oracle(model(4, 0)).run([np.zeros((BATCHES, INPUTS), np.int8)])


def test_int4_weights_stay_packed() -> None:
    packed, plain = (program_of(model(bits, 0)).constant_bytes for bits in (4, 8))
    assert plain - packed == OUTPUTS * INPUTS - OUTPUTS * ((INPUTS + 1) // 2)
