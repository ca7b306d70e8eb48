"""Writes .tflite files operator by operator, with full control of quantisation (schema: tensorflow/compiler/mlir/lite/schema/schema.fbs).

One subgraph; constant buffers lie on 16-byte boundaries, so that a runtime may use them where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        self._buffer_type, self._quantization_type = _aligned_buffer(self.schema), _shared_quantization(self.schema)
        self._model = self.schema.ModelT()
        self._model.version, self._model.description = 3, description
        self._model.buffers, self._model.operatorCodes = [self._buffer_type()], []
        self._graph = self.schema.SubGraphT()
        self._graph.name, self._graph.tensors, self._graph.operators = "main", [], []
        self._codes: dict[str, int] = {}

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
        tensor = self.schema.TensorT()
        tensor.name, tensor.shape, tensor.shapeSignature = name.encode(), list(shape), None
        tensor.type = getattr(self.schema.TensorType, type or _TYPES[dtype])
        tensor.buffer = 0
        if data is not None:
            tensor.buffer = len(self._model.buffers)
            buffer = self._buffer_type()
            buffer.data = data if isinstance(data, bytes) else np.ascontiguousarray(data, dtype).tobytes()
            self._model.buffers.append(buffer)
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, np.float32))
            quantization = self._quantization_type()
            quantization.scale = scales
            quantization.zeroPoint = np.broadcast_to(np.asarray(zero_point, np.int64), scales.shape).copy()
            quantization.quantizedDimension = axis
            tensor.quantization = quantization
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def shape(self, index: int) -> list[int]:
        """The shape of a tensor."""
        return list(self._graph.tensors[index].shape)

    def add_operator(self, builtin: str, inputs: Sequence[int], outputs: Sequence[int], options: Any = None, version: int = 1) -> None:
        """Add an operator by its schema name ('FULLY_CONNECTED'); inputs may hold -1 for one left out. options: an XOptionsT object."""
        code = getattr(self.schema.BuiltinOperator, builtin)
        if builtin not in self._codes:
            entry = self.schema.OperatorCodeT()
            entry.builtinCode, entry.deprecatedBuiltinCode, entry.version = code, min(code, 127), version
            self._codes[builtin] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(entry)
        operator = self.schema.OperatorT()
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
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _aligned_buffer(schema: Any) -> Any:
    """BufferT that puts its data on a 16-byte boundary, as the schema's force_align asks (the generated code does not)."""

    class Buffer(schema.BufferT):  # type: ignore[misc]
        def Pack(self, builder: Any) -> Any:
            if self.data is None:
                return super().Pack(builder)
            builder.StartVector(1, len(self.data), _ALIGNMENT)
            builder.head = builder.Head() - len(self.data)
            builder.Bytes[builder.Head() : builder.Head() + len(self.data)] = self.data
            vector = builder.EndVector()
            schema.BufferStart(builder)
            schema.BufferAddData(builder, vector)
            return schema.BufferEnd(builder)

    return Buffer


def _shared_quantization(schema: Any) -> Any:
    """QuantizationParametersT that is written once where several tensors have the same: some 40 bytes a tensor."""
    written: dict[tuple[Any, ...], Any] = {}

    class Quantization(schema.QuantizationParametersT):  # type: ignore[misc]
        def Pack(self, builder: Any) -> Any:
            key = (id(builder), self.quantizedDimension, self.scale.tobytes(), self.zeroPoint.tobytes())
            if key not in written:
                written[key] = super().Pack(builder)
            return written[key]

    return Quantization
