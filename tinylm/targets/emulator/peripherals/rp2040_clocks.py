"""RP2040 CLOCKS: multiplexers that switch at once; dividers are remembered. Datasheet 2.15.7.

The core's speed follows the board's clock_hz from the first instruction on, not these registers.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Aliased, registers

_REF_CTRL, _SYS_CTRL = 0x30, 0x3C
# The glitchless multiplexers show their position one-hot; the others always read 1.
_SELECTED = {0x38: (_REF_CTRL, 3), 0x44: (_SYS_CTRL, 1), **dict.fromkeys((0x08, 0x14, 0x20, 0x2C, 0x50, 0x5C, 0x68, 0x74), (0, 0))}


class Rp2040Clocks(Aliased):
    # All but SELECTED: control and dividers of ten clocks, RESUS, then sleep and wake enables.
    plain: ClassVar[dict[int, int]] = registers((0x00, 0x7C), (0xA0, 0xC4))

    def read(self, offset: int) -> int:
        if offset in _SELECTED:
            register, mask = _SELECTED[offset]
            return 1 << (self.values[register] & mask)
        return super().read(offset)
