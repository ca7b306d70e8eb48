"""Cycles spent waiting for flash, estimated from the chip's [flash_timing]: a line buffer or a cache in front of wait states.

Not modelled: instruction and data accesses in each other's way, and what a core overlaps with the wait.
"""

from __future__ import annotations

import ctypes as c
from typing import Any

from tinylm.board_files import FlashTiming
from tinylm.targets.emulator.arm import ArmCore
from tinylm.targets.emulator.engine import arm_const, native_library, unicorn
from tinylm.targets.emulator.machine import Machine
from tinylm.targets.emulator.native import build_stalls

_WAYS = 2


class _Cache(c.Structure):
    _fields_ = [("sets", c.c_uint32), ("last", c.c_uint32), ("lines", c.POINTER(c.c_uint32))]


class _State(c.Structure):
    _fields_ = [
        *((name, c.c_uint64) for name in ("fetch", "load")),
        *((name, c.c_uint32) for name in ("start", "end", "shift", "wait", "prefetch")),
        *((name, c.c_void_p) for name in ("inside", "code", "data")),
        ("status", c.c_int32),
        *((name, c.c_void_p) for name in ("reg_read", "reg_write")),
    ]
    fetch: int
    load: int


class Stalls:
    """Attached to a machine, it counts from then on, inside watched functions only. Raises MissingError without the native hook.

    fetch, load: cycles that instructions and constants were waited for.
    """

    def __init__(self, machine: Machine, timing: FlashTiming) -> None:
        flash = next(region for region in machine.board.memory if region.kind == "flash")
        self._code = _cache(timing.instruction_cache, timing.line_bytes)
        self._data = self._code if timing.unified else _cache(timing.data_cache, timing.line_bytes)
        counter, library = machine.core.counter.state, c.CDLL(native_library())
        self._state = _State(
            start=flash.start,
            end=flash.end,
            shift=timing.line_bytes.bit_length() - 1,
            wait=timing.wait_states,
            prefetch=int(timing.prefetch),
            inside=c.addressof(counter) + type(counter).inside.offset,  # type: ignore[attr-defined]
            code=c.addressof(self._code),
            data=c.addressof(self._data),
            status=arm_const.UC_ARM_REG_XPSR if isinstance(machine.core, ArmCore) else 0,
            reg_read=c.cast(library.uc_reg_read, c.c_void_p).value,
            reg_write=c.cast(library.uc_reg_write, c.c_void_p).value,
        )
        fetch, load = build_stalls()
        uc: Any = machine.core.uc
        self._handles = [
            _hook(uc, unicorn.UC_HOOK_BLOCK, fetch, self._state, flash.start, flash.end - 1),
            _hook(uc, unicorn.UC_HOOK_MEM_READ, load, self._state, flash.start, flash.end - 1),
        ]

    @property
    def fetch(self) -> int:
        return self._state.fetch

    @property
    def load(self) -> int:
        return self._state.load


def _cache(size: int, line: int) -> _Cache:
    sets = size // (line * _WAYS)
    return _Cache(sets=sets, last=0xFFFFFFF0, lines=(c.c_uint32 * max(_WAYS * sets, 1))())


def _hook(uc: Any, kind: int, function: Any, state: _State, start: int, end: int) -> Any:
    handle = c.c_size_t()
    add = c.CDLL(native_library()).uc_hook_add
    add.restype = c.c_int
    add.argtypes = [c.c_void_p, c.c_void_p, c.c_int, c.c_void_p, c.c_void_p, c.c_uint64, c.c_uint64]
    error = add(uc._uch, c.byref(handle), kind, c.cast(function, c.c_void_p), c.byref(state), start, end)
    if error:
        raise unicorn.UcError(error)
    return handle
