"""Read a .tflite flatbuffer into a Graph; nothing in the file is believed before it is checked.

Raises ModelError for a damaged file, dynamic shapes and types that the compiler does not know.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import tflite

from tinylm.compiler.graph import DTYPES, Graph, Operator, Quantization, Tensor
from tinylm.compiler.ops import TABLE
from tinylm.compiler.verify import verify
from tinylm.errors import ModelError

_MAGIC = b"TFL3"
_MAX_RANK = 8
_MAX_ELEMENTS = 1 << 28
_TYPES: dict[int, str] = {value: name.lower() for name, value in vars(tflite.TensorType).items() if isinstance(value, int)}
_OPERATORS: dict[int, str] = {value: name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)}
_OPTIONS: dict[int, str] = {value: name for name, value in vars(tflite.BuiltinOptions).items() if isinstance(value, int)}
_DAMAGE = (struct.error, IndexError, ValueError, TypeError, OverflowError, KeyError, UnicodeDecodeError, AssertionError, MemoryError)


def read(data: bytes, where: str) -> Graph:
    """The first subgraph of a .tflite (the others hang on it). where: the file's name, for messages."""
    if len(data) < 16 or data[4:8] != _MAGIC:
        raise ModelError("is not a .tflite file (it lacks the TFL3 mark).", where=where)
    try:
        verify(data, lambda number: _OPTIONS.get(number, "NONE"))
        model = tflite.Model.GetRootAs(data, 0)
        return _Reader(model, data, where).graphs()
    except ModelError as error:
        raise ModelError(error.what, where=f"{where}: {error.where}" if error.where else where, hint=error.hint) from None
    except _DAMAGE as error:
        raise ModelError(f"is damaged or cut short ({type(error).__name__}).", where=where, hint="Copy or convert it again.") from error


