"""The private peripheral bus of a Cortex-M: SysTick, NVIC, system control block, and the cycle counter of the DWT.

After the ARMv7-M manual (DDI 0403) B3.2 to B3.4 and C1.8; ARMv6-M (DDI 0419) B3.2 to B3.4 has a part of it.
"""

from __future__ import annotations

from collections.abc import Callable

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.clock import Clock, Event
from tinylm.targets.emulator.exceptions import FIRST_IRQ, PENDSV, SYSTICK, Exceptions

CPUID = {"cortex-m0": 0x410CC200, "cortex-m0plus": 0x410CC601, "cortex-m3": 0x412FC231, "cortex-m4": 0x410FC241, "cortex-m7": 0x411FC272}
_ICSR, _VTOR, _AIRCR, _SHPR, _SHPR_END, _CFSR, _HFSR, _MMFAR, _BFAR, _CPACR = (
    *(0xD04, 0xD08, 0xD0C, 0xD18, 0xD24, 0xD28, 0xD2C, 0xD34, 0xD38, 0xD88),
)
_SHCSR = 0xD24
# The Cortex-M7's caches: CCSIDR (data: 16 KB, 4 ways, lines of 32 bytes), CSSELR, ICIALLU, DCISW. ARMv7-M manual B2.2, B3.2, B4.8.
_CACHES = {0xD80: 0xF00F_E019, 0xD84: 0, 0xF50: 0, 0xF60: 0}
# Registers that only remember: ACTLR, SCR, CCR, DFSR, AFSR, debug, MPU control and FPU contexts.
_PLAIN = {
    0x008: 0,
    0xD10: 0,
    0xD14: 0x200,
    0xD30: 0,
    0xD3C: 0,
    0xDF0: 0,
    0xDFC: 0,
    0xD94: 0,
    0xD98: 0,
    0xD9C: 0,
    0xDA0: 0,
    0xF34: 0xC000_0000,
    0xF38: 0,
    0xF3C: 0,
}


class SysTick:
    """Counts core cycles down from LOAD to 0 and reloads."""

    def __init__(self, clock: Clock, exceptions: Exceptions) -> None:
        self._clock, self._exceptions = clock, exceptions
        self.control = self.load = 0
        self._start = self._seen = 0
        self._event: Event | None = None

    def _restart(self) -> None:
        self._start, self._seen = self._clock.now, 0
        if self._event:
            self._event.cancel()
        self._event = self._clock.after(self.load + 1, self._wrap) if self.control & 3 == 3 and self.load else None

    def _wrap(self) -> None:
        self._exceptions.pend(SYSTICK)
        self._event = self._clock.after(self.load + 1, self._wrap)

    def read(self, offset: int) -> int:
        running = self.control & 1 and self.load
        laps, passed = divmod(self._clock.now - self._start, self.load + 1) if running else (0, 0)
        if offset == 0x10:
            wrapped, self._seen = laps > self._seen, laps
            return self.control | (1 << 16 if wrapped else 0)
        if offset == 0x14:
            return self.load
        if offset == 0x18:
            return self.load - passed if running else 0
        return 0  # CALIB: no reference clock

    def write(self, offset: int, value: int) -> None:
        if offset == 0x10:
            if value & 1 and not value & 4:
                raise Unmodelled("models SysTick on the core's clock only (CLKSOURCE = 1)")
            self.control = value & 7
        elif offset == 0x14:
            self.load = value & 0xFF_FFFF
            return
        self._restart()


