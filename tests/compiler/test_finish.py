"""The short finish of a sum is TFLM's for every sum where it says so, and it says so for almost all rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier
from tinylm.compiler.packing.finish import FRACTIONS, SMALL_FRACTIONS, Finish, near_finish, own_finishes, short_finish

MOST = 30_000


def outputs(finish: Finish, total: np.ndarray) -> np.ndarray:
    """What the kernels compute (tiles.S), [rows, sums]."""
    v = (256 * total * finish.factor[:, None] >> 32) + finish.start[:, None] + finish.step[:, None] * (total < 0)
    assert np.abs(v).max() < 1 << 31
    return np.clip(v >> finish.fraction, -128, 127)


def near_outputs(finish: Finish, total: np.ndarray) -> np.ndarray:
    """What the kernels with ``near`` in their names compute (tl_groups.h)."""
    v = (256 * total * finish.factor[:, None] + (1 << 31) >> 32) + finish.start[:, None] - (total < 0)
    return np.clip(v >> finish.fraction, -128, 127)


def tflm(total: np.ndarray, multiplier: np.ndarray, shift: np.ndarray, zero_point: int) -> np.ndarray:
    return np.clip(multiply_by_quantized_multiplier(total, multiplier[:, None], shift[:, None]) + zero_point, -128, 127)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.5, 1.0, exclude_max=True), st.integers(1, 15), st.integers(-128, 127), st.integers(0, MOST))
def test_a_near_finish_that_is_right_gives_what_tflm_gives(real: float, down: int, zero_point: int, most: int) -> None:
    multiplier, shift = (np.array([value], np.int64) for value in quantize_multiplier(real * 2.0**-down))
    finish = near_finish((np.array([-most]), np.array([most])), multiplier, shift, zero_point, (-128, 127))
    assert (finish is None) == (not 1 <= -shift[0] <= 15)
    total = np.arange(-most, most + 1)[None]
    if finish is not None and finish.right.all():
        np.testing.assert_array_equal(near_outputs(finish, total), tflm(total, multiplier, shift, zero_point))


def test_a_near_finish_is_refused_where_it_would_be_wrong() -> None:
    """Over all sums that 24 bits hold: its factor has 24 bits, too, so large sums may round the other way."""
    rng, refused = np.random.default_rng(5), 0
    for _ in range(40):
        multiplier, shift = np.array([int(rng.integers(1 << 30, 1 << 31))]), np.array([-15])
        finish = near_finish((np.array([-(1 << 23)]), np.array([(1 << 23) - 1])), multiplier, shift, 3, (-128, 127))
        assert finish is not None
        if not finish.right.all():
            refused += 1
            total = np.arange(-(1 << 23), 1 << 23)[None]
            assert (near_outputs(finish, total) != tflm(total, multiplier, shift, 3)).any()
            break
    assert refused


@settings(max_examples=150, deadline=None)
@given(st.lists(st.floats(2.0**-24, 4.0), min_size=4, max_size=4), st.integers(-128, 127), st.integers(-128, 127), st.integers(0, MOST))
def test_rows_that_are_right_give_what_tflm_gives(reals: list[float], zero_point: int, low: int, most: int) -> None:
    multiplier, shift = (np.array(values, np.int64) for values in zip(*map(quantize_multiplier, reals), strict=True))
    ends = np.full(4, -most), np.full(4, most)
    finish = short_finish(ends, multiplier, shift, zero_point, (low, 127))
    total = np.arange(-most, most + 1)[None]
    right = np.clip(multiply_by_quantized_multiplier(total, multiplier[:, None], shift[:, None]) + zero_point, low, 127)
    equal = (np.maximum(outputs(finish, total), low) == right).all(axis=1)
    assert (equal | ~finish.right).all()


def test_rows_whose_scales_lie_far_apart_have_fractions_of_their_own() -> None:
    multiplier, shift = (np.array(v) for v in zip(*[quantize_multiplier(2.0**-power) for power in (2, 5, 8, 11)], strict=True))
    ends = np.full(4, -MOST), np.full(4, MOST)
    assert not short_finish(ends, multiplier, shift, 3, (-128, 127)).right.all()
    finish, fractions = own_finishes(ends, multiplier, shift, 3, (-128, 127), FRACTIONS + SMALL_FRACTIONS)
    assert finish.right.all() and len(set(fractions)) > 1
    total = np.arange(-MOST, MOST + 1)[None]
    v = (256 * total * finish.factor[:, None] >> 32) + finish.start[:, None] + finish.step[:, None] * (total < 0)
    np.testing.assert_array_equal(np.clip(v >> fractions[:, None], -128, 127), tflm(total, multiplier, shift, 3))


def test_nearly_all_rows_of_usual_scales_are_right() -> None:
    rng = np.random.default_rng(1)
    multiplier, shift = (np.array(v) for v in zip(*[quantize_multiplier(real) for real in 2.0 ** rng.uniform(-10, -6, 4000)], strict=True))
    for zero_point in (-128, 5):
        finish = short_finish((np.full(4000, -(1 << 22)), np.full(4000, 1 << 22)), multiplier, shift, zero_point, (-128, 127))
        assert finish.fraction == 13
        assert finish.right.mean() > 0.998


def test_sums_that_do_not_fit_are_refused() -> None:
    for least, greatest in ((-(1 << 23) - 1, 0), (0, 1 << 23)):
        finish = short_finish((np.array([least]), np.array([greatest])), np.array([1 << 30]), np.array([-8]), 0, (-128, 127))
        assert not finish.right.any()
