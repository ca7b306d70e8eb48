"""exp, logistic and tanh in 32-bit fixed point, bit for bit as gemmlowp's fixedpoint.h computes them (the facts: its series,
its barrel shifter's constants and its three Newton steps). Arrays are int64 holding int32 raw values; Qm.n has m integer bits."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import rounding_divide_by_pot
from tinylm.compiler.fixedpoint import saturating_rounding_doubling_high_mul as mul
from tinylm.compiler.graph import Array

_MAX = (1 << 31) - 1
_ONE_Q2 = 1 << 29
_EXP_MINUS_EIGHTH = 1895147668  # exp(-1/8) in Q0.31
_ONE_THIRD = 715827883
_48_OVER_17, _MINUS_32_OVER_17 = 1515870810, -1010580540  # Q2.29
#: exp(-2^e) in Q0.31, by e
_EXP_OF_POWER = {-2: 1672461947, -1: 1302514674, 0: 790015084, 1: 290630308, 2: 39332535, 3: 720401, 4: 242}


def _shift_left(x: Array, bits: Array | int) -> Array:
    """x * 2^bits, saturated to int32."""
    shifted: Array = np.clip(x << bits, -_MAX - 1, _MAX)
    return shifted


def _exp_between_minus_quarter_and_0(a: Array) -> Array:
    """a, result: Q0.31."""
    x = a + (1 << 28)
    x2 = mul(x, x)
    x3, x4 = mul(x2, x), mul(x2, x2)
    series = rounding_divide_by_pot(mul(rounding_divide_by_pot(x4, 2) + x3, _ONE_THIRD) + x2, 1)
    return _EXP_MINUS_EIGHTH + mul(_EXP_MINUS_EIGHTH + 0 * x, x + series)


def exp_on_negative_values(a: Array, integer_bits: int) -> Array:
    """exp of a <= 0 given in Q<integer_bits>; result Q0.31."""
    fraction = 31 - integer_bits
    quarter = 1 << (fraction - 2)
    within = (a & (quarter - 1)) - quarter
    result = _exp_between_minus_quarter_and_0(_shift_left(within, integer_bits))
    remainder = within - a
    for exponent, factor in _EXP_OF_POWER.items():
        if integer_bits > exponent:
            result = np.where(remainder & (1 << (fraction + exponent)), mul(result, factor), result)
    if integer_bits > 5:
        result = np.where(a < -(1 << (36 - integer_bits)), 0, result)
    return np.where(a == 0, _MAX, result)


def _newton_reciprocal(a: Array) -> Array:
    """2 / (1 + a) in Q2.29 for a in [0, 1] given in Q0.31."""
    total = a + _MAX
    half = (total + 1) >> 1
    x = _48_OVER_17 + mul(half, _MINUS_32_OVER_17)
    for _ in range(3):
        x = x + _shift_left(mul(x, _ONE_Q2 - mul(half, x)), 2)
    return x


def reciprocal_of_one_plus(a: Array) -> Array:
    """1 / (1 + a) for a in [0, 1], both Q0.31."""
    return _shift_left(_newton_reciprocal(a), 1)


def logistic(a: Array, integer_bits: int) -> Array:
    """1 / (1 + exp(-a)), a in Q<integer_bits>; result Q0.31."""
    positive = _shift_left(_newton_reciprocal(exp_on_negative_values(-np.abs(a), integer_bits)), 1)
    return np.where(a == 0, 1 << 30, np.where(a > 0, positive, _MAX - positive))


def tanh(a: Array, integer_bits: int) -> Array:
    """tanh(a), a in Q<integer_bits>; result Q0.31."""
    half = _newton_reciprocal(exp_on_negative_values(-np.abs(a), integer_bits + 1))
    positive = _shift_left(half - _ONE_Q2, 2)
    return np.where(a == 0, 0, np.where(a > 0, positive, -positive))


_SQRT_HALF, _FOURTH_ROOT_HALF = 1518500250, 1805811301  # Q0.31
_LOG_2 = 1488522236
_ALPHA_N, _ALPHA_D, _ALPHA_I, _ALPHA_F = 117049297, 127690142, 1057819769, 638450708


def leading_zeros(x: Array) -> Array:
    """Of positive int64 holding uint32 values, as 32-bit words."""
    zeros: Array = 32 - np.frexp(np.asarray(x, np.float64))[1].astype(np.int64)
    return zeros


def log_at_least_one(x: Array, input_bits: int, output_bits: int) -> Array:
    """log(x), x >= 1 in Q<input_bits>, result in Q<output_bits> (TFLM common.h: a Pade form around the fourth root of 2)."""
    bits = output_bits + 1
    zeros = leading_zeros(x)
    r_a = _shift_left(mul(_shift_left(x, zeros - 1), _SQRT_HALF), 1)
    room = leading_zeros(mul(x, _SQRT_HALF)) - 1
    quarter = (1 << 29) >> bits
    power = np.maximum(((input_bits - zeros) << (31 - bits)) + quarter, ((input_bits - room) << (31 - bits)) - quarter)
    r = np.minimum(r_a, _shift_left(x, room))
    p, q = (r + _FOURTH_ROOT_HALF + 1) >> 1, 2 * (r - _FOURTH_ROOT_HALF)
    square = mul(q, q)
    numerator = mul(q, r) + mul(mul(q, square), _ALPHA_N)
    denominator = mul(p, _ALPHA_I + q + mul(square, _ALPHA_D)) + mul(q, _ALPHA_F)
    fraction = mul(rounding_divide_by_pot(numerator, bits), reciprocal_of_one_plus(denominator))
    return _shift_left(mul(power, _LOG_2) + fraction, 1)


def inverse_sqrt(x: Array) -> tuple[Array, Array]:
    """(multiplier, shift) with x^(-1/2) ~ multiplier * 2^(shift - 31), for x >= 0 (0 counts as 1) below 2^31."""
    value, shift = np.maximum(x, 2), np.full(x.shape, 11, np.int64)
    while np.any(value >= 1 << 29):
        large = value >= 1 << 29
        value, shift = np.where(large, value >> 2, value), shift + large
    pairs = (leading_zeros(value) - 1) // 2 - 1
    value, shift = value << (2 * pairs), shift - pairs
    half, guess = rounding_divide_by_pot(value >> 1, 1), np.full(x.shape, 1 << 28, np.int64)
    for _ in range(5):
        cube = _shift_left(mul(mul(guess, guess), guess), 6)
        guess = _shift_left(mul(guess, (1 << 28) + (1 << 27)) - mul(half, cube), 3)
    result = mul(guess, _SQRT_HALF) << np.maximum(-shift, 0)
    return np.where(x <= 1, _MAX, result), np.where(x <= 1, 0, -np.maximum(shift, 0))
