"""RP2040 TIMER: 64 bits of microseconds, counted while the watchdog's tick runs. Datasheet 4.6.5. No alarms."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Aliased
from tinylm.targets.emulator.peripherals.rp2040_watchdog import Ticks

_TIMEHR, _TIMELR, _RAWH, _RAWL = 0x08, 0x0C, 0x24, 0x28


class Rp2040Timer(Aliased):
    timed = True
    plain: ClassVar[dict[int, int]] = {0x2C: 7, 0x38: 0}  # DBGPAUSE, INTE

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._latched = 0

    def _count(self) -> int:
        source = next((model for model in self.system.peripherals.values() if isinstance(model, Ticks)), None)
        return source.ticks() if source else self.clock.ticks(1_000_000)

    def read(self, offset: int) -> int:
        if offset in (_RAWH, _RAWL):
            return self._count() >> (32 if offset == _RAWH else 0)
        if offset == _TIMELR:  # latches the high half
            count = self._count()
            self._latched = count >> 32
            return count
        return self._latched if offset == _TIMEHR else super().read(offset)
