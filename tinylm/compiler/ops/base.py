"""What one operator is to the compiler, and the checks and quantisation arithmetic that operators share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinylm.compiler.fixedpoint import c_round
from tinylm.compiler.graph import DTYPES, Array, Operator, Tensor
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.placement import Overlap

Inputs = Sequence[Array | None]
#: Shape and type of a state that an operator keeps inside itself.
Kept = tuple[tuple[int, ...], str]


def _nothing_in_place(operator: Operator) -> list[tuple[int, int]]:
    return []


def _no_products(operator: Operator) -> int:
    return 0


def weighted_products(operator: Operator) -> int:
    """Multiply-accumulates of an operator that multiplies input 1, its weights: each output value takes one channel's share of them."""
    y = operator.output
    return y.elements * operator.input(1).elements // max(y.shape[-1], 1)


def _never_overlaps(operator: Operator) -> Overlap | None:
    return None


def _keeps_nothing(operator: Operator) -> list[Kept]:
    return []


@dataclass(frozen=True)
class Spec:
    """One operator. name: as in the TFLite schema.

    check: raises ModelError for what is not supported. evaluate: the numpy meaning, inputs to outputs (and then the new values of
    variable inputs), equal to the oracle.
    lower: appends kernel calls. in_place: pairs (input, output) that may share storage. view: the output is the input's bytes (no call).
    overlap: when the output may be written over input 0 while that is read (None: never).
    products: multiply-accumulates of one run.
    stateful: it may keep values in variable inputs.
    keeps: states that TFLM has inside the operator; the reader adds a variable input for each, behind those of the file.
    known: the output depends on shapes and constants only, never on the inputs' values.
    """

    name: str
    check: Callable[[Operator], None]
    evaluate: Callable[[Operator, Inputs], list[Array]]
    lower: Callable[[Operator, Lowering], None]
    in_place: Callable[[Operator], list[tuple[int, int]]] = _nothing_in_place
    view: bool = False
    overlap: Callable[[Operator], Overlap | None] = _never_overlaps
    products: Callable[[Operator], int] = _no_products
    known: bool = False
    stateful: bool = False
    keeps: Callable[[Operator], list[Kept]] = _keeps_nothing


def elementwise_in_place(operator: Operator) -> list[tuple[int, int]]:
    """Each element of the output depends on the same element of inputs of the same size: they may share storage."""
    out = operator.output
    return [
        (i, 0) for i, tensor in enumerate(operator.inputs) if tensor is not None and tensor.shape == out.shape and tensor.bytes == out.bytes
    ]


def expect_types(operator: Operator, tensor: Tensor, *types: str) -> None:
    """Raise ModelError unless the tensor has one of these types."""
    if tensor.dtype not in types:
        raise operator.refuse(f"does not support {tensor}; supported here: {', '.join(types)}.")


def expect_same_type(operator: Operator, *tensors: Tensor) -> None:
    first = tensors[0]
    for tensor in tensors[1:]:
        if tensor.dtype != first.dtype:
            raise operator.refuse(f"mixes types: {first} and {tensor}.")


#: Products and ratios of two such scales stay finite in float32.
_MOST_SCALE = 1e18


def expect_quantized(operator: Operator, *tensors: Tensor) -> None:
    """Raise ModelError unless each tensor has one positive scale, not absurd, and a zero point inside its type."""
    for tensor in tensors:
        if tensor.quantization is None or tensor.quantization.per_channel or tensor.scale <= 0:
            raise operator.refuse(f"needs {tensor} to be quantised with one scale and zero point.")
        if not 1 / _MOST_SCALE <= tensor.scale <= _MOST_SCALE:
            raise operator.refuse(f"needs {tensor} to have a scale that floats can compute with, not {tensor.scale:.3g}.")
        low, high = type_range(tensor)
        if not low <= tensor.zero_point <= high:
            raise operator.refuse(f"has a zero point {tensor.zero_point} outside the type of {tensor}.")


def type_range(tensor: Tensor) -> tuple[int, int]:
    if tensor.dtype == "int4":
        return -8, 7
    info = np.iinfo(DTYPES[tensor.dtype][1])
    return int(info.min), int(info.max)


ACTIVATIONS = {0: "none", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6"}


def activation(operator: Operator) -> str:
    """The fused activation. Raises ModelError for one that TFLM has not."""
    code = operator.options.get("fused_activation_function", 0)
    if code not in ACTIVATIONS:
        raise operator.refuse(f"has fused activation {code}, which is not supported.", f"Supported: {', '.join(ACTIVATIONS.values())}.")
    return ACTIVATIONS[code]


def activation_range(operator: Operator, output: Tensor) -> tuple[int, int]:
    """Clamping bounds in the output's integers (TFLM's CalculateActivationRangeQuantized, in float32)."""
    low, high = type_range(output)
    scale = np.float32(output.scale)

    def quantized(real: float) -> int:
        return output.zero_point + c_round(float(np.float32(real) / scale))

    kind = activation(operator)
    if kind in ("RELU", "RELU6"):
        low = max(low, quantized(0.0))
    if kind == "RELU6":
        high = min(high, quantized(6.0))
    if kind == "RELU_N1_TO_1":
        low, high = max(low, quantized(-1.0)), min(high, quantized(1.0))
    return low, high


def float_activation_range(operator: Operator) -> tuple[float, float]:
    """Clamping bounds of a float operator."""
    limit = float(np.finfo(np.float32).max)
    return {"none": (-limit, limit), "RELU": (0.0, limit), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}[activation(operator)]


def given(inputs: Inputs, position: int) -> Array:
    """The value of an input that the check has made sure of."""
    value = inputs[position]
    assert value is not None
    return value
