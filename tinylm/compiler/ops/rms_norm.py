"""RMS_NORM, which no file holds: int16 values times a factor from the sum of squares of int16 values, as int8.

BATCH_MATMUL of x with itself, DEQUANTIZE, ADD of a small constant, RSQRT, QUANTIZE to the int16 factor, MUL, QUANTIZE to int8. Where the
values are a MUL of others by constant weights, that is part of it, too.
"""

from __future__ import annotations

from tinylm.compiler.graph import Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import type_range
from tinylm.compiler.ops.batch_matmul import multiplier_of
from tinylm.compiler.ops.fused import fused_spec, parts_of
from tinylm.compiler.ops.scaling import multiplier_of as scale_of
from tinylm.compiler.packing.dual import takes_short

NAME = "RMS_NORM"


def lower(operator: Operator, to: Lowering) -> None:
    x, of, y = operator.input(0), operator.input(1), operator.output
    *weighing, squares, real, more, _, factor, product, last = parts_of(operator)
    multiplier, shift = multiplier_of(squares)
    small = next(tensor for tensor in more.inputs if tensor is not None and tensor.constant)
    by, by_shift = scale_of(product, product.input(0).scale * product.input(1).scale / product.output.scale)
    to_multiplier, to_shift = scale_of(last, last.input(0).scale / y.scale)
    low, high = type_range(y)
    fields: dict[str, Field] = {
        "count": x.elements,
        "multiplier": int(multiplier[0]),
        "shift": int(shift[0]),
        "scale": real.input(0).scale,
        "epsilon": float(small.values().reshape(-1)[0]),
        "factor_scale": factor.output.scale,
        "product": _to_int16(by, by_shift),
        "output": {
            "zero_point": 0,
            "output_zero_point": y.zero_point,
            "multiplier": to_multiplier,
            "shift": to_shift,
            "low": low,
            "high": high,
        },
        "weighing": _to_int16(0, 0),
        "weights": None,
    }
    shifts, kernel = [by_shift, to_shift], "rms_norm_short"
    if weighing:
        weights, weighed = operator.input(2), weighing[0].output
        of_weights, of_shift = scale_of(weighing[0], of.scale * weights.scale / weighed.scale)
        fields |= {"weighing": _to_int16(of_weights, of_shift), "weights": to.constant(f"weights_{operator.index}", weights.values())}
        shifts, kernel = [of_shift, *shifts], "rms_norm_weighed"
    quick = to.packs("dsp") and takes_short(*shifts)
    to.call(kernel if quick else "rms_norm_s16_s8", operator, Struct("tl_rms_norm", fields), to.place(x), to.place(of), y)


def _to_int16(multiplier: int, shift: int) -> dict[str, Field]:
    return {"zero_point": 0, "output_zero_point": 0, "multiplier": multiplier, "shift": shift, "low": -32768, "high": 32767}


SPEC = fused_spec(NAME, lower)
