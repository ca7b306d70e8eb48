"""Operators whose every output element depends on one element of one input, and what they do to given values."""

from __future__ import annotations

from dataclasses import replace

from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.ops import spec_of

#: Of one input.
_UNARY = frozenset(
    {
        "ABS",
        "CAST",
        "CEIL",
        "COS",
        "DEQUANTIZE",
        "ELU",
        "EXP",
        "FLOOR",
        "HARD_SWISH",
        "LEAKY_RELU",
        "LOG",
        "LOGISTIC",
        "LOGICAL_NOT",
        "NEG",
        "QUANTIZE",
        "RELU",
        "RELU6",
        "ROUND",
        "RSQRT",
        "SIN",
        "SQRT",
        "SQUARE",
        "TANH",
        "LOOKUP",
    }
)
#: Of two, one of which is a constant scalar.
_BINARY = frozenset(
    {
        "ADD",
        "SUB",
        "MUL",
        "DIV",
        "MAXIMUM",
        "MINIMUM",
        "SQUARED_DIFFERENCE",
        "EQUAL",
        "NOT_EQUAL",
        "GREATER",
        "GREATER_EQUAL",
        "LESS",
        "LESS_EQUAL",
        "FLOOR_DIV",
        "FLOOR_MOD",
        "PRELU",
    }
)


def source(operator: Operator) -> Tensor | None:
    """The computed tensor whose elements alone decide the output's; None where there is no such tensor."""
    if len(operator.outputs) != 1 or operator.states:
        return None
    computed = [tensor for tensor in operator.inputs if tensor is not None and not tensor.constant]
    scalars = all(tensor.elements == 1 for tensor in operator.inputs if tensor is not None and tensor.constant)
    unary = operator.name in _UNARY and computed == operator.inputs[:1]
    binary = operator.name in _BINARY and len(operator.inputs) == 2 and scalars
    if not (unary or binary) or len(computed) != 1 or computed[0].elements != operator.output.elements:
        return None
    return computed[0]


def by_element(operator: Operator, values: Array) -> Array | None:
    """The outputs that the operator gives for these [n] elements of its source; None where it is not of this kind."""
    x = source(operator)
    if x is None:
        return None
    line = (values.size,)

    def alike(tensor: Tensor | None) -> Tensor | None:
        return tensor if tensor is None or tensor.constant else replace(tensor, shape=line)

    shadow = replace(operator, inputs=[alike(tensor) for tensor in operator.inputs], outputs=[replace(operator.output, shape=line)])
    inputs = [values if tensor is x else None if tensor is None else tensor.data for tensor in operator.inputs]
    return spec_of(shadow).evaluate(shadow, inputs)[0].reshape(line)
