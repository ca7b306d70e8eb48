"""RP2040 XOSC: stable once its startup count of 256-cycle units of the 12 MHz crystal has passed. Datasheet 2.16.7."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Aliased

_CTRL, _STATUS, _DORMANT, _STARTUP, _COUNT = 0x00, 0x04, 0x08, 0x0C, 0x1C
_ENABLE, _CRYSTAL_HZ = 0xFAB, 12_000_000


class Rp2040Xosc(Aliased):
    plain: ClassVar[dict[int, int]] = {_CTRL: 0, _DORMANT: 0, _STARTUP: 0xC4, _COUNT: 0}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._stable = False

    @property
    def _enabled(self) -> bool:
        return self.values[_CTRL] >> 12 & 0xFFF == _ENABLE

    def _settle(self) -> None:
        self._stable = self._enabled

    def read(self, offset: int) -> int:
        if offset == _STATUS:
            return (1 << 12 if self._enabled else 0) | (1 << 31 if self._stable else 0)
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == _STATUS:  # write 1 to clear BADWRITE: there is none
            return
        super().write(offset, value)
        if offset == _CTRL:
            self._stable = False
            if self._enabled:
                self.clock.after(self.clock.cycles((self.values[_STARTUP] & 0x3FFF) * 256, _CRYSTAL_HZ), self._settle)
