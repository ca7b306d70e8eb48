"""UART of Arm's Cortex-M System Design Kit: one byte of buffer each way. CMSDK TRM (DDI 0479), "APB UART".

Bytes leave in the time that BAUDDIV gives; received bytes wait on the line while the buffer is full, so none is lost.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.clock import Event
from tinylm.targets.emulator.peripherals.base import Peripheral

_DATA, _STATE, _CTRL, _INT, _BAUDDIV = 0x00, 0x04, 0x08, 0x0C, 0x10
_TX, _RX = 1, 2  # in STATE: full; in CTRL: enabled; in INTSTATUS: asks


class CmsdkUart(Peripheral):
    """options: clock_hz, of the peripheral."""

    plain: ClassVar[dict[int, int]] = {_CTRL: 0, _BAUDDIV: 0}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.line = self.system.line(self.name, 115200)
        self.line.arrived = self._listen
        self._sending: list[int] = []  # what is shifted out, then what waits in the buffer
        self._received: int | None = None
        self._next: Event | None = None
        self._asks = 0

    def _ask(self, bit: int) -> None:
        if self.values[_CTRL] & bit << 2:
            self._asks |= bit
            self.interrupt(bool(self._asks & _RX))

    def read(self, offset: int) -> int:
        if offset == _DATA:
            byte, self._received = self._received or 0, None
            self._listen()
            return byte
        if offset == _STATE:
            return (_TX if len(self._sending) > 1 else 0) | (_RX if self._received is not None else 0)
        return self._asks if offset == _INT else super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == _DATA:
            self._send(value & 0xFF)
        elif offset == _INT:
            self._asks &= ~value
            self.interrupt(bool(self._asks & _RX))
        else:
            super().write(offset, value)
            if offset == _BAUDDIV and value:
                self.line.baud = max(1, int(self.entry.options["clock_hz"]) // value)
            self._listen()

    def _send(self, byte: int) -> None:
        if not self.values[_CTRL] & _TX or self.values[_BAUDDIV] < 16:
            raise Unmodelled("was given a byte to send while it is off (CTRL, BAUDDIV)")
        if len(self._sending) > 1:
            raise Unmodelled("was given a byte while its transmit buffer is full; the byte would be lost")
        self._sending.append(byte)
        if len(self._sending) == 1:
            self.clock.after(self.line.duration(), self._sent)

    def _sent(self) -> None:
        self.line.put(bytes([self._sending.pop(0)]))
        if self._sending:
            self.clock.after(self.line.duration(), self._sent)
        self._ask(_TX)

    def _listen(self) -> None:
        if self.values[_CTRL] & _RX and self._received is None and self._next is None and self.line.to_device:
            self._next = self.clock.after(self.line.duration(), self._take)

    def _take(self) -> None:
        self._next = None
        self._received = self.line.to_device.popleft()
        self._ask(_RX)