class SystemControl:
    """The page at 0xE000E000. full: ARMv7-M or later (configurable faults, FPU)."""

    name = "system control space"
    timed = True
    external = False

    def __init__(self, core: str, clock: Clock, exceptions: Exceptions, full: bool, stop: Callable[[], None]) -> None:
        self._exceptions = exceptions
        self.systick = SysTick(clock, exceptions)
        self._cpuid = CPUID.get(core, 0x410FD210)
        self.values = {**_PLAIN, _SHCSR: 0, _CPACR: 0} if full else {0xD10: 0, 0xD14: 0x208, _SHCSR: 0}
        if core == "cortex-m7":
            self.values |= _CACHES
        self.faults = {_CFSR: 0, _HFSR: 0, _MMFAR: 0, _BFAR: 0} if full else {}
        self.reset_asked = False
        self._stop = stop

    @property
    def fpu_on(self) -> bool:
        """CPACR gives full access to coprocessors 10 and 11."""
        return self.values.get(_CPACR, 0) >> 20 & 0xF == 0xF

    def fault(self, bits: int, address: int | None) -> int:
        """Note a fault: ``bits`` of CFSR, the address for BFAR. Returns the exception that it raises."""
        if not self.faults:
            return 3
        self.faults[_CFSR] |= bits
        if address is not None:
            self.faults[_BFAR] = address
        number = 6 if bits >> 16 else 5
        if self.values[_SHCSR] >> 12 + number & 1 and number not in self._exceptions.active:
            self._exceptions.enabled |= 1 << number
            return number
        self.faults[_HFSR] |= 1 << 30  # FORCED: the fault's own exception is off
        return 3

    def access(self, offset: int, size: int, value: int | None) -> int:
        word = offset & ~3
        if size != 4:  # priorities and fault status are read and written by parts
            shift, mask = 8 * (offset & 3), (1 << 8 * size) - 1
            if value is None:
                return self._read(word) >> shift & mask
            value = self._read(word) & ~(mask << shift) | value << shift
        if value is None:
            return self._read(word)
        self._write(word, value)
        if self.reset_asked or self._exceptions.wakes():
            self._stop()  # what is pending may run from the next block on
        return 0

    def _read(self, offset: int) -> int:
        exceptions = self._exceptions
        if 0x10 <= offset <= 0x1C:
            return self.systick.read(offset)
        if offset >> 7 in (2, 3, 4, 5, 6) and offset < 0x380:
            bits = (exceptions.enabled, exceptions.enabled, exceptions.pending, exceptions.pending, sum(1 << n for n in exceptions.active))
            return bits[(offset >> 7) - 2] >> FIRST_IRQ + 8 * (offset & 0x7C) & 0xFFFF_FFFF
        if 0x400 <= offset < 0x500 or _SHPR <= offset < _SHPR_END:
            return sum(exceptions.priorities.get(self._number(offset) + lane, 0) << 8 * lane for lane in range(4))
        if offset == 0xD00:
            return self._cpuid
        if offset == _ICSR:
            waiting = exceptions.pending & exceptions.enabled
            first = (waiting & -waiting).bit_length() - 1 if waiting else 0
            return (exceptions.active[-1] if exceptions.active else 0) | first << 12
        if offset == _VTOR:
            return exceptions.vectors
        if offset == _AIRCR:
            return 0xFA05_0000
        found = self.values.get(offset, self.faults.get(offset))
        if found is None:
            raise Unmodelled("has no model of this register")
        return found

    def _write(self, offset: int, value: int) -> None:
        exceptions = self._exceptions
        if 0x10 <= offset <= 0x18:
            self.systick.write(offset, value)
        elif offset >> 7 in (2, 3, 4, 5) and offset < 0x300:
            self._set_or_clear(offset, value << FIRST_IRQ + 8 * (offset & 0x7C))
        elif 0x400 <= offset < 0x500 or _SHPR <= offset < _SHPR_END:
            for lane in range(4):
                exceptions.priorities[self._number(offset) + lane] = value >> 8 * lane & 0xFF
        elif offset == _ICSR:
            for bit, number, on in ((28, PENDSV, True), (27, PENDSV, False), (26, SYSTICK, True), (25, SYSTICK, False)):
                if value >> bit & 1:
                    exceptions.pending = exceptions.pending | 1 << number if on else exceptions.pending & ~(1 << number)
        elif offset == _VTOR:
            exceptions.vectors = value & ~0x7F
        elif offset == _AIRCR:
            self.reset_asked = value >> 16 == 0x05FA and bool(value & 4)
        elif offset in (_CFSR, _HFSR) and self.faults:
            self.faults[offset] &= ~value
        elif offset in self.values:
            self.values[offset] = value
        else:
            raise Unmodelled("has no model of this register")

    def _set_or_clear(self, offset: int, bits: int) -> None:
        exceptions, bank = self._exceptions, offset >> 7
        if bank == 2:
            exceptions.enabled |= bits
        elif bank == 3:
            exceptions.enabled &= ~bits
        elif bank == 4:
            exceptions.pending |= bits
        else:
            exceptions.pending &= ~bits | exceptions.lines

    @staticmethod
    def _number(offset: int) -> int:
        return offset - 0x400 + FIRST_IRQ if offset < 0x500 else offset - _SHPR + 4


class Dwt:
    """The page at 0xE0001000: CYCCNT only. It counts estimated cycles."""

    name = "DWT"
    timed = True
    external = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._control = 0
        self._zero = self._held = 0

    def access(self, offset: int, size: int, value: int | None) -> int:
        if size != 4 or offset not in (0, 4, 0xFB0, 0xFB4):
            raise Unmodelled("has no model of this register")
        if value is not None:
            self._write(offset, value)
            return 0
        return (self._control if offset == 0 else self._count()) & 0xFFFF_FFFF

    def _count(self) -> int:
        return self._clock.now - self._zero if self._control & 1 else self._held

    def _write(self, offset: int, value: int) -> None:
        count = value if offset == 4 else self._count()
        if offset == 0:
            self._control = value
        self._zero, self._held = self._clock.now - count, count
