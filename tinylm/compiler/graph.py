"""The compiler's view of one .tflite: tensors, operators, quantisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinylm.errors import ModelError

Array = np.ndarray[Any, Any]

#: dtype name -> (bits in the file and in memory, numpy type of its values). int4 is packed two to a byte, low nibble first.
DTYPES: dict[str, tuple[int, Any]] = {
    "int4": (4, np.int8),
    "int8": (8, np.int8),
    "uint8": (8, np.uint8),
    "int16": (16, np.int16),
    "int32": (32, np.int32),
    "int64": (64, np.int64),
    "uint32": (32, np.uint32),
    "uint64": (64, np.uint64),
    "float32": (32, np.float32),
    "bool": (8, np.bool_),
    "resource": (32, np.int32),
}


@dataclass(frozen=True, eq=False)
class Quantization:
    """Affine quantisation: real = scale * (value - zero_point). scale [n] float32, zero_point [n] int64; n > 1 runs along ``axis``."""

    scale: Array
    zero_point: Array
    axis: int = 0

    @property
    def per_channel(self) -> bool:
        return self.scale.size > 1


@dataclass(eq=False)
class Tensor:
    """One tensor. data: its values where it is constant, shaped, int4 unpacked to int8. initial: what a state starts from."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None = None
    data: Array | None = None
    variable: bool = False
    initial: Array | None = None

    @property
    def constant(self) -> bool:
        return self.data is not None

    @property
    def elements(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def bytes(self) -> int:
        return (self.elements * DTYPES[self.dtype][0] + 7) // 8

    @property
    def scale(self) -> float:
        """The per-tensor scale, as the float32 of the file widened. Raises ModelError where there is none."""
        if self.quantization is None or self.quantization.per_channel:
            raise ModelError("needs one scale and zero point for the whole tensor.", where=str(self))
        return float(self.quantization.scale[0])

    @property
    def zero_point(self) -> int:
        """The per-tensor zero point (0 for a tensor without quantisation)."""
        return int(self.quantization.zero_point[0]) if self.quantization else 0

    def values(self) -> Array:
        """The constant's values. Raises ModelError for a tensor that is computed."""
        if self.data is None:
            raise ModelError("has to be a constant of the model.", where=str(self))
        return self.data

    def __str__(self) -> str:
        return f"tensor {self.index} '{self.name}' {list(self.shape)} {self.dtype}"


@dataclass(eq=False)
class Operator:
    """One operator; a missing optional input is None. options: the fields of its options table in snake_case."""

    index: int
    name: str
    inputs: list[Tensor | None]
    outputs: list[Tensor]
    options: dict[str, Any] = field(default_factory=dict)

    def input(self, position: int) -> Tensor:
        """The input at ``position``. Raises ModelError where it is missing."""
        tensor = self.inputs[position] if position < len(self.inputs) else None
        if tensor is None:
            raise ModelError(f"input {position} is missing.", where=str(self))
        return tensor

    @property
    def states(self) -> list[Tensor]:
        """The inputs that are variable tensors: read and written, kept between invocations."""
        return [tensor for tensor in self.inputs if tensor is not None and tensor.variable and not tensor.constant]

    def optional(self, position: int) -> Tensor | None:
        return self.inputs[position] if position < len(self.inputs) else None

    @property
    def output(self) -> Tensor:
        if len(self.outputs) != 1:
            raise ModelError(f"has {len(self.outputs)} outputs where one is expected.", where=str(self))
        return self.outputs[0]

    def refuse(self, why: str, hint: str | None = None) -> ModelError:
        """The error that says why this operator cannot be compiled."""
        return ModelError(why, where=str(self), hint=hint)

    def __str__(self) -> str:
        return f"operator {self.index} {self.name}"


@dataclass(eq=False)
class Graph:
    """One subgraph in execution order. subgraphs: those that control operators name, by index. states: (old, new) tensors that the
    graph's own variables carry over."""

    name: str
    tensors: list[Tensor]
    operators: list[Operator]
    inputs: list[Tensor]
    outputs: list[Tensor]
    subgraphs: list[Graph] = field(default_factory=list)
    states: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    @property
    def results(self) -> list[Tensor]:
        """Everything that an invocation is run for: the outputs and the variables' new values."""
        return [*self.outputs, *(new for _, new in self.states)]

    def tensor(self, name: str) -> Tensor:
        """The graph input or output of that name. Raises ModelError naming those that exist."""
        ends = [*self.inputs, *self.outputs]
        found = next((tensor for tensor in ends if tensor.name == name), None)
        if found is None:
            raise ModelError(f"has no input or output '{name}'.", where=self.name, hint=f"It has: {', '.join(t.name for t in ends)}.")
        return found

    def variables(self) -> list[Tensor]:
        """The variable tensors that operators keep their state in, in order of first use."""
        found = {tensor.index: tensor for operator in self.operators for tensor in operator.states}
        return list(found.values())

    def consumers(self, tensor: Tensor) -> Iterator[Operator]:
        return (operator for operator in self.operators if tensor in operator.inputs)

    def producer(self, tensor: Tensor) -> Operator | None:
        return next((operator for operator in self.operators if tensor in operator.outputs), None)


def constants(operators: Sequence[Operator]) -> list[Tensor]:
    """Every constant that some operator reads, once, in order."""
    found = {tensor.index: tensor for operator in operators for tensor in operator.inputs if tensor is not None and tensor.constant}
    return list(found.values())
