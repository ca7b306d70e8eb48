"""RP2040 WATCHDOG: the tick that TIMER counts, and scratch registers. Datasheet 4.7.6. The watchdog itself is not modelled."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import Aliased, registers

_CTRL, _LOAD, _REASON, _TICK = 0x00, 0x04, 0x08, 0x2C
_ENABLE, _RUNNING = 1 << 9, 1 << 10
REFERENCE_HZ = 12_000_000  # clk_ref: the crystal that every RP2040 and RP2350 board has


class Ticks(Aliased):
    """What the timer counts."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._counted = 0
        self._since = 0

    @property
    def hz(self) -> int:
        """How often it ticks now."""
        raise NotImplementedError

    def ticks(self) -> int:
        """Ticks since reset."""
        return self._counted + (self.clock.now - self._since) * self.hz // self.clock.hz

    def keep_count(self) -> None:
        """To be called before the rate changes."""
        self._counted, self._since = self.ticks(), self.clock.now


class Rp2040Watchdog(Ticks):
    plain: ClassVar[dict[int, int]] = {_CTRL: 0x0700_0000, _REASON: 0, _TICK: 0, **registers((0x0C, 0x28))}

    @property
    def hz(self) -> int:
        divisor = self.values[_TICK] & 0x1FF
        return REFERENCE_HZ // divisor if divisor and self.values[_TICK] & _ENABLE else 0

    def read(self, offset: int) -> int:
        value = super().read(offset)
        return value | _RUNNING if offset == _TICK and value & _ENABLE else value

    def write(self, offset: int, value: int) -> None:
        if offset == _CTRL and value >> 30:
            raise Unmodelled("does not model the watchdog, only its tick")
        if offset == _TICK:
            self.keep_count()
        super().write(offset, value)