class _Reader:
    def __init__(self, model: Any, data: bytes, where: str) -> None:
        self.model, self.size, self.where = model, len(data), where

    def graphs(self) -> Graph:
        count = self._length(self.model.SubgraphsLength())
        if count == 0:
            raise ModelError("holds no subgraph.")
        codes = [self._code(i) for i in range(self._length(self.model.OperatorCodesLength()))]
        graphs = [self._graph(self.model.Subgraphs(i), codes) for i in range(count)]
        for graph in graphs:
            graph.subgraphs = graphs
        return graphs[0]

    def _length(self, count: int) -> int:
        """A vector cannot have more entries than the file has 4-byte words."""
        if count < 0 or count * 4 > self.size:
            raise ModelError("is damaged: a vector is longer than the file.")
        return count

    def _code(self, position: int) -> str:
        code = self.model.OperatorCodes(position)
        if code is None:
            raise ModelError(f"is damaged: operator code {position} is missing.")
        builtin: int = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if _OPERATORS.get(builtin) == "CUSTOM":
            custom: bytes = code.CustomCode() or b"?"
            return f"CUSTOM:{custom.decode()}"
        return _OPERATORS.get(builtin, f"operator code {builtin}")

    def _graph(self, graph: Any, codes: list[str]) -> Graph:
        tensors = [self._tensor(graph.Tensors(i), i) for i in range(self._length(graph.TensorsLength()))]
        operators = []
        for i in range(self._length(graph.OperatorsLength())):
            operators.append(self._operator(graph.Operators(i), i, codes, tensors))
        _add_states(operators, tensors)
        ends = [
            [self._at(tensors, index, f"the graph's {word}") for index in indices]
            for word, indices in (("inputs", _ints(graph, "Inputs")), ("outputs", _ints(graph, "Outputs")))
        ]
        name = (graph.Name() or b"main").decode()
        result = Graph(name, tensors, operators, ends[0], ends[1])
        _check_order(result)
        return result

    def _at(self, tensors: list[Tensor], index: int, who: str) -> Tensor:
        if not 0 <= index < len(tensors):
            raise ModelError(f"is damaged: {who} name tensor {index} of {len(tensors)}.")
        return tensors[index]

    def _tensor(self, tensor: Any, index: int) -> Tensor:
        name = "".join(letter if letter.isprintable() else "_" for letter in (tensor.Name() or b"").decode())
        where = f"tensor {index} '{name}'"
        dtype = _TYPES.get(tensor.Type(), f"type {tensor.Type()}")
        shape = tuple(int(n) for n in _ints(tensor, "Shape"))
        signature = tuple(int(n) for n in _ints(tensor, "ShapeSignature"))
        if any(n < 0 for n in (*shape, *signature)):
            if any(n < -1 for n in (*shape, *signature)):
                raise ModelError("has a negative dimension.", where=where)
            if any(s == -1 for s in signature[1:]) or -1 in shape:
                raise ModelError(
                    f"has a dynamic shape {list(signature or shape)}.", where=where, hint="Convert the model with fixed shapes (batch 1)."
                )
        if len(shape) > _MAX_RANK or int(np.prod([float(n) for n in shape] or [1.0])) > _MAX_ELEMENTS:
            raise ModelError(f"has an impossible shape {list(shape)}.", where=where)
        if dtype not in DTYPES:
            raise ModelError(f"has type {dtype}, which is not supported.", where=where, hint=f"Supported: {', '.join(DTYPES)}.")
        result = Tensor(index, name, shape, dtype, self._quantization(tensor, shape, where), variable=bool(tensor.IsVariable()))
        result.data = self._data(tensor, result)
        return result

    def _quantization(self, tensor: Any, shape: tuple[int, ...], where: str) -> Quantization | None:
        table = tensor.Quantization()
        if table is None or table.ScaleLength() == 0:
            return None
        count = self._length(table.ScaleLength())
        scale = np.array([table.Scale(i) for i in range(count)], np.float32)
        zeros = self._length(table.ZeroPointLength())
        zero_point = np.array([table.ZeroPoint(i) for i in range(zeros)] or [0], np.int64)
        if zero_point.size == 1 and count > 1:
            zero_point = np.repeat(zero_point, count)
        # Older converters name axis 3 for a bias of one dimension (TFLM's own person_detect.tflite); nobody reads it there.
        axis = 0 if len(shape) == 1 else table.QuantizedDimension()
        if zero_point.size != count:
            raise ModelError(f"has {count} scales but {zeros} zero points.", where=where)
        if count > 1 and not (0 <= axis < len(shape) and shape[axis] == count):
            raise ModelError(f"has {count} scales along axis {axis} of shape {list(shape)}.", where=where)
        if not np.all(np.isfinite(scale)) or np.any(scale < 0):
            raise ModelError("has a scale that is not a positive number.", where=where)
        return Quantization(scale, zero_point, axis)

    def _data(self, tensor: Any, view: Tensor) -> Any:
        position = tensor.Buffer()
        if not 0 <= position < self._length(self.model.BuffersLength()):
            raise ModelError(f"is damaged: {view} names buffer {position}.")
        buffer = self.model.Buffers(position)
        length = buffer.DataLength()
        if buffer.Offset() > 1:  # TFLite writes 1 for "to be filled in"
            raise ModelError("has its data behind the flatbuffer, which is not supported.", where=str(view), hint="Convert it below 2 GB.")
        if length == 0 or view.dtype == "resource":
            return None
        if length > self.size or length != view.bytes:
            raise ModelError(f"has {length} bytes of data where its shape needs {view.bytes}.", where=str(view))
        raw = buffer.DataAsNumpy()
        if view.dtype == "int4":
            return _unpack_int4(raw, view.elements).reshape(view.shape)
        return np.frombuffer(raw.tobytes(), DTYPES[view.dtype][1]).reshape(view.shape)

    def _operator(self, operator: Any, index: int, codes: list[str], tensors: list[Tensor]) -> Operator:
        code = operator.OpcodeIndex()
        if not 0 <= code < len(codes):
            raise ModelError(f"is damaged: operator {index} has code {code} of {len(codes)}.")
        name = codes[code]
        who = f"operator {index} {name}"
        inputs = [None if i == -1 else self._at(tensors, i, who) for i in _ints(operator, "Inputs")]
        outputs = [self._at(tensors, i, who) for i in _ints(operator, "Outputs")]
        for tensor in outputs:
            if tensor.constant:
                raise ModelError(f"writes the constant {tensor}.", where=who)
        return Operator(index, name, inputs, outputs, self._options(operator, name))

    def _options(self, operator: Any, name: str) -> dict[str, Any]:
        if name.startswith("CUSTOM:"):
            return {"custom": bytes(operator.CustomOptionsAsNumpy()) if operator.CustomOptionsLength() else b""}
        kind, table = _OPTIONS.get(operator.BuiltinOptionsType(), "NONE"), operator.BuiltinOptions()
        if table is None or kind == "NONE":
            return {}
        view = getattr(tflite, kind)()
        view.Init(table.Bytes, table.Pos)
        return _fields(view)


