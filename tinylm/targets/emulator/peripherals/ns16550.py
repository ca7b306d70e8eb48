"""16550 UART with its FIFOs on. PC16550D data sheet (National Semiconductor, 1995), "Registers".

Error bits, modem lines and the receiver's time-out interrupt are absent.
"""

from __future__ import annotations

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import Peripheral
from tinylm.targets.emulator.peripherals.byte_uart import ByteUart

_DATA, _IER, _FCR, _LCR, _LSR = 0, 1, 2, 3, 5
_DEPTH = 16
_DLAB = 0x80


class Ns16550(Peripheral):
    """options: clock_hz, of the peripheral."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.uart = ByteUart(self.system, self.name, _DEPTH - 1, _DEPTH)
        self.uart.changed = self._update  # type: ignore[method-assign]
        self._divisor = [1, 0]
        self._enabled = self._control = 0

    def access(self, offset: int, size: int, value: int | None) -> int:
        if size != 1:
            raise Unmodelled(f"takes 1-byte accesses only, not {size}")
        if value is None:
            return self.read(offset)
        self.write(offset, value)
        return 0

    def read(self, offset: int) -> int:
        if offset == _DATA and not self._control & _DLAB:
            return self.uart.take()
        if offset == _LSR:
            return (1 if self.uart.received else 0) | (0x60 if self.uart.idle else 0)
        raise Unmodelled("has no model of reading this register")

    def write(self, offset: int, value: int) -> None:
        if offset in (_DATA, _IER) and self._control & _DLAB:
            self._divisor[offset] = value
            divisor = self._divisor[0] + 256 * self._divisor[1]
            self.uart.line.baud = int(self.entry.options["clock_hz"]) // (16 * max(divisor, 1))
        elif offset == _DATA:
            self.uart.send(value)
        elif offset == _IER:
            self._enabled = value
            self._update()
        elif offset == _LCR:
            self._control, self.uart.listening = value, value & 3 == 3
            self.uart.listen()
        elif offset == _FCR:
            if not value & 1:
                raise Unmodelled("is modelled with its FIFOs on only (FCR)")
        else:
            raise Unmodelled("has no model of this register")

    def _update(self) -> None:
        self.interrupt(bool(self.uart.received and self._enabled & 1))
