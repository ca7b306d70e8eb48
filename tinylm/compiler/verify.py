"""Verify a .tflite flatbuffer before it is read: every table, vector and string that the reader follows lies inside the file.

The layout is that of FlatBuffers' internals document and of TFLite's schema (slots by their order in schema.fbs). Raises ModelError.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tinylm.errors import ModelError

#: Parts may be shared, but not without end: a file whose parts, counted each time they are named, are larger than this many files.
_MOST_SHARING = 16


@dataclass(frozen=True)
class _Field:
    """width: bytes inside the table. item: bytes of each item of the vector that it names; of: the table that it names, or whose
    vector it names (item 4)."""

    width: int
    item: int = 0
    of: str = ""


_BYTE, _WORD, _LONG = _Field(1), _Field(4), _Field(8)
_BYTES, _WORDS, _LONGS = (_Field(4, item=size) for size in (1, 4, 8))
_TEXT = _BYTES


def _one(table: str) -> _Field:
    return _Field(4, of=table)


def _many(table: str) -> _Field:
    return _Field(4, item=4, of=table)


_Fields = Mapping[int, _Field]
_TABLES: dict[str, _Fields] = {
    "Model": dict(enumerate([_WORD, _many("OperatorCode"), _many("SubGraph"), _TEXT, _many("Buffer"), _WORDS])),
    "OperatorCode": dict(enumerate([_BYTE, _TEXT, _WORD, _WORD])),
    "SubGraph": dict(enumerate([_many("Tensor"), _WORDS, _WORDS, _many("Operator"), _TEXT])),
    "Tensor": dict(enumerate([_WORDS, _BYTE, _WORD, _TEXT, _one("Quantization"), _BYTE, _one("Sparsity"), _WORDS, _BYTE])),
    "Quantization": dict(enumerate([_WORDS, _WORDS, _WORDS, _LONGS, _BYTE, _one("QuantizationDetails"), _WORD])),
    "Buffer": dict(enumerate([_BYTES, _LONG, _LONG])),
    "Operator": dict(enumerate([_WORD, _WORDS, _WORDS, _BYTE, _one("Options"), _BYTES, _BYTE, _BYTES, _WORDS])),
    # The rest is only looked into where the reader follows it.
    "Options": {},
    "ReshapeOptions": {0: _WORDS},
    "SqueezeOptions": {0: _WORDS},
    "VarHandleOptions": {0: _TEXT, 1: _TEXT},
    "Sparsity": {},
    "QuantizationDetails": {},
}


def verify(data: bytes, options: Callable[[int], str]) -> None:
    """Raise ModelError unless every part lies inside ``data``. options: the name of an options table by its number."""
    verifier = _Verifier(data, options)
    verifier.table(verifier.follow(0), "Model")


class _Verifier:
    def __init__(self, data: bytes, options: Callable[[int], str]) -> None:
        self.data, self.options, self.left = data, options, _MOST_SHARING * len(data)

    def number(self, at: int, form: str = "I") -> int:
        if not 0 <= at <= len(self.data) - struct.calcsize(form):
            raise ModelError(f"is damaged: it is cut off at byte {len(self.data)}, but goes on at byte {at}.")
        return int(struct.unpack_from("<" + form, self.data, at)[0])

    def follow(self, at: int) -> int:
        """Where the offset at ``at`` leads."""
        return at + self.number(at)

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise ModelError("is damaged: its parts lie on one another.")

    def table(self, at: int, name: str) -> None:
        vtable = at - self.number(at, "i")
        size, inline = self.number(vtable, "H"), self.number(vtable + 2, "H")
        if size < 4 or size % 2 or inline < 4 or vtable + size > len(self.data) or at + inline > len(self.data):
            raise ModelError(f"is damaged: the {name} table at byte {at} does not fit the file.")
        self.spend(size + inline)
        offsets = {slot: self.number(vtable + 4 + 2 * slot, "H") for slot in range((size - 4) // 2)}
        fields = _TABLES.get(name, _TABLES["Options"])
        for slot, offset in offsets.items():
            field = fields.get(slot, _BYTE)
            if offset and (offset < 4 or offset + field.width > inline):
                raise ModelError(f"is damaged: field {slot} of the {name} table at byte {at} lies outside it.")
        if name == "Operator" and offsets.get(3) and offsets.get(4):
            fields = {**fields, 4: _one(self.options(self.number(at + offsets[3], "B")))}
        for slot, field in fields.items():
            if offsets.get(slot):
                self._named(self.follow(at + offsets[slot]) if field.item or field.of else 0, field)

    def _named(self, at: int, field: _Field) -> None:
        """What a field names, at ``at``."""
        if field.of and not field.item:
            self.table(at, field.of)
        elif field.item:
            count = self.number(at)
            if at + 4 + count * field.item > len(self.data):
                raise ModelError(f"is damaged: a vector of {count} at byte {at} is longer than the file.")
            self.spend(count * field.item)
            for i in range(count if field.of else 0):
                self.table(self.follow(at + 4 + 4 * i), field.of)