def _fields(view: Any) -> dict[str, Any]:
    """All scalar, string and int-vector fields of a flatbuffer table, by snake_case name."""
    names = [name for name in dir(view) if name[0].isupper() and name != "Init" and not name.startswith("GetRootAs")]
    vectors = {name[: -len("Length")] for name in names if name.endswith("Length") and name[: -len("Length")] in names}
    found: dict[str, Any] = {}
    for name in names:
        if any(name in (v + "Length", v + "AsNumpy", v + "IsNone") for v in vectors) or name.endswith("BufferHasIdentifier"):
            continue
        value = [int(i) for i in _ints(view, name)] if name in vectors else getattr(view, name)()
        found[re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()] = (
            value.decode() if isinstance(value, bytes) else value
        )
    return found


def _add_states(operators: list[Operator], tensors: list[Tensor]) -> None:
    """What TFLM keeps inside an operator becomes a variable, its last input."""
    for operator in operators:
        if operator.name in TABLE and operator.inputs and operator.inputs[0] is not None:
            for shape, dtype in TABLE[operator.name].keeps(operator):
                state = Tensor(len(tensors), f"{operator.name} {operator.index} state", shape, dtype, variable=True)
                tensors.append(state)
                operator.inputs.append(state)


def _ints(table: Any, name: str) -> list[int]:
    count = getattr(table, f"{name}Length")()
    get: Callable[[int], int] = getattr(table, name)
    if count < 0 or count * 4 > len(table._tab.Bytes):
        raise ModelError("is damaged: a vector is longer than the file.")
    return [int(get(i)) for i in range(count)]


def _unpack_int4(raw: Any, elements: int) -> Any:
    """int4 values, low nibble first, as int8."""
    nibbles = np.stack([raw & 15, raw >> 4], axis=-1).reshape(-1)[:elements].astype(np.int8)
    return np.where(nibbles > 7, nibbles - 16, nibbles).astype(np.int8)


def _check_order(graph: Graph) -> None:
    """Every tensor is written once, before it is read; the graph's ends are no constants."""
    for word, ends in (("input", graph.inputs), ("output", graph.outputs)):
        for end in ends:
            if end.constant:
                raise ModelError(f"is an {word} of the graph, but a constant.", where=str(end))
    ready = {t.index for t in graph.tensors if t.constant or t.variable} | {t.index for t in graph.inputs}
    for operator in graph.operators:
        for source in operator.inputs:
            if source is not None and source.index not in ready:
                raise ModelError(f"reads {source} before anything writes it.", where=str(operator))
        for result in operator.outputs:
            if result.index in ready:
                raise ModelError(f"writes {result}, which already has a value.", where=str(operator))
            ready.add(result.index)
    for end in graph.outputs:
        if end.index not in ready:
            raise ModelError("is an output of the graph, but nothing writes it.", where=str(end))
