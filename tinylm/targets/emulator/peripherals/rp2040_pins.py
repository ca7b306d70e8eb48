"""RP2040 IO_BANK0 and PADS_BANK0: which function drives a pin and how; remembered, without effect. Datasheet 2.19.6."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Aliased, registers

_PINS = 30


class Rp2040Io(Aliased):
    # STATUS and CTRL of each pin; CTRL resets to function 31, none.
    plain: ClassVar[dict[int, int]] = {8 * pin + part: 0x1F if part else 0 for pin in range(_PINS) for part in (0, 4)}

    def function(self, pin: int) -> int:
        """FUNCSEL of a pin."""
        return self.values[8 * pin + 4] & 0x1F


class Rp2040Pads(Aliased):
    # VOLTAGE_SELECT, a pad for each pin, SWCLK, SWD
    plain: ClassVar[dict[int, int]] = {0: 0, **registers((4, 4 * _PINS), value=0x56), 0x7C: 0xDA, 0x80: 0x5A}

    def isolated(self, pin: int) -> bool:
        """Whether the pad holds its state, whatever drives it: the RP2350's do."""
        return False
