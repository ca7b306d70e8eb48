"""RMS_NORM, which no file holds: int16 values times a factor from the sum of squares of int16 values, as int8.

BATCH_MATMUL of x with itself, DEQUANTIZE, ADD of a small constant, RSQRT, QUANTIZE to the int16 factor, MUL, QUANTIZE to int8.
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
    squares, real, more, _, factor, product, last = parts_of(operator)
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
        "product": {"zero_point": 0, "output_zero_point": 0, "multiplier": by, "shift": by_shift, "low": -32768, "high": 32767},
        "output": {
            "zero_point": 0,
            "output_zero_point": y.zero_point,
            "multiplier": to_multiplier,
            "shift": to_shift,
            "low": low,
            "high": high,
        },
    }
    quick = to.packs("dsp") and takes_short(by_shift, to_shift)
    to.call("rms_norm_short" if quick else "rms_norm_s16_s8", operator, Struct("tl_rms_norm", fields), to.place(x), to.place(of), y)


SPEC = fused_spec(NAME, lower)
