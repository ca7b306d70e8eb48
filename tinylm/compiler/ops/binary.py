"""What operators on two broadcast tensors share: checks, the numpy meaning and the kernel call."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import (
    Inputs,
    Spec,
    activation,
    elementwise_in_place,
    expect_same_type,
    expect_types,
    float_activation_range,
    given,
)
from tinylm.compiler.ops.broadcast import check_broadcast, loops
from tinylm.compiler.ops.moving import expect_filled

Meaning = Callable[[Array, Array], Array]
_LIMIT = (1 << 31) - 1


def check_binary(operator: Operator, output: str | None = None) -> None:
    """Types and shapes. output: the result's type where it is not the inputs'."""
    a, b, y = operator.input(0), operator.input(1), operator.output
    expect_same_type(operator, a, b, *([] if output else [y]))
    if output:
        expect_types(operator, y, output)
    expect_filled(operator, a, b)
    check_broadcast(operator, a, b)
    loops(operator, a, b)


def on_both(operator: Operator, inputs: Inputs, meaning: Meaning) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(meaning(given(inputs, 0), given(inputs, 1))).reshape(operator.output.shape)


def call_binary(operator: Operator, to: Lowering, kernel: str, struct: str, fields: Mapping[str, Field]) -> None:
    """Call a kernel (params, a, b, y). struct: tl_loops itself, or a struct whose first field is ``loops``."""
    a, b = operator.input(0), operator.input(1)
    nested = loops(operator, a, b)
    params = Struct(struct, nested if struct == "tl_loops" else {"loops": nested, **fields})
    to.call(kernel, operator, params, to.place(a), to.place(b), operator.output)


def plain_spec(name: str, kernel: str, meaning: Meaning, struct: str = "tl_loops", fields: Mapping[str, Field] | None = None) -> Spec:
    """A kernel without activation on tensors of one type."""

    def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
        return [on_both(operator, inputs, meaning)]

    def lower(operator: Operator, to: Lowering) -> None:
        call_binary(operator, to, kernel, struct, fields or {})

    return Spec(name, check_binary, evaluate, lower, elementwise_in_place)


def float_spec(name: str, kernel: str, meaning: Meaning) -> Spec:
    """float32 with a fused activation; without one TFLM still clamps to the largest finite floats."""

    def check(operator: Operator) -> None:
        check_binary(operator)
        activation(operator)

    def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
        low, high = (np.float32(limit) for limit in float_activation_range(operator))
        y = on_both(operator, inputs, meaning)
        y = np.where(y < low, low, y)
        return [np.where(high < y, high, y)]

    def lower(operator: Operator, to: Lowering) -> None:
        low, high = float_activation_range(operator)
        call_binary(operator, to, f"{kernel}_f32", "tl_binary_f32", {"low": low, "high": high})

    return Spec(name, check, evaluate, lower, elementwise_in_place)


def int32_range(operator: Operator) -> tuple[int, int]:
    """Clamping bounds of int32; TFLM's ADD has none (add.cc)."""
    ranges = {"none": (-_LIMIT - 1, _LIMIT), "RELU": (0, _LIMIT), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1)}
    return ranges["none" if operator.name == "ADD" else activation(operator)]


def int32_spec(name: str, kernel: str, meaning: Meaning) -> Spec:
    """int32 without quantisation, wrapping. meaning: on int64."""

    def check(operator: Operator) -> None:
        check_binary(operator)
        activation(operator)
        if operator.name != "MUL" and any(operator.input(i).quantization is not None for i in (0, 1)):
            raise operator.refuse("supports int32 only without quantisation.")

    def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
        y = on_both(operator, inputs, lambda a, b: meaning(a.astype(np.int64), b.astype(np.int64)).astype(np.int32))
        return [np.clip(y, *int32_range(operator)).astype(np.int32)]

    def lower(operator: Operator, to: Lowering) -> None:
        a, b, y = operator.input(0), operator.input(1), operator.output
        low, high = int32_range(operator)
        steps = [0 if tensor.elements == 1 else 1 for tensor in (a, b)]
        if all(tensor.elements in (1, y.elements) for tensor in (a, b)) and (low, high) == (-_LIMIT - 1, _LIMIT):
            to.call(f"{kernel}_run_s32", operator, to.place(a), to.place(b), y, y.elements, *steps)
            return
        call_binary(operator, to, f"{kernel}_s32", "tl_binary_s32", {"low": low, "high": high})

    return Spec(name, check, evaluate, lower, elementwise_in_place)
