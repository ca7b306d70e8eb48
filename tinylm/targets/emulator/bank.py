"""Several registers of the core in one call: an interrupt needs thirty, and one by one they cost more than the interrupt's own code."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from unicorn.unicorn_py3 import unicorn as binding


class Bank:
    """Registers by unicorn's ids, 32 bits each, in a fixed order."""

    def __init__(self, uc: Any, numbers: Sequence[int]) -> None:
        count = len(numbers)
        self._uc, self._count = uc, ctypes.c_int(count)
        self._numbers = (ctypes.c_int * count)(*numbers)
        self._values = (ctypes.c_uint64 * count)()
        start = ctypes.addressof(self._values)
        self._places = (ctypes.c_void_p * count)(*(start + 8 * index for index in range(count)))

    def read(self) -> list[int]:
        binding.uclib.uc_reg_read_batch(self._uc._uch, self._numbers, self._places, self._count)
        return self._values[:]

    def write(self, *values: int) -> None:
        """In order: a stack pointer before the control register that chooses another."""
        self._values[:] = list(values)
        binding.uclib.uc_reg_write_batch(self._uc._uch, self._numbers, self._places, self._count)
