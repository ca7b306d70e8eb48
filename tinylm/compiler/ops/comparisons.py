"""EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL (TFLM comparisons.cc).

int8 values are compared after scaling by 256 times their scale, rounded, so that close ones count as equal, as in TFLM. It takes
int16 for GREATER alone and with parameters that it never sets; that is refused.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier
from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.lowering import Field, Lowering
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized
from tinylm.compiler.ops.binary import call_binary, check_binary, on_both
from tinylm.compiler.ops.scaling import SHORT, by_type, multiplier_of

_LESS, _EQUAL, _GREATER, _UNORDERED = 1, 2, 4, 8
_MASKS = {
    "EQUAL": _EQUAL,
    "NOT_EQUAL": _LESS | _GREATER | _UNORDERED,
    "GREATER": _GREATER,
    "GREATER_EQUAL": _GREATER | _EQUAL,
    "LESS": _LESS,
    "LESS_EQUAL": _LESS | _EQUAL,
}


def _compared(operator: Operator, a: Array, b: Array) -> Array:
    relation = np.where(a < b, _LESS, np.where(a == b, _EQUAL, np.where(a > b, _GREATER, _UNORDERED)))
    found: Array = (relation & _MASKS[operator.name]) != 0
    return found


def check_plain(operator: Operator) -> None:
    check_binary(operator, "bool")


def evaluate_plain(operator: Operator, inputs: Inputs) -> list[Array]:
    return [on_both(operator, inputs, lambda a, b: _compared(operator, a, b))]


def lower_plain(operator: Operator, to: Lowering) -> None:
    kernel = f"compare_{SHORT[operator.input(0).dtype]}"
    call_binary(operator, to, kernel, "tl_compare", {"mask": _MASKS[operator.name]})


def check_int8(operator: Operator) -> None:
    check_binary(operator, "bool")
    expect_quantized(operator, operator.input(0), operator.input(1))
    for position in (0, 1):
        multiplier_of(operator, operator.input(position).scale, below_one=True)


def _scaled(operator: Operator, tensor: Tensor, values: Array) -> Array:
    whole = (values.astype(np.int64) - tensor.zero_point) << 8
    return multiply_by_quantized_multiplier(whole, *multiplier_of(operator, tensor.scale, below_one=True))


def evaluate_int8(operator: Operator, inputs: Inputs) -> list[Array]:
    first, second = operator.input(0), operator.input(1)
    return [on_both(operator, inputs, lambda a, b: _compared(operator, _scaled(operator, first, a), _scaled(operator, second, b)))]


def lower_int8(operator: Operator, to: Lowering) -> None:
    fields: dict[str, Field] = {"mask": _MASKS[operator.name]}
    for position in (0, 1):
        tensor = operator.input(position)
        multiplier, shift = multiplier_of(operator, tensor.scale, below_one=True)
        fields |= {
            f"zero_point{position + 1}": tensor.zero_point,
            f"multiplier{position + 1}": multiplier,
            f"shift{position + 1}": shift,
        }
    call_binary(operator, to, "compare_s8", "tl_compare_scaled", fields)


def _spec(name: str) -> Spec:
    plain = Spec(name, check_plain, evaluate_plain, lower_plain, elementwise_in_place)
    variants = {"int8": Spec(name, check_int8, evaluate_int8, lower_int8, elementwise_in_place)}
    variants |= dict.fromkeys(("int32", "int64", "float32"), plain)
    return by_type(name, variants | ({"bool": plain} if name in ("EQUAL", "NOT_EQUAL") else {}))


EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL = (_spec(name) for name in _MASKS)
