"""Writes .tflite files operator by operator, with full control of quantisation (schema: tensorflow/compiler/mlir/lite/schema/schema.fbs).

One subgraph; constant buffers lie on 16-byte boundaries, so that a runtime may use them where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from tinylm.lm.extra import need

_ALIGNMENT = 16
_TYPES = {"float32": "FLOAT32", "int8": "INT8", "uint8": "UINT8", "int16": "INT16", "int32": "INT32", "int64": "INT64", "bool": "BOOL"}


class Writer:
    """Collects tensors and operators; ``finish`` gives the bytes of the file."""

    def __init__(self, description: str = "tinylm") -> None:
        self.schema: Any = need("ai_edge_litert.schema_py_generated")
        self._packed = _packed(self.schema)
        self._model = self.schema.ModelT()
        self._model.version, self._model.description = 3, description
        self._model.buffers, self._model.operatorCodes = [self._packed.buffer()], []
        self._graph = self.schema.SubGraphT()
        self._graph.name, self._graph.tensors, self._graph.operators = "main", [], []
        self._codes: dict[str, int] = {}
        self._constants: dict[bytes, int] = {}

    def add_tensor(
        self,
        name: str,
        shape: Sequence[int],
        dtype: str,
        data: NDArray[Any] | bytes | None = None,
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        axis: int = 0,
        type: str | None = None,
    ) -> int:
        """Add a tensor and return its index.

        dtype: a numpy name. data: constant contents (an array of ``shape``, or packed bytes). scale, zero_point: one, or one per slice
        along ``axis``. type: the schema's type name where numpy has none (INT4).
        """
        tensor = self._packed.tensor()
        tensor.name, tensor.shape = name.encode(), list(shape)
        tensor.type = getattr(self.schema.TensorType, type or _TYPES[dtype])
        tensor.buffer = 0
        if data is not None:
            tensor.buffer = self._constant(data if isinstance(data, bytes) else np.ascontiguousarray(data, dtype).tobytes())
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, np.float32))
            quantization = self._packed.quantization()
            quantization.scale = scales
            quantization.zeroPoint = np.broadcast_to(np.asarray(zero_point, np.int64), scales.shape).copy()
            quantization.quantizedDimension = axis
            tensor.quantization = quantization
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _constant(self, data: bytes) -> int:
        """The buffer with these contents: equal ones are one."""
        if data not in self._constants:
            buffer = self._packed.buffer()
            buffer.data = data
            self._constants[data] = len(self._model.buffers)
            self._model.buffers.append(buffer)
        return self._constants[data]

    def shape(self, index: int) -> list[int]:
        """The shape of a tensor."""
        return list(self._graph.tensors[index].shape)

    def rename(self, index: int, name: str) -> None:
        """Give a tensor another name."""
        self._graph.tensors[index].name = name.encode()

    def add_operator(self, builtin: str, inputs: Sequence[int], outputs: Sequence[int], options: Any = None, version: int = 1) -> None:
        """Add an operator by its schema name ('FULLY_CONNECTED'); inputs may hold -1 for one left out. options: an XOptionsT object."""
        code = getattr(self.schema.BuiltinOperator, builtin)
        if builtin not in self._codes:
            entry = self.schema.OperatorCodeT()
            entry.builtinCode, entry.deprecatedBuiltinCode, entry.version = code, min(code, 127), version
            self._codes[builtin] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(entry)
        operator = self._packed.operator()
        operator.opcodeIndex, operator.inputs, operator.outputs = self._codes[builtin], list(inputs), list(outputs)
        if options is not None:
            operator.builtinOptions = options
            operator.builtinOptionsType = getattr(self.schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        self._graph.operators.append(operator)

    def options(self, name: str, **fields: Any) -> Any:
        """An options object by its schema name: options('AddOptions', fusedActivationFunction=0)."""
        made = getattr(self.schema, f"{name}T")()
        for field, value in fields.items():
            setattr(made, field, value)
        return made

    def finish(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """The bytes of the file. It has no signature: that would say the tensors' names once more, in a kilobyte."""
        self._graph.inputs, self._graph.outputs = list(inputs), list(outputs)
        self._model.subgraphs = [self._graph]
        builder = _Builder()
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


