"""ARM PL011 UART, as the RP2040 has it. PL011 TRM (DDI 0183) chapter 3; RP2040 datasheet 4.2.

Bytes leave one after the other in the time the divisors give; received bytes enter the FIFO at the same pace while it has
room, and wait on the line otherwise (as if flow-controlled), so none is lost. Error bits, DMA and modem lines are absent.
"""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.clock import Event
from tinylm.targets.emulator.peripherals.base import Aliased
from tinylm.targets.emulator.peripherals.rp2040_pins import Rp2040Io, Rp2040Pads

_DR, _RSR, _FR, _IBRD, _FBRD, _LCR_H, _CR, _IFLS, _IMSC, _RIS, _MIS, _ICR, _DMACR = (
    *(0x00, 0x04, 0x18, 0x24, 0x28, 0x2C, 0x30, 0x34, 0x38, 0x3C, 0x40, 0x44, 0x48),
)
_RX, _TX, _TIMEOUT = 1 << 4, 1 << 5, 1 << 6
_DEPTH = 32
_LEVELS = (4, 8, 16, 24, 28)


class Pl011(Aliased):
    external = True
    plain: ClassVar[dict[int, int]] = {_RSR: 0, _IBRD: 0, _FBRD: 0, _LCR_H: 0, _CR: 0x300, _IFLS: 0x12, _IMSC: 0, _DMACR: 0}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.line = self.system.line(self.name, 115200)
        self.line.arrived = self._listen
        self._sending: deque[int] = deque()
        self._received: deque[int] = deque()
        self._shifting = False
        self._next: Event | None = None
        self._silence: Event | None = None
        self._raw = 0
        self._checked = False

    @property
    def _depth(self) -> int:
        return _DEPTH if self.values[_LCR_H] & 1 << 4 else 1

    def _level(self, shift: int) -> int:
        return _LEVELS[min(self.values[_IFLS] >> shift & 7, 4)] if self._depth > 1 else 1

    def _on(self, enable: int) -> bool:
        return bool(self.values[_CR] & 1 and self.values[_CR] & enable)

    def _set(self, bits: int) -> None:
        self._raw |= bits
        self._update()

    def _clear(self, bits: int) -> None:
        self._raw &= ~bits
        self._update()

    def _update(self) -> None:
        self.interrupt(bool(self._raw & self.values[_IMSC]))

    def read(self, offset: int) -> int:
        if offset == _DR:
            return self._pop()
        if offset == _FR:
            flags = ((3, self._shifting), (4, not self._received), (5, len(self._sending) >= self._depth))
            more = ((6, len(self._received) >= self._depth), (7, not self._sending))
            return sum(1 << bit for bit, on in (*flags, *more) if on)
        if offset in (_RIS, _MIS):
            return self._raw & (self.values[_IMSC] if offset == _MIS else 0x7FF)
        if offset >= 0xFE0:  # peripheral and cell identification
            return (0x11, 0x10, 0x34, 0x00, 0x0D, 0xF0, 0x05, 0xB1)[offset - 0xFE0 >> 2]
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == _DR:
            self._push(value & 0xFF)
            return
        if offset == _ICR:
            self._clear(value)
            return
        super().write(offset, value)
        if offset == _LCR_H:  # makes the divisors take effect
            divisor = self.values[_IBRD] * 64 + self.values[_FBRD]
            self.line.baud = max(1, round(self.clock.hz * 4 / divisor)) if divisor else 1
        elif offset == _IMSC:
            self._update()
        elif offset == _CR:
            self._listen()

    # Transmit.

    def _push(self, byte: int) -> None:
        if not self._on(1 << 8):
            raise Unmodelled("was given a byte to send while it is off (UARTCR)")
        self._check_pins()
        if len(self._sending) >= self._depth:
            raise Unmodelled("was given a byte while its transmit FIFO is full; the byte would be lost")
        self._sending.append(byte)
        if len(self._sending) > self._level(0):
            self._clear(_TX)
        if not self._shifting:
            self._shift()

    def _check_pins(self) -> None:
        if self._checked:
            return
        self._checked = True
        board, io, pads = self.system.board, self.system.peripherals.get("io-bank0"), self.system.peripherals.get("pads-bank0")
        if board.file.console.peripheral != self.name or not isinstance(io, Rp2040Io) or not isinstance(pads, Rp2040Pads):
            return
        for pin, function in zip((board.tx, board.rx), board.console_functions, strict=True):
            if io.function(pin) != function:
                raise Unmodelled(f"sends, but GPIO{pin} is not set to function {function}")
            if pads.isolated(pin):
                raise Unmodelled(f"sends, but the pad of GPIO{pin} is isolated")

    def _shift(self) -> None:
        self._shifting = bool(self._sending)
        if not self._sending:
            return
        level = self._level(0) if self._depth > 1 else 0
        byte = self._sending.popleft()
        if len(self._sending) == level:
            self._set(_TX)

        def sent() -> None:
            self.line.put(bytes([byte]))
            self._shift()

        self.clock.after(self.line.duration(), sent)

    # Receive.

    def _listen(self) -> None:
        if self._on(1 << 9) and self.line.to_device and self._next is None and len(self._received) < self._depth:
            self._next = self.clock.after(self.line.duration(), self._take)

    def _take(self) -> None:
        self._next = None
        self._received.append(self.line.to_device.popleft())
        if len(self._received) >= self._level(3):
            self._set(_RX)
        self._wait_for_silence()
        self._listen()

    def _wait_for_silence(self) -> None:
        """The timeout interrupt: something lies in the FIFO, and nothing came for 32 bits' time."""
        if self._silence:
            self._silence.cancel()
        self._silence = self.clock.after(self.line.duration() * 32 // 10, lambda: self._set(_TIMEOUT)) if self._received else None

    def _pop(self) -> int:
        if not self._received:
            return 0
        byte = self._received.popleft()
        if len(self._received) < self._level(3):
            self._clear(_RX)
        if not self._received:
            self._clear(_TIMEOUT)
        self._wait_for_silence()
        self._listen()
        return byte
