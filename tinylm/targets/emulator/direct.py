"""unicorn's functions without the detours of its Python binding.

An interrupt takes thirty registers and a look at memory. Through the binding, which chooses a type for each register anew, that costs
more than the interrupt's own code.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from unicorn.unicorn_py3 import unicorn as binding

from tinylm.targets.emulator.engine import unicorn


class Direct:
    """Registers by unicorn's ids, 32 bits each, and memory. Raises unicorn.UcError, as the binding does."""

    def __init__(self, uc: Any) -> None:
        self._uc, self._handle, self._library = uc, uc._uch, binding.uclib
        self._cell = ctypes.c_uint64()
        self._place = ctypes.byref(self._cell)
        self._buffers: dict[int, ctypes.Array[ctypes.c_char]] = {}

    def read(self, number: int) -> int:
        self._check(self._library.uc_reg_read(self._handle, number, self._place))
        return self._cell.value

    def write(self, number: int, value: int) -> None:
        self._cell.value = value
        self._check(self._library.uc_reg_write(self._handle, number, self._place))

    def load(self, address: int, count: int) -> bytes:
        """``count`` bytes of memory."""
        buffer = self._buffers.get(count)
        if buffer is None:
            buffer = self._buffers[count] = ctypes.create_string_buffer(count)
        self._check(self._library.uc_mem_read(self._handle, address, buffer, count))
        return buffer.raw

    def run(self, begin: int, until: int) -> int:
        """Execute; returns unicorn's error, 0 for none. Raises what a hook in Python raised."""
        self._uc._hook_exception = None
        status: int = self._library.uc_emu_start(self._handle, begin, until, 0, 0)
        if self._uc._hook_exception is not None:
            raise self._uc._hook_exception
        return status

    @staticmethod
    def _check(status: int) -> None:
        if status:
            raise unicorn.UcError(status)


class Bank:
    """Several registers at once, in a fixed order."""

    def __init__(self, uc: Any, numbers: Sequence[int]) -> None:
        count = len(numbers)
        self._handle, self._count = uc._uch, ctypes.c_int(count)
        self._numbers = (ctypes.c_int * count)(*numbers)
        self._values = (ctypes.c_uint64 * count)()
        start = ctypes.addressof(self._values)
        self._places = (ctypes.c_void_p * count)(*(start + 8 * index for index in range(count)))

    def read(self) -> list[int]:
        binding.uclib.uc_reg_read_batch(self._handle, self._numbers, self._places, self._count)
        return self._values[:]

    def write(self, *values: int) -> None:
        """In order: a stack pointer before the control register that chooses another."""
        self._values[:] = list(values)
        binding.uclib.uc_reg_write_batch(self._handle, self._numbers, self._places, self._count)
