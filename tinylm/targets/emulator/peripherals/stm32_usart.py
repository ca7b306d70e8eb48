"""STM32 USART and LPUART, 8 bits, no DMA, a FIFO for sending. Usart1 (F4): RM0090 30.6; Usart2: RM0432 47.8; Lpuart: 48.7.

To send with a pin that is not connected, or while the core does not run at the board's clock, stops the run.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.byte_uart import ByteUart
from tinylm.targets.emulator.peripherals.stm32 import Stm32Peripheral
from tinylm.targets.emulator.peripherals.stm32_gpio import Stm32Gpio

_RXNE, _TC, _TXE = 1 << 5, 1 << 6, 1 << 7  # in status, and as interrupt enables in CR1
_TE, _RE = 1 << 3, 1 << 2
_PRESC, _PRESCALERS = 0x2C, (1, 2, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256, 256, 256, 256, 256)  # RM0432 47.8.13
_FIFOEN, _TXFEIE, _TXFE, _FIFO_DEPTH = 1 << 29, 1 << 30, 1 << 23, 8


class Stm32Usart2(Stm32Peripheral):
    """As most families have it. cr1, brr, status, received, to_send: offsets; on: bit of CR1; scale: of the divisor."""

    external = True
    cr1, brr, status, received, to_send = 0x00, 0x0C, 0x1C, 0x24, 0x28
    on: ClassVar[int] = 1
    scale: ClassVar[int] = 1
    fifo: ClassVar[bool] = True
    # CR1-3, BRR, GTPR, RTOR, ICR, PRESC
    plain: ClassVar[dict[int, int]] = dict.fromkeys((0x00, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x20, 0x2C), 0)

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.uart = ByteUart(self.system, self.name, depth=1)
        self.uart.changed = self._update  # type: ignore[method-assign]
        self._checked = False

    @property
    def line(self) -> object:
        return self.uart.line

    def _status(self) -> int:
        uart = self.uart
        flags = ((_TXE, uart.room), (_TC, uart.idle), (_RXNE, uart.filled is not None), (_TXFE, self.fifo and uart.empty))
        return sum(bit for bit, on in flags if on)

    def _update(self) -> None:
        status, enabled = self._status(), self.values[self.cr1]
        emptied = self.fifo and enabled & _TXFEIE and status & _TXFE
        self.interrupt(bool(emptied or status & enabled & (_TXE | _TC | _RXNE)))

    def read(self, offset: int) -> int:
        if offset == self.status:
            return self._status()
        return self.uart.take() if offset == self.received else super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == self.to_send:
            self._send(value & 0xFF)
        elif offset != self.status:
            if offset == self.cr1 and self.fifo and (value ^ self.values[offset]) & _FIFOEN and self.values[offset] & self.on:
                raise Unmodelled("has its FIFO switched while it is on")
            super().write(offset, value)
        if offset == self.cr1:
            self._configure(value)

    def _configure(self, value: int) -> None:
        if value & self.on and not self.uart.listening:
            self.tree.check_core()
            divisor = self.values[self.brr]
            if not divisor:
                raise Unmodelled("is switched on without a divisor (BRR)")
            prescaler = _PRESCALERS[self.values.get(_PRESC, 0) & 15]
            self.uart.line.baud = max(1, round(self.hz * self.scale / prescaler / divisor))
        self.uart.depth = _FIFO_DEPTH if self.fifo and value & _FIFOEN else 1
        self.uart.listening = bool(value & self.on and value & _RE)
        self.uart.listen()
        self._update()

    def _send(self, byte: int) -> None:
        if not (self.values[self.cr1] & self.on and self.values[self.cr1] & _TE):
            raise Unmodelled("was given a byte to send while it is off (CR1)")
        self._check_pins()
        self.uart.send(byte)

    def _check_pins(self) -> None:
        if self._checked:
            return
        self._checked = True
        board, gpio = self.system.board, self.system.peripherals["gpio"]
        assert isinstance(gpio, Stm32Gpio)
        if board.file.console.peripheral != self.name:
            return
        for signal, pin, function in zip(("sends on", "listens on"), (board.tx, board.rx), board.console_functions, strict=True):
            if gpio.function(pin) != function:
                raise Unmodelled(f"{signal} P{'ABCDEFGHI'[pin // 16]}{pin % 16}, which is not set to alternate function {function}")


class Stm32Usart1(Stm32Usart2):
    """As the F4 has it: one data register, status first."""

    status, received, to_send, brr, cr1 = 0x00, 0x04, 0x04, 0x08, 0x0C
    on = 1 << 13
    fifo = False
    # BRR, CR1-3, GTPR
    plain: ClassVar[dict[int, int]] = dict.fromkeys((0x08, 0x0C, 0x10, 0x14, 0x18), 0)


class Stm32Lpuart(Stm32Usart2):
    scale = 256
