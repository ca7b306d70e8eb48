"""RP2040 RESETS: a block is out of reset as soon as its bit is cleared. Datasheet 2.14.3."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Aliased

_RESET, _WDSEL, _DONE = 0x0, 0x4, 0x8


class Rp2040Resets(Aliased):
    every: ClassVar[int] = 0x1FF_FFFF
    plain: ClassVar[dict[int, int]] = {_RESET: 0x1FF_FFFF, _WDSEL: 0}

    def read(self, offset: int) -> int:
        return ~self.values[_RESET] & self.every if offset == _DONE else super().read(offset)
