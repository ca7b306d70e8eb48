"""What an operator is lowered to: kernel calls with their constants, for one core."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tinylm import paths
from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.cores import Core
from tinylm.errors import ToolError

C_TYPES = {
    "int8": "int8_t",
    "int4": "uint8_t",
    "uint8": "uint8_t",
    "bool": "uint8_t",
    "int16": "int16_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "uint32": "uint32_t",
    "uint64": "tl_uint64",
    "float32": "float",
    "uint16": "uint16_t",
}


@dataclass(frozen=True, eq=False)
class Const:
    """An array in flash."""

    name: str
    data: Array

    @property
    def ctype(self) -> str:
        return C_TYPES[str(self.data.dtype)]

    @property
    def bytes(self) -> int:
        return int(self.data.nbytes)


@dataclass(frozen=True, eq=False)
class Scratch:
    """Working memory of one call, or kept from the first to the last of several, in the arena."""

    bytes: int


@dataclass(frozen=True, eq=False)
class At:
    """A tensor from one of its bytes on."""

    place: Tensor | Const
    offset: int


Value = int | float | Const | Tensor | At | Scratch | None
Field = Value | Sequence["Field"] | Mapping[str, "Field"]


@dataclass(frozen=True, eq=False)
class Struct:
    """A constant parameter struct, passed by address; fields keep their order, nested mappings are nested structs."""

    ctype: str
    fields: Mapping[str, Field]


Argument = Value | Struct


@dataclass(frozen=True, eq=False)
class Call:
    """One kernel call. files: the kernel's sources; operator: what it computes (None for state copies)."""

    function: str
    arguments: tuple[Argument, ...]
    files: tuple[Path, ...]
    operator: Operator | None

    @property
    def scratch(self) -> list[Scratch]:
        return [argument for argument in self.arguments if isinstance(argument, Scratch)]


@dataclass(frozen=True)
class Decision:
    """A choice between two ways of lowering. taken: the one named; operators: indices of those that it was made for."""

    taken: bool
    operators: frozenset[int]


@dataclass(frozen=True)
class Packing:
    """How a layer's rows of weights were packed, and what was proved: none of the sums named can overflow what holds it.

    rows: of weights; group: rows that share words; groups: of them; plain: groups that are not packed because their proof fails;
    slow: groups that are packed but finished in TFLM's own steps, because the short finish is not right for all sums.
    worst, limit: the largest magnitude that a sum in shared lanes can reach, and what it has to stay below, where groups are packed.
    fraction: of the short finish, bits; 0 where there is none. zero_rows: rows without any weight.
    """

    operator: int
    name: str
    function: str
    rows: int
    group: int
    groups: int
    plain: int
    slow: int
    worst: int
    limit: int
    fraction: int
    zero_rows: int


@dataclass
class Lowering:
    """Collects calls for one core. optimize: size | balanced | speed. prefix: of the constants' names.

    tuned: decisions that were measured, by key; the others follow estimates. decisions: all that were made.
    packings: of the layers whose weights were packed under a proof. seldom: types of FULLY_CONNECTED's weights that hardly any product of
    the graph has.
    """

    core: Core
    optimize: str = "balanced"
    prefix: str = ""
    calls: list[Call] = field(default_factory=list)
    constants: dict[str, Const] = field(default_factory=dict)
    tuned: Mapping[str, bool] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    packings: list[Packing] = field(default_factory=list)
    seldom: frozenset[str] = frozenset()
    _names: set[str] = field(default_factory=set)
    _expanded: dict[tuple[str, int], Scratch] = field(default_factory=dict)

    def constant(self, hint: str, data: Array) -> Const:
        """An array in flash; equal arrays are stored once. hint: what to call it (made unique)."""
        data = np.ascontiguousarray(data)
        key = hashlib.sha256(f"{data.dtype}{data.size}".encode() + data.tobytes()).hexdigest()
        if key not in self.constants:
            self.constants[key] = Const(self._unique(hint), data)
        return self.constants[key]

    def place(self, tensor: Tensor) -> Tensor | Const:
        """The tensor as a call's argument: itself, or its constant."""
        return self.constant(f"tensor_{tensor.index}", tensor.values()) if tensor.constant else tensor

    def at(self, tensor: Tensor, offset: int) -> At:
        """The tensor from byte ``offset`` on."""
        return At(self.place(tensor), offset)

    def call(
        self, kernel: str, operator: Operator | None, *arguments: Argument, function: str | None = None, parts: Sequence[str] = ()
    ) -> None:
        """Append a call of tl_<kernel>, whose source is the best <kernel>.c that the core has.

        function: where the names differ. parts: further sources beside it, by name with suffix (assembly, loops that kernels share).
        """
        source = self.source(kernel)
        self.calls.append(Call(f"tl_{function or kernel}", arguments, (source, *(source.with_name(part) for part in parts)), operator))

    def expanded(self, kind: str, x: Tensor, size: int) -> tuple[Scratch, bool]:
        """Scratch of ``size`` bytes that a call fills from a vector of activations, in a way that ``kind`` tells from others, and keeps for
        the calls behind it that take the same; and whether it is full already."""
        ready = (kind, id(x)) in self._expanded
        return self._expanded.setdefault((kind, id(x)), Scratch(size)), ready

    def packs(self, feature: str) -> bool:
        """Whether kernels of that feature are to be used: the core has it, and small code is not the aim."""
        return feature in self.core.features and self.optimize != "size"

    def decide(self, operator: Operator, way: str, estimate: bool) -> bool:
        """Whether to lower in ``way``, one word: as measured where layers of these shapes were, else as estimated."""
        tensors = ", ".join(f"{tensor.dtype}{list(tensor.shape)}" for tensor in [*operator.inputs, operator.output] if tensor is not None)
        options = ", ".join(f"{name} {value}" for name, value in sorted(operator.options.items()))
        key = f"{way}: {operator.name} {tensors}; {options}"
        taken = self.tuned.get(key, estimate)
        known = self.decisions.get(key, Decision(taken, frozenset()))
        self.decisions[key] = Decision(known.taken, known.operators | {operator.index})
        return known.taken

    def source(self, kernel: str) -> Path:
        for feature in ("mve", "dsp", "scalar", "portable"):
            path = paths.KERNELS / feature / f"{kernel}.c"
            if (feature == "portable" or self.packs(feature)) and path.is_file():
                return path
        raise ToolError(f"there is no kernel '{kernel}' for {self.core.name}.", where="tinylm/kernels")

    def used(self, *others: object) -> list[Const]:
        """The constants that a call, or one of ``others``, names, in the order in which they were made: what lowering tried and left is
        not among them."""
        named = set(_constants([[call.arguments for call in self.calls], others]))
        return [const for const in self.constants.values() if const in named]

    def _unique(self, hint: str) -> str:
        base = self.prefix + re.sub(r"\W+", "_", hint).strip("_")
        name, count = base, 2
        while name in self._names:
            name, count = f"{base}_{count}", count + 1
        self._names.add(name)
        return name


def _constants(value: object) -> Iterator[Const]:
    """Those named in an argument, however deep."""
    if isinstance(value, Const):
        yield value
    elif isinstance(value, At):
        yield from _constants(value.place)
    elif isinstance(value, Struct):
        yield from _constants(value.fields)
    elif isinstance(value, Mapping):
        yield from _constants(list(value.values()))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from _constants(each)
