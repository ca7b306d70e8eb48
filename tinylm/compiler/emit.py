"""Generated C: model.c (calls), model_data.c (constants) and their headers, made to be read."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
import numpy as np

from tinylm import paths
from tinylm.compiler.graph import Tensor
from tinylm.compiler.lowering import C_TYPES, Argument, At, Call, Const, Field, Scratch, Struct
from tinylm.compiler.memory import Plan

#: Types that the caller can fill and read -> their numbers in tl_types.h.
END_TYPES = {"int8": 1, "uint8": 2, "int16": 3, "int32": 4, "float32": 5, "bool": 6, "int64": 7, "uint32": 8, "uint64": 9}
_LINE = 120
PREFIX = "tl_"


@dataclass(frozen=True)
class Source:
    """Everything that the templates need. states: the tensors whose bytes outlive an invocation, and the byte or the constant from
    which they start.

    prefix: of every symbol, so that several graphs can stand in one image.
    """

    name: str
    prefix: str
    inputs: list[Tensor]
    outputs: list[Tensor]
    states: list[tuple[Tensor, int | Const]]
    calls: list[Call]
    constants: list[Const]
    plan: Plan


def emit(source: Source) -> dict[str, str]:
    """File name -> text."""
    writer = _Writer(source)
    view: dict[str, Any] = {
        "name": source.name,
        "p": source.prefix,
        "P": source.prefix.upper(),
        "plan": source.plan,
        "constants": source.constants,
        "rows": _rows,
        "inputs": [writer.end(tensor) for tensor in source.inputs],
        "outputs": [writer.end(tensor) for tensor in source.outputs],
        "states": [writer.reset(tensor, initial) for tensor, initial in source.states],
        "steps": [writer.step(call) for call in source.calls],
        "structs": writer.structs,
        "places": writer.places,
    }
    return {file: _environment().get_template(f"{file}.j2").render(view) for file in ("model.h", "model.c", "model_data.h", "model_data.c")}


@functools.cache
def _environment() -> jinja2.Environment:
    """One for all: parsing the templates takes longer than compiling a small model."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.TEMPLATES / "model"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _rows(const: Const) -> str:
    """The array's values, wrapped."""
    values = const.data.reshape(-1)
    texts = [_float(float(v)) for v in values] if values.dtype == np.float32 else [str(int(v)) for v in values.tolist()]
    if const.ctype == "int32_t":
        texts = ["INT32_MIN" if text == "-2147483648" else text for text in texts]
    if const.ctype == "int64_t":
        texts = ["INT64_MIN" if text == "-9223372036854775808" else f"{text}ll" for text in texts]
    lines, line = [], "   "
    for text in texts:
        if len(line) + len(text) + 2 > _LINE:
            lines.append(line)
            line = "   "
        line += f" {text},"
    return "\n".join([*lines, line])


def _float(value: float) -> str:
    if np.isnan(value):
        return '__builtin_nanf("")'
    return f"{float(value).hex()}f" if np.isfinite(value) else "__builtin_inff()" if value > 0 else "-__builtin_inff()"


