"""RP2040 RESETS: a block is out of reset as soon as its bit is cleared. Datasheet 2.14.3."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Aliased

_RESET, _WDSEL, _DONE, _ALL = 0x0, 0x4, 0x8, 0x1FF_FFFF


class Rp2040Resets(Aliased):
    plain: ClassVar[dict[int, int]] = {_RESET: _ALL, _WDSEL: 0}

    def read(self, offset: int) -> int:
        return ~self.values[_RESET] & _ALL if offset == _DONE else super().read(offset)
