"""nRF5340 CLOCK of the application core: the nRF52's, and the divider before the core. nRF5340 Product Specification v1.3, CLOCK."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.clock_tree import ClockTree
from tinylm.targets.emulator.peripherals.nrf_clock import NrfClock

_HFCLKCTRL, _FASTEST = 0x558, 128_000_000


class Nrf53Clock(NrfClock, ClockTree):
    # HFCLKSRC, HFCLKCTRL: divided by two after a reset
    plain: ClassVar[dict[int, int]] = {**NrfClock.plain, 0x514: 1, _HFCLKCTRL: 1}

    def hertz(self, name: str) -> int:
        return _FASTEST >> (self.values[_HFCLKCTRL] & 1)
