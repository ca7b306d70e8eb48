"""RP2040 SIO: the core's number (always 0, the second core sleeps in the boot ROM) and the pins. Datasheet 2.3.1.7."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Peripheral

_CPUID, _IN, _OUT, _OE = 0x00, 0x04, 0x10, 0x20


class Rp2040Sio(Peripheral):
    external = True
    plain: ClassVar[dict[int, int]] = {_CPUID: 0, _OUT: 0, _OE: 0}

    def read(self, offset: int) -> int:
        if offset == _IN:
            return self.values[_OUT] & self.values[_OE]
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        register, change = offset & ~0xF, offset >> 2 & 3  # set, clear, xor at +4, +8, +12
        if register in (_OUT, _OE) and change:
            old = self.values[register]
            self.values[register] = (old | value, old & ~value, old ^ value)[change - 1]
        else:
            super().write(offset, value)
