"""Build small .tflite files for tests: one graph, any operators, with the schema's object API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

_TYPES = {name.lower(): value for name, value in vars(schema.TensorType).items() if isinstance(value, int)}


@dataclass
class Builder:
    """Collects tensors and operators; ``finish`` gives the file's bytes."""

    tensors: list[Any] = field(default_factory=list)
    buffers: list[Any] = field(default_factory=lambda: [schema.BufferT()])
    operators: list[Any] = field(default_factory=list)
    codes: list[Any] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    others: list[Builder] = field(default_factory=list)

    def subgraph(self) -> Builder:
        """Another subgraph of the same model; the first has index 1."""
        self.others.append(Builder(buffers=self.buffers, codes=self.codes))
        return self.others[-1]

    def tensor(
        self,
        shape: tuple[int, ...],
        dtype: str = "int8",
        *,
        scale: float | list[float] | None = None,
        zero_point: int | list[int] = 0,
        axis: int = 0,
        data: Any = None,
        name: str | None = None,
        variable: bool = False,
    ) -> int:
        """Add a tensor; its index. data: its values where it is constant (int4 given as int8, packed here)."""
        tensor = schema.TensorT()
        tensor.name = name or f"t{len(self.tensors)}"
        tensor.shape, tensor.type, tensor.isVariable = list(shape), _TYPES[dtype], variable
        tensor.hasRank = True
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, np.float32)).tolist()
            zeros = np.atleast_1d(np.asarray(zero_point, np.int64)).tolist()
            quantization = schema.QuantizationParametersT()
            quantization.scale, quantization.zeroPoint, quantization.quantizedDimension = scales, zeros * (len(scales) // len(zeros)), axis
            tensor.quantization = quantization
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = list(_bytes(data, dtype))
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def input(self, *arguments: Any, **keywords: Any) -> int:
        self.inputs.append(self.tensor(*arguments, **keywords))
        return self.inputs[-1]

    def output(self, *arguments: Any, **keywords: Any) -> int:
        self.outputs.append(self.tensor(*arguments, **keywords))
        return self.outputs[-1]

    def operator(self, name: str, inputs: list[int], outputs: list[int], options: str | None = None, **fields: Any) -> None:
        """Add an operator. options: the name of its options table, e.g. 'AddOptions'; fields: in camelCase."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.codes)
        operator.inputs, operator.outputs = inputs, outputs
        if options:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, f"{options}T")()
            for key, value in fields.items():
                assert hasattr(operator.builtinOptions, key), f"{options} has no {key}"
                setattr(operator.builtinOptions, key, value)
        self.codes.append(code)
        self.operators.append(operator)

    def custom(self, name: str, inputs: list[int], outputs: list[int], **fields: int | bool) -> None:
        """Add a custom operator, its options a flexbuffer map."""
        self.operator("CUSTOM", inputs, outputs)
        self.codes[-1].customCode = name
        if fields:
            builder = flexbuffers.Builder()
            with builder.Map():
                for key, value in fields.items():
                    (builder.Bool if isinstance(value, bool) else builder.Int)(key, value)
            self.operators[-1].customOptions = list(builder.Finish())

    def graph(self) -> Any:
        graph = schema.SubGraphT()
        graph.tensors, graph.operators, graph.name = self.tensors, self.operators, "main"
        graph.inputs, graph.outputs = self.inputs, self.outputs
        return graph

    def finish(self) -> bytes:
        model = schema.ModelT()
        graphs = [builder.graph() for builder in (self, *self.others)]
        model.version, model.subgraphs, model.buffers, model.operatorCodes = 3, graphs, self.buffers, self.codes
        model.description = "tinylm test"
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _bytes(data: Any, dtype: str) -> bytes:
    if dtype == "int4":
        nibbles = np.asarray(data, np.int8).reshape(-1).view(np.uint8) & 15
        if nibbles.size % 2:
            nibbles = np.append(nibbles, np.uint8(0))
        return bytes(nibbles[0::2] | nibbles[1::2] << 4)
    return np.asarray(data, {"bool": np.bool_}.get(dtype, dtype)).tobytes()
