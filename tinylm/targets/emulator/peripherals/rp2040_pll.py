"""RP2040 PLL: locks as soon as it has power, its oscillator and a feedback divider. Datasheet 2.18.4."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Aliased

_CS, _PWR, _FBDIV, _PRIM = 0x0, 0x4, 0x8, 0xC
_OFF = 1 << 0 | 1 << 5  # PD, VCOPD


class Rp2040Pll(Aliased):
    plain: ClassVar[dict[int, int]] = {_CS: 1, _PWR: 0x2D, _FBDIV: 0, _PRIM: 0x77000}

    def read(self, offset: int) -> int:
        if offset == _CS:
            locked = not self.values[_PWR] & _OFF and self.values[_FBDIV] >= 16
            return self.values[_CS] & 0x13F | (1 << 31 if locked else 0)
        return super().read(offset)
