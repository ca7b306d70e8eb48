"""PRELU on int8, int16 (int8 alpha) and float32; alpha is broadcast (TFLM prelu_common.cc). One int8 alpha makes it a table."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized, expect_same_type, expect_types, given, type_range
from tinylm.compiler.ops.broadcast import check_broadcast, loops
from tinylm.compiler.ops.table import table
from tinylm.compiler.ops.weights import check_shift

_MOST_RANK = 4


def check(operator: Operator) -> None:
    x, alpha, y = operator.input(0), operator.input(1), operator.output
    expect_types(operator, x, "int8", "int16", "float32")
    expect_types(operator, alpha, "float32" if x.dtype == "float32" else "int8")
    expect_same_type(operator, x, y)
    check_broadcast(operator, x, alpha)
    if x.elements == 0 or np.broadcast_shapes(x.shape, alpha.shape) != y.shape or max(len(x.shape), len(alpha.shape)) > _MOST_RANK:
        raise operator.refuse(f"has shapes that do not fit: {x} by {alpha} to {y} (up to {_MOST_RANK} dimensions are supported).")
    if x.dtype != "float32":
        expect_quantized(operator, x, alpha, y)
        check_shift(operator, _reals(operator))


def _reals(operator: Operator) -> tuple[float, float]:
    """Factors of what is not below zero, and of the product with alpha."""
    x, alpha, y = operator.input(0).scale, operator.input(1).scale, operator.output.scale
    return x / y, x * alpha / y


def _meaning(operator: Operator, x: Array, alpha: Array) -> Array:
    """x and alpha less their zero points -> output integers."""
    above, below = (quantize_multiplier(real) for real in _reals(operator))
    y = np.where(x >= 0, multiply_by_quantized_multiplier(x, *above), multiply_by_quantized_multiplier(x * alpha, *below))
    clipped: Array = np.clip(y + operator.output.zero_point, *type_range(operator.output))
    return clipped


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x, alpha = given(inputs, 0), given(inputs, 1)
    if x.dtype == np.float32:
        with np.errstate(all="ignore"):
            return [np.where(x >= 0, x, x * alpha).reshape(operator.output.shape)]
    value, slope = (array.astype(np.int64) - operator.input(i).zero_point for i, array in enumerate((x, alpha)))
    return [_meaning(operator, value, slope).astype(x.dtype).reshape(operator.output.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    x, alpha, y = operator.input(0), operator.input(1), operator.output
    if x.dtype == "int8" and alpha.constant and alpha.elements == 1:
        one = alpha.values().reshape(-1)[0].astype(np.int64) - alpha.zero_point
        entries = table(operator, lambda op, values: _meaning(op, values, one))
        to.call("lookup_s8", operator, to.constant(f"prelu_table_{operator.index}", entries), to.place(x), y, y.elements)
        return
    walk = loops(operator, x, alpha)
    if x.dtype == "float32":
        to.call("prelu_f32", operator, Struct("tl_loops", walk), to.place(x), to.place(alpha), y)
        return
    (above, above_shift), (below, below_shift) = (quantize_multiplier(real) for real in _reals(operator))
    zeros = {"input_zero_point": x.zero_point, "alpha_zero_point": alpha.zero_point, "output_zero_point": y.zero_point}
    factors = {"above": above, "above_shift": above_shift, "below": below, "below_shift": below_shift}
    params = Struct("tl_prelu", {"loops": walk, **zeros, **factors})
    to.call("prelu_s8" if x.dtype == "int8" else "prelu_s16", operator, params, to.place(x), to.place(alpha), y)


SPEC = Spec("PRELU", check, evaluate, lower, elementwise_in_place)
