"""nRF51 UART: a byte at a time, without DMA. nRF51 Series Reference Manual v3.0, 29. Flow control and errors are absent."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.byte_uart import ByteUart
from tinylm.targets.emulator.peripherals.nrf import NrfPeripheral

_CTS, _NCTS, _RXDRDY, _TXDRDY, _ERROR, _RXTO = 0x100, 0x104, 0x108, 0x11C, 0x124, 0x144
_ENABLE, _PSELTXD, _PSELRXD, _RXD, _TXD, _BAUDRATE, _CONFIG = 0x500, 0x50C, 0x514, 0x518, 0x51C, 0x524, 0x56C
_ON, _DISCONNECTED = 4, 0xFFFF_FFFF


class Nrf51Uart(NrfPeripheral):
    external = True
    tasks: ClassVar[dict[int, str]] = {0x000: "start_rx", 0x004: "stop_rx", 0x008: "start_tx", 0x00C: "stop_tx"}
    events = frozenset({_CTS, _NCTS, _RXDRDY, _TXDRDY, _ERROR, _RXTO})
    plain: ClassVar[dict[int, int]] = {
        **dict.fromkeys((0x200, 0x480, _ENABLE, _CONFIG), 0),
        **dict.fromkeys((0x508, _PSELTXD, 0x510, _PSELRXD), _DISCONNECTED),
        _BAUDRATE: 0x0400_0000,
    }

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.uart = ByteUart(self.system, self.name, depth=0)
        self.uart.changed = self._changed  # type: ignore[method-assign]
        self.line = self.uart.line
        self._transmitting = self._sending = False

    def _need_on(self, pin: int) -> None:
        if self.values[_ENABLE] != _ON:
            raise Unmodelled("was started while ENABLE is not 4")
        if self.values[pin] == _DISCONNECTED:
            raise Unmodelled(f"was started with no pin in PSEL (offset {pin:#x})")

    def start_rx(self) -> None:
        self._need_on(_PSELRXD)
        self.uart.listening = True
        self.uart.listen()

    def stop_rx(self) -> None:
        self.uart.listening = False
        self.raise_event(_RXTO)

    def start_tx(self) -> None:
        self._need_on(_PSELTXD)
        self._transmitting = True

    def stop_tx(self) -> None:
        self._transmitting = False

    def _changed(self) -> None:
        if self._sending and self.uart.idle:
            self._sending = False
            self.raise_event(_TXDRDY)
        if self.uart.filled is not None:
            self.raise_event(_RXDRDY)

    def read(self, offset: int) -> int:
        return self.uart.take() if offset == _RXD else super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == _TXD:
            if not self._transmitting:
                raise Unmodelled("was given a byte to send before STARTTX")
            self._sending = True
            self.uart.send(value & 0xFF)
            return
        super().write(offset, value)
        if offset == _BAUDRATE:  # round(baud * 2^32 / 16 MHz), to 4096: the real rate follows from it
            self.line.baud = max(1, round(value * 16_000_000 / 2**32))
