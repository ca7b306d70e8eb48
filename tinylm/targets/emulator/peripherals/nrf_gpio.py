"""nRF52 GPIO: outputs are remembered, inputs read low unless the pin drives itself. Product Specification v1.7, 6.9."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Peripheral, registers

_OUT, _OUTSET, _OUTCLR, _IN, _DIR, _DIRSET, _DIRCLR = 0x504, 0x508, 0x50C, 0x510, 0x514, 0x518, 0x51C


class NrfGpio(Peripheral):
    # OUT, DIR, LATCH, DETECTMODE, PIN_CNF[32]
    plain: ClassVar[dict[int, int]] = {_OUT: 0, _DIR: 0, 0x520: 0, 0x524: 0, **registers((0x700, 0x77C), value=2)}

    def read(self, offset: int) -> int:
        if offset in (_OUTSET, _OUTCLR):
            return self.values[_OUT]
        if offset in (_DIRSET, _DIRCLR):
            return self.values[_DIR]
        if offset == _IN:
            return self.values[_OUT] & self.values[_DIR]
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset in (_OUTSET, _OUTCLR, _DIRSET, _DIRCLR):
            register = _OUT if offset < _IN else _DIR
            old = self.values[register]
            self.values[register] = old | value if offset in (_OUTSET, _DIRSET) else old & ~value
        else:
            super().write(offset, value)
