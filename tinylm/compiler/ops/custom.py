"""The options of custom operators: a flexbuffer map of integers, which TFLM reads by position in the order of the keys."""

from __future__ import annotations

import struct

from flatbuffers import flexbuffers

from tinylm.compiler.graph import Operator

_MOST_OPTIONS = 64
_DAMAGE = (struct.error, IndexError, ValueError, TypeError, OverflowError, KeyError, UnicodeDecodeError, MemoryError, AssertionError)


def integers(operator: Operator, **ranges: tuple[int, int]) -> dict[str, int]:
    """The named options in the order given, which is theirs in the file, each inside its range (both ends included).

    Raises ModelError where the options are damaged, others than these or out of range.
    """
    try:
        found = _read(operator.options.get("custom", b""))
    except _DAMAGE as error:
        raise operator.refuse(f"has options that are no flexbuffer map of integers ({type(error).__name__}).") from error
    if list(found)[: len(ranges)] != list(ranges):
        raise operator.refuse(f"needs the options {', '.join(ranges)}, not {', '.join(found) or 'none'}.")
    for name, (low, high) in ranges.items():
        if not low <= found[name] <= high:
            raise operator.refuse(f"has {name} {found[name]}; supported here: {low} to {high}.")
    return {name: found[name] for name in ranges}


def _read(data: bytes) -> dict[str, int]:
    if len(data) < 3:
        return {}
    entries = flexbuffers.GetRoot(bytearray(data)).AsMap
    if len(entries) > min(_MOST_OPTIONS, len(data)):
        raise ValueError("more options than bytes")
    values = entries.Values
    return {str(key.AsKey): int(values[i].AsInt) for i, key in enumerate(entries.Keys)}
