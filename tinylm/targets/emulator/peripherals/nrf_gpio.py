"""Nordic's GPIO: outputs are remembered, inputs read low unless the pin drives itself. nRF52840 Product Specification v1.7, 6.9.

P1, where there is one, lies 0x300 behind P0. (The nRF5340's ports have another offset in their page, the same within it.)
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Peripheral, registers

_OUT, _OUTSET, _OUTCLR, _IN, _DIR, _DIRSET, _DIRCLR = 0x504, 0x508, 0x50C, 0x510, 0x514, 0x518, 0x51C
_SECOND = 0x300


def _port(at: int) -> dict[int, int]:
    """OUT, DIR, LATCH, DETECTMODE, PIN_CNF[32]."""
    return {at + _OUT: 0, at + _DIR: 0, at + 0x520: 0, at + 0x524: 0, **registers((at + 0x700, at + 0x77C), value=2)}


class NrfGpio(Peripheral):
    external = True
    plain: ClassVar[dict[int, int]] = {**_port(0), **_port(_SECOND)}

    def read(self, offset: int) -> int:
        at, register = self._split(offset)
        if register in (_OUTSET, _OUTCLR):
            return self.values[at + _OUT]
        if register in (_DIRSET, _DIRCLR):
            return self.values[at + _DIR]
        if register == _IN:
            return self.values[at + _OUT] & self.values[at + _DIR]
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        at, register = self._split(offset)
        if register in (_OUTSET, _OUTCLR, _DIRSET, _DIRCLR):
            changed = at + (_OUT if register < _IN else _DIR)
            old = self.values[changed]
            self.values[changed] = old | value if register in (_OUTSET, _DIRSET) else old & ~value
        else:
            super().write(offset, value)

    def level(self, pin: int) -> bool | None:
        at, bit = pin // 32 * _SECOND, pin % 32
        driven = self.values[at + 0x700 + 4 * bit] & 1 or self.values[at + _DIR] >> bit & 1
        return bool(self.values[at + _OUT] >> bit & 1) if driven else None

    @staticmethod
    def _split(offset: int) -> tuple[int, int]:
        """Which port, and the register's offset in P0."""
        return (_SECOND, offset - _SECOND) if 0x800 <= offset < 0x830 else (0, offset)
