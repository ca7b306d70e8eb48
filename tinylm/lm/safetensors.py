"""Tensors of a .safetensors file (github.com/huggingface/safetensors: eight bytes of length, a JSON header, the data)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tinylm.errors import InputError
from tinylm.lm.llama import Floats

_MOST_HEADER = 100_000_000  # as the format has it
_BYTES = {"F32": 4, "F16": 2, "BF16": 2}


class _Entry(msgspec.Struct):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def read_safetensors(path: Path) -> dict[str, Floats]:
    """All tensors as float32. Raises InputError for a file that is damaged or holds other types than F32, F16 and BF16."""
    where = str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", where=where) from error
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(_MOST_HEADER, len(data) - 8):
        raise InputError(f"is cut short or no safetensors file: {len(data)} bytes, its header would take {size}.", where=where)
    try:
        header: dict[str, Any] = msgspec.json.decode(data[8 : 8 + size])
        entries = {name: msgspec.convert(value, _Entry) for name, value in header.items() if name != "__metadata__"}
    except (msgspec.MsgspecError, UnicodeDecodeError, AttributeError) as error:
        raise InputError(f"has a damaged header: {error}.", where=where) from error
    return {name: _tensor(name, entry, data[8 + size :], where) for name, entry in entries.items()}


def _tensor(name: str, entry: _Entry, data: bytes, where: str) -> Floats:
    low, high = entry.data_offsets
    if entry.dtype not in _BYTES:
        raise InputError(f"holds '{name}' as {entry.dtype}; F32, F16 and BF16 are read.", where=where)
    if any(size < 0 for size in entry.shape) or not 0 <= low <= high or high - low != _BYTES[entry.dtype] * int(np.prod(entry.shape)):
        raise InputError(f"is damaged: '{name}' has shape {entry.shape} and {high - low} bytes.", where=where)
    if high > len(data):
        raise InputError(f"is cut short: '{name}' ends at byte {high} of {len(data)}.", where=where)
    raw = data[low:high]
    if entry.dtype == "BF16":
        values: Floats = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
    else:
        values = np.frombuffer(raw, "<f4" if entry.dtype == "F32" else "<f2").astype(np.float32)
    return values.reshape(entry.shape)