class _Builder(flatbuffers.Builder):  # type: ignore[misc]
    """Writes what is the same once: a step graph has hundreds of tensors, few of them of shapes and scales of their own."""

    def __init__(self) -> None:
        super().__init__(1 << 16)
        self._written: dict[Hashable, int] = {}

    def once(self, key: Hashable, write: Callable[[], int]) -> int:
        """The place of what ``key`` describes, written where it has not been yet."""
        if key not in self._written:
            self._written[key] = write()
        return self._written[key]

    def ints(self, values: Sequence[int]) -> int:
        """A vector of int32."""
        return self.once(("ints", *values), lambda: self.CreateNumpyVector(np.array(values, np.int32)))


@dataclass(frozen=True)
class _Packed:
    """Classes of the schema's object interface that write themselves small. (The generated ones write all that they hold again, and do
    not align the data of buffers.)"""

    buffer: Any
    quantization: Any
    tensor: Any
    operator: Any


def _packed(schema: Any) -> _Packed:
    class Buffer(schema.BufferT):  # type: ignore[misc]
        def Pack(self, builder: _Builder) -> int:
            if self.data is None:
                return int(super().Pack(builder))
            builder.StartVector(1, len(self.data), _ALIGNMENT)
            builder.head = builder.Head() - len(self.data)
            builder.Bytes[builder.Head() : builder.Head() + len(self.data)] = self.data
            vector = builder.EndVector()
            schema.BufferStart(builder)
            schema.BufferAddData(builder, vector)
            return int(schema.BufferEnd(builder))

    class Quantization(schema.QuantizationParametersT):  # type: ignore[misc]
        def Pack(self, builder: _Builder) -> int:
            return builder.once((self.quantizedDimension, self.scale.tobytes(), self.zeroPoint.tobytes()), lambda: self._write(builder))

        def _write(self, builder: _Builder) -> int:
            scale = builder.CreateNumpyVector(self.scale)
            zero = builder.once(self.zeroPoint.tobytes(), lambda: builder.CreateNumpyVector(self.zeroPoint))
            schema.QuantizationParametersStart(builder)
            schema.QuantizationParametersAddScale(builder, scale)
            schema.QuantizationParametersAddZeroPoint(builder, zero)
            schema.QuantizationParametersAddQuantizedDimension(builder, self.quantizedDimension)
            return int(schema.QuantizationParametersEnd(builder))

    class Tensor(schema.TensorT):  # type: ignore[misc]
        def Pack(self, builder: _Builder) -> int:
            name, shape = builder.CreateSharedString(self.name), builder.ints(self.shape)
            quantization = self.quantization and self.quantization.Pack(builder)
            schema.TensorStart(builder)
            schema.TensorAddShape(builder, shape)
            schema.TensorAddType(builder, self.type)
            schema.TensorAddBuffer(builder, self.buffer)
            schema.TensorAddName(builder, name)
            if quantization:
                schema.TensorAddQuantization(builder, quantization)
            return int(schema.TensorEnd(builder))

    class Operator(schema.OperatorT):  # type: ignore[misc]
        def Pack(self, builder: _Builder) -> int:
            inputs, outputs, chosen = builder.ints(self.inputs), builder.ints(self.outputs), self.builtinOptions
            options = chosen and builder.once((type(chosen), repr(sorted(vars(chosen).items()))), lambda: chosen.Pack(builder))
            schema.OperatorStart(builder)
            schema.OperatorAddOpcodeIndex(builder, self.opcodeIndex)
            schema.OperatorAddInputs(builder, inputs)
            schema.OperatorAddOutputs(builder, outputs)
            if options:
                schema.OperatorAddBuiltinOptionsType(builder, self.builtinOptionsType)
                schema.OperatorAddBuiltinOptions(builder, options)
            return int(schema.OperatorEnd(builder))

    return _Packed(Buffer, Quantization, Tensor, Operator)