class _Writer:
    def __init__(self, source: Source) -> None:
        self.plan, self.prefix = source.plan, source.prefix
        self.structs: list[str] = []
        self.places: dict[str, str] = {}

    def end(self, tensor: Tensor) -> dict[str, Any]:
        return {
            "name": _safe(tensor.name),
            "pointer": self.pointer(tensor),
            "bytes": tensor.bytes,
            "type": END_TYPES[tensor.dtype],
            "scale": _float(tensor.scale if tensor.quantization else 0.0),
            "zero_point": tensor.zero_point,
            "text": _safe(str(tensor)),
        }

    def reset(self, tensor: Tensor, initial: int | Const) -> str:
        """The call that sets a state to its initial value."""
        copy = isinstance(initial, Const)
        return f"{'memcpy' if copy else 'memset'}({self.pointer(tensor)}, {self._value(initial)}, {tensor.bytes});"

    def pointer(self, tensor: Tensor) -> str:
        """A macro that names the tensor's place; defined in ``places`` at first use."""
        name = f"{local(self.prefix).upper()}T{tensor.index}_{_short(tensor.name)}"
        if name not in self.places:
            storage = self.plan.of(tensor)
            region = self.prefix + ("state" if storage.state else "arena")
            shape = "x".join(map(str, tensor.shape)) or "scalar"
            quantised = (
                f", scale {tensor.scale:.6g}, zero point {tensor.zero_point}" if tensor.quantization and tensor.dtype != "int32" else ""
            )
            self.places[name] = (
                f"#define {name} (({C_TYPES[tensor.dtype]} *)({region} + {storage.offset})) /* {shape} {tensor.dtype}{quantised} */"
            )
        return name

    def step(self, call: Call) -> str:
        """The call as C, under a comment that says what it computes."""
        operator = call.operator
        if operator is None:
            comment = "carry the state over"
        else:
            reads = ", ".join(_describe(tensor) for tensor in operator.inputs if tensor is not None)
            comment = f"{operator.index} {operator.name}: {reads} -> {', '.join(map(_describe, operator.outputs))}"
        label = f"{local(self.prefix)}{call.function.removeprefix('tl_')}_{operator.index if operator else 'state'}"
        arguments = ", ".join(self._argument(argument, label) for argument in call.arguments)
        return f"    /* {comment} */\n    {call.function}({arguments});"

    def _argument(self, argument: Argument, label: str) -> str:
        if isinstance(argument, Struct):
            name = label if not any(f" {label} = " in text for text in self.structs) else f"{label}_{len(self.structs)}"
            body = "\n".join(f"    .{key} = {self._field(value)}," for key, value in argument.fields.items())
            self.structs.append(f"static const {argument.ctype} {name} = {{\n{body}\n}};")
            return f"&{name}"
        return self._value(argument)

    def _field(self, value: Field) -> str:
        if isinstance(value, Mapping):
            return "{" + ", ".join(f".{key} = {self._field(inner)}" for key, inner in value.items()) + "}"
        if isinstance(value, Sequence):
            return "{" + ", ".join(map(self._field, value)) + "}"
        return self._value(value)

    def _value(self, value: Any) -> str:
        match value:
            case None:
                return "NULL"
            case Tensor():
                return self.pointer(value)
            case Const():
                return value.name
            case At():
                place = self._value(value.place)
                return (
                    place
                    if value.offset == 0
                    else f"(void *)((uint8_t *){place} + {value.offset})"
                    if isinstance(value.place, Tensor)
                    else f"(const void *)((const uint8_t *){place} + {value.offset})"
                )
            case Scratch():
                return f"{self.prefix}arena + {self.plan.scratch(value).offset}"
            case float():
                return _float(value)
            case -2147483648:
                return "INT32_MIN"
            case _:
                return str(int(value))


def local(prefix: str) -> str:
    """The prefix of names that only the generated files use: none for the usual one."""
    return "" if prefix == PREFIX else prefix


def _safe(text: str) -> str:
    """The text as it can stand in a C string and in a comment: printable ASCII, nothing that ends either, no trigraph."""
    plain = re.sub(r'[^ -~]|[\\"]', "_", text)
    return re.sub(r"\?(?=\?)", "_", plain).replace("*/", "* /").replace("/*", "/ *")


def _short(name: str) -> str:
    """The telling end of a tensor's name, as part of a C identifier."""
    last = re.split(r"[/;]", name.rstrip("/;"))[-1]
    return re.sub(r"\W+", "_", last, flags=re.ASCII)[:24].strip("_") or "tensor"


def _describe(tensor: Tensor) -> str:
    return f"{_short(tensor.name)} [{', '.join(map(str, tensor.shape))}]{' constant' if tensor.constant else ''}"
