"""nRF5340 CACHE: its switch is remembered. nRF5340 Product Specification v1.3, CACHE."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Peripheral


class Nrf53Cache(Peripheral):
    # ENABLE, PROFILINGENABLE, MODE, DEBUGLOCK, ERASESTATUS, WRITELOCK
    plain: ClassVar[dict[int, int]] = dict.fromkeys((0x500, 0x50C, 0x514, 0x518, 0x51C, 0x520), 0)

    def write(self, offset: int, value: int) -> None:
        if offset != 0x504:  # INVALIDATE
            super().write(offset, value)
