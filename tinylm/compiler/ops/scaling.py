"""Rescaling from one quantisation to another, and operators that differ by the type of their first input."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier, wrap32
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, expect_types

#: Type names as kernels have them.
SHORT = {"int8": "s8", "uint8": "u8", "int16": "s16", "int32": "s32", "int64": "s64", "float32": "f32", "bool": "u8"}


def multiplier_of(operator: Operator, real: float, below_one: bool = False) -> tuple[int, int]:
    """(multiplier, shift) of a real factor. Raises ModelError where 32 bits cannot hold it or TFLM would stop."""
    if not (math.isfinite(real) and real > 0) or (below_one and real >= 1):
        raise operator.refuse(f"has scales that do not fit each other (their ratio is {real:.6g}).")
    multiplier, shift = quantize_multiplier(real)
    if shift > (0 if below_one else 31):
        raise operator.refuse(f"has scales too far apart (their ratio is {real:.6g}).")
    return multiplier, shift


def requantized(x: Array, f: Mapping[str, int]) -> Array:
    """int64 values in the output's quantisation. f: the fields of tl_requant."""
    scaled = multiply_by_quantized_multiplier(wrap32(x.astype(np.int64) - f["zero_point"]), f["multiplier"], f["shift"])
    return np.clip(wrap32(scaled + f["output_zero_point"]), f["low"], f["high"])


def expect_same_size(operator: Operator) -> None:
    """Raise ModelError unless input 0 and the output have as many elements."""
    x, y = operator.input(0), operator.output
    if x.elements != y.elements:
        raise operator.refuse(f"has shapes that do not fit: {x} to {y}.")


def by_type(name: str, variants: Mapping[str, Spec]) -> Spec:
    """The Spec that takes the variant of input 0's type; all tensors but those of another kind are checked by the variant."""

    def variant(operator: Operator) -> Spec:
        expect_types(operator, operator.input(0), *variants)
        return variants[operator.input(0).dtype]

    def check(operator: Operator) -> None:
        variant(operator).check(operator)

    def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
        return variant(operator).evaluate(operator, inputs)

    def lower(operator: Operator, to: Lowering) -> None:
        variant(operator).lower(operator, to)

    def in_place(operator: Operator) -> list[tuple[int, int]]:
        return variant(operator).in_place(operator)

    return Spec(name, check, evaluate, lower, in_place)
