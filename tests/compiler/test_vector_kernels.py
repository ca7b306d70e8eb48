"""Kernels for the vector extension against the operators' meaning, on a Cortex-M55 in QEMU: all cases in one image, run once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.compiler.batch import Case
from tests.compiler.layers import CONVOLUTIONS, DEPTHWISE, KINDS, STACK, convolution, fully_connected, meaning, of
from tests.compiler.on_m55 import M55, needs_qemu, run_c
from tests.compiler.test_scalar_kernels import drawn
from tests.oracle import Oracle, needs_oracle
from tinylm import paths

pytestmark = needs_qemu
FENCE = Path(__file__).with_name("fence.c")


def dense(rng: np.random.Generator) -> list[Case]:
    cases = []
    for inputs in (1, 3, 15, 16, 17, 40, 99, 515):
        for outputs, kind in zip([1, 2, 4, 7, 19, 33, 66], KINDS, strict=True):
            w, x = of(kind, rng, (outputs, inputs)), of(rng.choice(KINDS), rng, (int(rng.integers(1, 3)), inputs))
            bias = rng.integers(-(1 << 20), 1 << 20, outputs).astype(np.int32)
            base = 2.0 ** -int(rng.integers(1, 21))
            many = [base * float(factor) for factor in rng.uniform(0.2, 0.9, outputs)]
            real = [None, base * 0.7, many][int(rng.integers(3))]
            zeros = (int(rng.integers(-128, 128)), int(rng.choice([-128, -5, 0, 127])))
            cases.append(fully_connected(w, x, bias, real, zeros, int(rng.integers(0, 4))))
    return cases


def narrow(rng: np.random.Generator) -> list[Case]:
    cases = []
    for inputs in (1, 15, 16, 17, 32, 33, 96, 530):
        for outputs, fixed in zip([1, 2, 4, 7, 33, 66], [None, -8, 7, 0, None, None], strict=True):
            w = rng.integers(-8, 8, (outputs, inputs)) if fixed is None else np.full((outputs, inputs), fixed)
            x, bias = of(rng.choice(KINDS), rng, (2, inputs)), rng.integers(-1000, 1000, outputs).astype(np.int32)
            many = [float(factor) / (10 * inputs) for factor in rng.uniform(0.2, 0.9, outputs)]
            real = [None, 0.4 / inputs, many][int(rng.integers(3))]
            cases.append(fully_connected(w.astype(np.int8), x, bias, real, (3, 5), int(rng.integers(0, 4)), "int4"))
    return cases


def scaled(rng: np.random.Generator) -> list[Case]:
    """Shifts both ways, at the largest sums; and sums that lie halfway between two outputs, of both signs."""
    cases = []
    for real in (2.0**-31, 2.0**-23 * 0.7, 2.0**-9, 0.3, 0.5, 0.7, 1.0, 5.0):
        for most in (1 << 8, 1 << 22, 1 << 29, (1 << 31) - 1):
            bias = rng.choice(np.array([-most, most], np.int64), 9).clip(-(1 << 31), (1 << 31) - 1).astype(np.int32)
            cases.append(fully_connected(of("random", rng, (9, 50)), of("random", rng, (1, 50)), bias, real))
    sums = np.arange(-64, 64, dtype=np.int32)
    for real in (0.75, 0.25, 0.125, 0.375, 2.0**-4 * 0.75):
        cases.append(fully_connected(np.zeros((128, 4), np.int8), np.zeros((1, 4), np.int8), sums, real))
    return cases


def convolved(rng: np.random.Generator) -> list[Case]:
    wide = [((1, 6, 7, channels), (3, 3), {"stride": stride}) for channels in (16, 20, 67, 150) for stride in (1, 2)]
    cases = [convolution("CONV_2D", rng, image, taps, outputs, **options) for image, taps, outputs, options in CONVOLUTIONS]
    cases += [convolution("CONV_2D", rng, (1, 5, 4, 6), (2, 4), 40, "random", padding=1)]
    return cases + [convolution("DEPTHWISE_CONV_2D", rng, image, taps, 1, **options) for image, taps, options in [*DEPTHWISE, *wide]]


@pytest.mark.parametrize("count", [10, pytest.param(60, marks=pytest.mark.slow)])
def test_drawn_models(count: int, tmp_path: Path) -> None:
    """Those that the portable kernels are tested with, as far as they are int8: groups, dilation, depth multipliers and all."""
    cases = [case for name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED") for case in drawn(name, count)]
    for i, (case, outcome) in enumerate(zip(cases, M55(cases, tmp_path).outcomes, strict=True)):
        for result, right in zip(outcome.outputs, meaning(case), strict=True):
            np.testing.assert_array_equal(result, right, f"case {i}: {outcome.functions}")


@pytest.mark.parametrize("draw", [dense, narrow, scaled, convolved])
def test_they_equal_the_meaning(draw: Callable[[np.random.Generator], list[Case]], tmp_path: Path) -> None:
    cases = draw(np.random.default_rng(5))
    for i, (case, outcome) in enumerate(zip(cases, M55(cases, tmp_path).outcomes, strict=True)):
        for result, right in zip(outcome.outputs, meaning(case), strict=True):
            np.testing.assert_array_equal(result, right, f"case {i}")
        assert all("vector" in name for name in outcome.functions)
        assert outcome.stack <= STACK


@needs_oracle
def test_they_equal_the_oracle_in_as_few_instructions_as_they_should(tmp_path: Path) -> None:
    """Of whole models of one operator, by product."""
    rng = np.random.default_rng(7)
    cases = [
        fully_connected(of("random", rng, (64, 128)), of("random", rng, (1, 128)), np.arange(64, dtype=np.int32), None, (3, -5)),
        fully_connected(rng.integers(-8, 8, (64, 128)).astype(np.int8), of("random", rng, (1, 128)), np.zeros(64, np.int32), dtype="int4"),
        convolution("CONV_2D", rng, (1, 4, 4, 64), (1, 1), 64, "random", activation=0),
        convolution("CONV_2D", rng, (1, 8, 8, 16), (3, 3), 16, "random", activation=0),
        convolution("DEPTHWISE_CONV_2D", rng, (1, 8, 8, 64), (3, 3), 1, "random", activation=0),
    ]
    m55 = M55(cases, tmp_path)
    for case, outcome, program, most in zip(cases, m55.outcomes, m55.programs, (0.25, 0.3, 0.36, 0.45, 2.1), strict=True):
        np.testing.assert_array_equal(outcome.outputs[0], Oracle(case.model).run(case.inputs)[0])
        assert outcome.instructions / program.macs < most, outcome.functions


def test_nothing_beyond_an_array_is_touched(tmp_path: Path) -> None:
    """Every array in turn at the end of memory, behind which an access faults."""
    kernels = [paths.KERNELS / "mve" / name for name in ("vector.S", "vector.c", "conv_vector_s8.c", "depthwise_vector_s8.c")]
    kernels += [paths.KERNELS / "mve" / name for name in ("nibble_vectors.S", "fc_nibble_vectors_s8.c")]
    assert run_c(FENCE, kernels, tmp_path) == ["!", "as it should be"]
