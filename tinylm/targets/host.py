"""The host target: the firmware's C as a shared library in this process, its console as a stream, its model as a function."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinylm.errors import InputError

_DTYPES: dict[int, Any] = {1: np.int8, 2: np.uint8, 3: np.int16, 4: np.int32, 5: np.float32, 6: np.bool_, 7: np.int64}
_loaded: dict[tuple[int, int, int], ctypes.CDLL] = {}  # by what tells one file from another
_OUTPUT = ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_char), ctypes.c_uint32)


class _Io(ctypes.Structure):
    """tl_io of tl_types.h."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("bytes", ctypes.c_uint32),
        ("type", ctypes.c_uint8),
        ("scale", ctypes.c_float),
        ("zero_point", ctypes.c_int32),
    )


def load_library(path: Path) -> ctypes.CDLL:
    """The library that tinylm.firmware.build.build_host made. Raises InputError.

    One file is one device: everything loaded from it shares the model's state. A file that was built anew at the same path is another.
    """
    try:
        found = os.stat(path)
        made = (found.st_dev, found.st_ino, found.st_mtime_ns)
        library = _loaded.get(made) or _loaded.setdefault(made, _load(path))
    except OSError as error:
        raise InputError(f"cannot be loaded as a library: {error}.", where=str(path)) from error
    library.tl_host_start.argtypes = [_OUTPUT]
    library.tl_host_feed.argtypes = [ctypes.c_char_p, ctypes.c_uint32]
    for name in ("tl_host_input", "tl_host_out"):
        getattr(library, name).argtypes = [ctypes.c_uint32]
        getattr(library, name).restype = ctypes.POINTER(_Io)
    return library


def _load(path: Path) -> ctypes.CDLL:
    """A copy with a name of its own: systems know libraries by their paths, and would give the one that was there before."""
    with tempfile.TemporaryDirectory(prefix="tinylm-", ignore_cleanup_errors=True) as folder:
        return ctypes.CDLL(shutil.copy(path, folder))


class HostStream:
    """The console with the interface of a pyserial port. Commands run inside ``write``, so ``read`` never has to wait."""

    def __init__(self, library: Path, timeout: float | None = None) -> None:
        self.port, self.timeout = str(library), timeout
        self._received = bytearray()
        self._library = load_library(library)
        self._callback = _OUTPUT(self._take)  # kept: C holds the only other reference
        self._library.tl_host_start(self._callback)

    @property
    def in_waiting(self) -> int:
        """Bytes that ``read`` can return."""
        return len(self._received)

    def write(self, data: bytes) -> int:
        """Send bytes to the device; returns their number."""
        self._library.tl_host_feed(bytes(data), len(data))
        return len(data)

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes; fewer where the device has said no more."""
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def flush(self) -> None:
        """Nothing to wait for."""

    def reset_input_buffer(self) -> None:
        """Drop what was not read."""
        self._received.clear()

    def close(self) -> None:
        """Stop listening to the device."""
        self._library.tl_host_start(_OUTPUT())
        self._received.clear()

    def _take(self, data: Any, count: int) -> None:
        self._received += ctypes.string_at(data, count)


@dataclass(frozen=True)
class Tensor:
    """An input or output, flat; array is a view of the device's memory. real value = scale * (element - zero_point)."""

    name: str
    array: NDArray[Any]
    scale: float
    zero_point: int


class HostModel:
    """The model without the console, for bit-exact comparisons in bulk."""

    def __init__(self, library: Path) -> None:
        self._library = load_library(library)
        self.inputs = self._tensors(self._library.tl_host_input)
        self.outputs = self._tensors(self._library.tl_host_out)
        self.reset()

    def reset(self) -> None:
        """States to their initial values."""
        self._library.tl_model_reset()

    def invoke(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """One inference: a copy of each output, flat. inputs: one array each, of the input's dtype, any shape. Raises InputError."""
        if len(inputs) != len(self.inputs):
            raise InputError(f"{len(inputs)} inputs given, the model has {len(self.inputs)}.")
        for tensor, given in zip(self.inputs, inputs, strict=True):
            if given.dtype != tensor.array.dtype or given.size != tensor.array.size:
                wanted = f"{tensor.array.size} of {tensor.array.dtype}"
                raise InputError(f"{given.size} of {given.dtype} given, wanted {wanted}.", where=f"input '{tensor.name}'")
            tensor.array[:] = given.reshape(-1)
        self._library.tl_model_invoke()
        return [tensor.array.copy() for tensor in self.outputs]

    def arena_intact(self) -> bool:
        """Whether the canary behind the arena still lives."""
        return bool(self._library.tl_arena_intact())

    @staticmethod
    def _tensors(accessor: Any) -> list[Tensor]:
        tensors: list[Tensor] = []
        while pointer := accessor(len(tensors)):
            io = pointer.contents
            array = np.frombuffer((ctypes.c_uint8 * io.bytes).from_address(io.data), dtype=_DTYPES[io.type])
            tensors.append(Tensor(io.name.decode(), array, io.scale, io.zero_point))
        return tensors
