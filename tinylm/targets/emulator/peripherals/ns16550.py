"""16550 UART with its FIFOs on. PC16550D data sheet (National Semiconductor, 1995), "Registers".

Bytes leave in the time that the divisor gives; received bytes enter the FIFO at the same pace while it has room, and wait on the
line otherwise, so none is lost. Error bits, modem lines and the receiver's time-out interrupt are absent.
"""

from __future__ import annotations

from collections import deque

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.clock import Event
from tinylm.targets.emulator.peripherals.base import Peripheral

_DATA, _IER, _FCR, _LCR, _LSR = 0, 1, 2, 3, 5
_DEPTH = 16
_DLAB = 0x80


class Ns16550(Peripheral):
    """options: clock_hz, of the peripheral."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.line = self.system.line(self.name, 115200)
        self.line.arrived = self._listen
        self._divisor = [1, 0]
        self._enabled = self._control = 0
        self._sending: deque[int] = deque()
        self._received: deque[int] = deque()
        self._next: Event | None = None

    def access(self, offset: int, size: int, value: int | None) -> int:
        if size != 1:
            raise Unmodelled(f"takes 1-byte accesses only, not {size}")
        if value is None:
            return self.read(offset)
        self.write(offset, value)
        return 0

    def read(self, offset: int) -> int:
        if offset == _DATA and not self._control & _DLAB:
            byte = self._received.popleft() if self._received else 0
            self._update()
            self._listen()
            return byte
        if offset == _LSR:
            return (1 if self._received else 0) | (0 if self._sending else 0x60)
        raise Unmodelled("has no model of reading this register")

    def write(self, offset: int, value: int) -> None:
        if offset in (_DATA, _IER) and self._control & _DLAB:
            self._divisor[offset] = value
            divisor = self._divisor[0] + 256 * self._divisor[1]
            self.line.baud = int(self.entry.options["clock_hz"]) // (16 * max(divisor, 1))
        elif offset == _DATA:
            self._send(value)
        elif offset == _IER:
            self._enabled = value
            self._update()
        elif offset == _LCR:
            self._control = value
            self._listen()
        elif offset == _FCR:
            if not value & 1:
                raise Unmodelled("is modelled with its FIFOs on only (FCR)")
        else:
            raise Unmodelled("has no model of this register")

    def _update(self) -> None:
        self.interrupt(bool(self._received and self._enabled & 1))

    def _send(self, byte: int) -> None:
        if len(self._sending) >= _DEPTH:
            raise Unmodelled("was given a byte while its transmit FIFO is full; the byte would be lost")
        self._sending.append(byte)
        if len(self._sending) == 1:
            self.clock.after(self.line.duration(), self._sent)

    def _sent(self) -> None:
        self.line.put(bytes([self._sending.popleft()]))
        if self._sending:
            self.clock.after(self.line.duration(), self._sent)

    def _listen(self) -> None:
        if self._control & 3 == 3 and self.line.to_device and self._next is None and len(self._received) < _DEPTH:
            self._next = self.clock.after(self.line.duration(), self._take)

    def _take(self) -> None:
        self._next = None
        self._received.append(self.line.to_device.popleft())
        self._update()
        self._listen()
