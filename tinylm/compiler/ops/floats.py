"""Operators on one float32 tensor, element by element: a kernel each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.libm import expf, logf
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_types, given
from tinylm.compiler.ops.scaling import expect_same_size
from tinylm.compiler.trigonometry import cosf, sinf

ONE = np.float32(1)


def float_spec(name: str, kernel: str, meaning: Callable[[Array], Array]) -> Spec:
    """The Spec of tl_<kernel>_f32. meaning: float32 to float32."""

    def check(operator: Operator) -> None:
        expect_types(operator, operator.input(0), "float32")
        expect_types(operator, operator.output, "float32")
        expect_same_size(operator)

    def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
        with np.errstate(all="ignore"):
            return [np.asarray(meaning(given(inputs, 0)), np.float32)]

    def lower(operator: Operator, to: Lowering) -> None:
        x, y = operator.input(0), operator.output
        to.call(f"{kernel}_f32", operator, to.place(x), y, y.elements)

    return Spec(name, check, evaluate, lower, elementwise_in_place)


def round_half_even(x: Array) -> Array:
    """As TFLM's round.h: what is rounded up to zero becomes +0."""
    low = np.floor(x)
    rest = x - low
    return np.where((rest < 0.5) | ((rest == 0.5) & (np.fmod(low, 2) == 0)), low, low + ONE)


CEIL = float_spec("CEIL", "ceil", np.ceil)
FLOOR = float_spec("FLOOR", "floor", np.floor)
NEG = float_spec("NEG", "neg", np.negative)
ROUND = float_spec("ROUND", "round", round_half_even)
SQRT = float_spec("SQRT", "sqrt", np.sqrt)
SQUARE = float_spec("SQUARE", "square", lambda x: x * x)

# glibc's algorithms, on which TFLM's results depend.
COS = float_spec("COS", "cos", cosf)
EXP = float_spec("EXP", "exp", expf)
LOG = float_spec("LOG", "log", logf)
SIN = float_spec("SIN", "sin", sinf)
