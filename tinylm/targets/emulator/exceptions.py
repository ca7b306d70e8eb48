"""Exceptions of the M profile: what is pending, what may run, stacking and return.

After the ARMv7-M Architecture Reference Manual (DDI 0403) B1.5 and ARMv6-M (DDI 0419) B1.5. Floating-point state is
stacked at once, not lazily. Not modelled: tail-chaining's savings, late arrival, priority grouping, lock-up.
"""

from __future__ import annotations

import struct
from typing import Protocol

from tinylm.errors import TargetError
from tinylm.targets.emulator.direct import Bank

NMI, HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT, SVCALL, PENDSV, SYSTICK, FIRST_IRQ = 2, 3, 4, 5, 6, 11, 14, 15, 16
_ERASED = 0xFFFF_FFFF
_THREAD = 256  # below every priority


class Registers(Protocol):
    """The core's registers, by name."""

    def get(self, name: str) -> int: ...

    def set(self, name: str, value: int) -> None: ...

    def bank(self, *names: str) -> Bank: ...

    def load(self, address: int, count: int) -> bytes: ...

    def store(self, address: int, data: bytes) -> None: ...


class Exceptions:
    """vectors: VTOR. enabled, pending, lines: bit n is exception n (16 + irq for interrupts).

    drop_frames: a frame that does not fit into memory is lost, as on hardware, instead of ending the run.
    """

    def __init__(self, core: Registers) -> None:
        self._core = core
        self._masks = core.bank("faultmask", "primask", "basepri")
        self._entry = core.bank("control", "xpsr", "sp", "r0", "r1", "r2", "r3", "r12", "lr")
        self._handler = core.bank("sp", "control", "xpsr", "lr")
        self._floats = core.bank(*(f"s{index}" for index in range(16)), "fpscr")
        self._mode = core.bank("xpsr", "control")
        self._return = core.bank("sp", "r0", "r1", "r2", "r3", "r12", "lr", "xpsr")
        self.vectors = 0
        self.enabled = 1 << NMI | 1 << HARD_FAULT | 1 << SVCALL | 1 << PENDSV | 1 << SYSTICK
        self.pending = self.lines = 0
        self.active: list[int] = []
        self.drop_frames = False
        self.priorities: dict[int, int] = {NMI: -2, HARD_FAULT: -1}

    def line(self, irq: int, level: bool) -> None:
        """Drive an interrupt line. A rising level pends it, and so does one that is still high on return."""
        bit = 1 << FIRST_IRQ + irq
        self.lines = self.lines | bit if level else self.lines & ~bit
        if level and FIRST_IRQ + irq not in self.active:
            self.pending |= bit

    def pend(self, number: int) -> None:
        self.pending |= 1 << number

    def wakes(self) -> bool:
        """Whether a sleeping core wakes: something enabled is pending, PRIMASK or not."""
        return bool(self.pending & self.enabled)

    def next(self) -> int | None:
        """The exception to take now: pending, enabled, more urgent than what runs and what the masks allow."""
        ready = self.pending & self.enabled
        if not ready:
            return None
        best = ready.bit_length() - 1
        if ready & ready - 1:  # several
            numbers = [number for number in range(best + 1) if ready >> number & 1]
            best = min(numbers, key=lambda number: (self.priorities.get(number, 0), number))
        return best if self.priorities.get(best, 0) < self._level() else None

    def _level(self) -> int:
        level = min((self.priorities.get(number, 0) for number in self.active), default=_THREAD)
        fault, primary, base = self._masks.read()
        if fault & 1:
            level = min(level, -1)
        if primary & 1:
            level = min(level, 0)
        mask = base & 0xFF
        return min(level, mask) if mask else level

    def enter(self, number: int, back: int) -> int:
        """Stack a frame and go to the handler; ``back``: where to go on afterwards. Returns the handler's address."""
        core = self._core
        control, status, stack, *frame = self._entry.read()
        extended = bool(control & 4)
        thread = not self.active
        top = stack - (104 if extended else 32)
        aligned = top & ~7
        status = status & ~0x200 | (0x200 if aligned != top else 0)
        data = struct.pack("<8I", *frame, back & ~1, status)
        if extended:
            data += struct.pack("<18I", *self._floats.read(), 0)
        try:
            core.store(aligned, data)
        except TargetError:
            if not self.drop_frames:
                raise
        process = thread and bool(control & 2)
        code = (0xFFFF_FFE1 if extended else 0xFFFF_FFF1) | (0 if not thread else 0xC if process else 0x8)
        # Handlers use the main stack; the floating-point context starts anew.
        self._handler.write(aligned, control & ~6, number | 1 << 24, code)
        self.pending &= ~(1 << number)
        self.active.append(number)
        return self._vector(number)

    def _vector(self, number: int) -> int:
        """From the vector table. Raises TargetError: erased flash is there, so nobody has written a table."""
        place = self.vectors + 4 * number
        handler = int.from_bytes(self._core.load(place, 4), "little")
        if handler == _ERASED:
            hint = f"VTOR is {self.vectors:#010x}: is the image's vector table there?"
            raise TargetError(f"exception {number} has no handler: its vector at {place:#010x} is erased flash.", hint=hint)
        return handler

    def leave(self, code: int) -> int:
        """EXC_RETURN: unstack, and return the address to go on at."""
        core = self._core
        number = self.active.pop()
        extended, thread, process = not code & 0x10, bool(code & 8), bool(code & 4)
        if number >= FIRST_IRQ and self.lines >> number & 1:
            self.pending |= 1 << number
        if number not in (NMI, HARD_FAULT):  # DDI 0403, B1.5.8
            core.set("faultmask", 0)
        if thread:
            self._mode.write(1 << 24, core.get("control") & ~6 | (2 if process else 0))
        stack = core.get("sp")
        frame = struct.unpack("<8I", core.load(stack, 32))
        lr, back, status = int(frame[5]), int(frame[6]), int(frame[7])
        if extended:
            *floats, fpscr, _ = struct.unpack("<18I", core.load(stack + 32, 72))
            self._floats.write(*floats, fpscr)
            core.set("control", core.get("control") | 4)
        top = stack + (104 if extended else 32) + (4 if status & 0x200 else 0)
        self._return.write(top, *frame[:5], lr, status & ~0x200)
        return back
