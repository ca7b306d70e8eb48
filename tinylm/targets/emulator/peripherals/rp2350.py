"""What the RP2350 has otherwise than the RP2040: more resets and pins, pads that isolate, ticks in a block of their own.

RP2350 datasheet 7.5.3 (RESETS), 8.5 (TICKS), 9.11 (IO_BANK0, PADS_BANK0), 12.8 (TIMER).
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import registers
from tinylm.targets.emulator.peripherals.rp2040_pins import Rp2040Io, Rp2040Pads
from tinylm.targets.emulator.peripherals.rp2040_resets import Rp2040Resets
from tinylm.targets.emulator.peripherals.rp2040_timer import Rp2040Timer
from tinylm.targets.emulator.peripherals.rp2040_watchdog import REFERENCE_HZ, Ticks

_PINS = 48
_TIMER0_CTRL, _TIMER0_CYCLES = 0x18, 0x1C


class Rp2350Resets(Rp2040Resets):
    every = 0x1FFF_FFFF
    plain: ClassVar[dict[int, int]] = {0x0: 0x1FFF_FFFF, 0x4: 0}


class Rp2350Io(Rp2040Io):
    plain: ClassVar[dict[int, int]] = {8 * pin + part: 0x1F if part else 0 for pin in range(_PINS) for part in (0, 4)}


class Rp2350Pads(Rp2040Pads):
    """Bit 8 isolates; a reset sets it."""

    plain: ClassVar[dict[int, int]] = {0: 0, **registers((4, 4 * _PINS), value=0x116), 0xC4: 0x5A, 0xC8: 0x5A}

    def isolated(self, pin: int) -> bool:
        return bool(self.values[4 * pin + 4] >> 8 & 1)


class Rp2350Ticks(Ticks):
    """CTRL, CYCLES and COUNT of six ticks; the one of TIMER0 counts."""

    plain: ClassVar[dict[int, int]] = registers((0x00, 0x44))

    @property
    def hz(self) -> int:
        divisor = self.values[_TIMER0_CYCLES] & 0x1FF
        return REFERENCE_HZ // divisor if divisor and self.values[_TIMER0_CTRL] & 1 else 0

    def read(self, offset: int) -> int:
        value = super().read(offset)
        return value | value << 1 & 2 if offset % 12 == 0 else value  # RUNNING

    def write(self, offset: int, value: int) -> None:
        self.keep_count()
        super().write(offset, value)


class Rp2350Timer(Rp2040Timer):
    # DBGPAUSE, PAUSE, LOCKED, SOURCE, INTE
    plain: ClassVar[dict[int, int]] = {0x2C: 7, 0x30: 0, 0x34: 0, 0x38: 0, 0x40: 0}
