"""Lowering of int8 ADD, SUB and MUL without broadcasting to quick kernels, where the quantisation is what they take."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier
from tinylm.compiler.graph import Operator
from tinylm.compiler.lowering import At, Lowering, Scratch, Struct
from tinylm.compiler.packing.dual import SHORT_SHIFTS, short_start

_LEFT_SHIFT = 20
_FEW = 600  # values from which on a table of one operand's terms is worth making (python -m bench.where: 27 instructions an entry)
_HALF = (1 << 30, 0)  # multiplier and shift of the operand with the larger scale: exactly 0.5


def _flat(operator: Operator) -> bool:
    return operator.input(0).shape == operator.input(1).shape


def _scales(f: dict[str, int]) -> list[tuple[int, int]]:
    return [(f["multiplier1"], f["shift1"]), (f["multiplier2"], f["shift2"])]


def lower_add(operator: Operator, to: Lowering, f: dict[str, int]) -> bool:
    """ADD or SUB with the fields of tl_add, on the DSP extension. False: nothing here takes it."""
    scales, (low, high) = _scales(f), SHORT_SHIFTS
    if not (to.packs("dsp") and _flat(operator) and _HALF in scales and low <= -f["output_shift"] <= high):
        return False
    _lower_short(operator, to, f, swapped=scales[0] != _HALF)
    return True


def lower_sum_table(operator: Operator, to: Lowering, f: dict[str, int]) -> bool:
    """The same where both operands have one scale: the result depends on their sum (or difference) alone. False: they have not."""
    if to.optimize == "size" or not _flat(operator) or _scales(f) != [_HALF, _HALF]:
        return False
    add = f["sign"] > 0
    sums = np.arange(-256, 256) if add else np.arange(-255, 256)
    exact = (sums - f["zero_point1"] - f["sign"] * f["zero_point2"]) << (_LEFT_SHIFT - 1)
    scaled = multiply_by_quantized_multiplier(exact, f["output_multiplier"], f["output_shift"]) + f["output_zero_point"]
    table = to.constant(f"sums_{operator.index}", np.clip(scaled, f["low"], f["high"]).astype(np.int8))
    operands = (to.place(operator.input(0)), to.place(operator.input(1)))
    function = "sum_table_s8" if add else "difference_table_s8"
    to.call("sum_table_s8", operator, At(table, -int(sums[0])), *operands, operator.output, operator.output.elements, function=function)
    return True


def _lower_short(operator: Operator, to: Lowering, f: dict[str, int], swapped: bool) -> None:
    """One operand's term is a shift, the other's comes from a table that the kernel builds. swapped: the first operand is the other."""
    one, other = ("2", "1") if swapped else ("1", "2")
    signs = {"1": 1, "2": f["sign"]}
    right = -f["output_shift"]
    params = {
        "count": operator.output.elements,
        "zero_point1": f[f"zero_point{one}"],
        "sign1": signs[one],
        "zero_point2": f[f"zero_point{other}"],
        "multiplier2": f[f"multiplier{other}"],
        "right2": -f[f"shift{other}"],
        "sign2": signs[other],
        "multiplier": f["output_multiplier"],
        "right": right,
        "start": short_start(f["output_zero_point"], right),
        "low": f["low"],
        "high": f["high"],
    }
    a, b = (to.place(operator.input(int(which) - 1)) for which in (one, other))
    if to.decide(operator, "few", operator.output.elements < _FEW):
        to.call("add_short_s8", operator, Struct("tl_add_short", params), a, b, operator.output, function="add_few_s8")
    else:
        to.call("add_short_s8", operator, Struct("tl_add_short", params), a, b, operator.output, Scratch(1024))


def lower_mul(operator: Operator, to: Lowering, multiplier: int, shift: int, low: int, high: int) -> bool:
    """MUL. False: nothing here takes it."""
    a, b, y = operator.input(0), operator.input(1), operator.output
    if not (to.packs("dsp") and _flat(operator) and SHORT_SHIFTS[0] <= -shift <= SHORT_SHIFTS[1]):
        return False

    def lanes(zero_point: int) -> int:
        return (-zero_point & 0xFFFF) * 0x10001 - (1 << 32) * (zero_point > 0)

    params = {
        "count": y.elements,
        "lanes1": lanes(a.zero_point),
        "lanes2": lanes(b.zero_point),
        "multiplier": multiplier,
        "right": -shift,
        "start": short_start(y.zero_point, -shift),
        "low": low,
        "high": high,
    }
    to.call("mul_short_s8", operator, Struct("tl_mul_short", params), to.place(a), to.place(b), y)
    return True
