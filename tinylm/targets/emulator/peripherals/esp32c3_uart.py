"""UART of the ESP32-C3: FIFOs of 128 bytes, clocked by the crystal. ESP32-C3 Technical Reference Manual v1.1, chapter "UART Controller".

Error bits and the receiver's time-out are absent.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import Peripheral
from tinylm.targets.emulator.peripherals.byte_uart import ByteUart
from tinylm.targets.emulator.peripherals.esp32c3 import Esp32c3Rtc, Esp32c3System, Esp32c3TimerGroup

_FIFO, _RAW, _ST, _ENA, _CLR, _CLKDIV, _STATUS, _CONF0, _CONF1, _FSM, _CLK, _ID = (
    *(0x00, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x1C, 0x20, 0x24, 0x6C, 0x78, 0x80),
)
_DEPTH = 128
_XTAL = 40_000_000
_FULL = 1  # RXFIFO_FULL


class Esp32c3Uart(Peripheral):
    plain: ClassVar[dict[int, int]] = {_ENA: 0, _CLKDIV: 0x2B6, _CONF0: 0x1000_001C, _CONF1: 0xC060, _CLK: 0x0370_1000, _ID: 0x4000_0500}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.uart = ByteUart(self.system, self.name, _DEPTH - 1, _DEPTH)
        self.uart.changed = self._update  # type: ignore[method-assign]
        self.uart.listening = True
        self._raw = 0

    def read(self, offset: int) -> int:
        if offset == _FIFO:
            return self.uart.take()
        if offset in (_RAW, _ST):
            return self._raw & (self.values[_ENA] if offset == _ST else 0xFFFF_FFFF)
        if offset == _STATUS:
            return self.uart.unsent << 16 | len(self.uart.received)
        if offset == _FSM:
            return (0 if self.uart.idle else 1) << 4
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == _FIFO:
            self._check_chip()
            self.uart.send(value & 0xFF)
        elif offset == _CLR:
            self._raw &= ~value
            self._update()
        else:
            super().write(offset, value & 0x7FFF_FFFF if offset == _ID else value)  # REG_UPDATE clears itself
            if offset in (_CLKDIV, _CLK):
                self._set_rate()
            self._update()

    def _set_rate(self) -> None:
        clock, divider = self.values[_CLK], self.values[_CLKDIV]
        if clock >> 20 & 3 != 3:
            raise Unmodelled("is modelled with the crystal as its clock only (SCLK_SEL = 3)")
        sixteenths = 16 * (divider & 0xFFF) + (divider >> 20 & 15)
        self.uart.line.baud = _XTAL * 16 // max(1, ((clock >> 12 & 0xFF) + 1) * sixteenths)

    def _update(self) -> None:
        if len(self.uart.received) >= max(1, self.values[_CONF1] & 0x1FF):
            self._raw |= _FULL
        self.interrupt(bool(self._raw & self.values[_ENA]))

    def _check_chip(self) -> None:
        """Firmware that talks has set up its chip: the clock of the board, and no watchdog that would reset it."""
        for model in self.system.peripherals.values():
            if isinstance(model, Esp32c3System) and model.hz != self.clock.hz:
                raise Unmodelled(f"sends while the core runs at {model.hz} Hz; the board says {self.clock.hz}")
            if isinstance(model, Esp32c3Rtc | Esp32c3TimerGroup) and model.watched:
                raise Unmodelled(f"sends while the watchdog of {model.name} runs, which nobody feeds")
