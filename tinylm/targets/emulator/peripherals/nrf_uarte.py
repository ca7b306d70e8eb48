"""nRF52 UARTE: the UART with EasyDMA. Product Specification v1.7, 6.34.

Transmission takes the time of its bytes at BAUDRATE; ENDTX comes with the last. Reception moves one byte at a time,
only while it is started and has room, at the pace of the line; between ENDRX and the next STARTRX the line waits
(as if flow-controlled), so no byte is lost. Parity, flow-control pins and error events are remembered or absent.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.clock import Event
from tinylm.targets.emulator.peripherals.clock_tree import clock_tree
from tinylm.targets.emulator.peripherals.nrf import NrfPeripheral

_CTS, _NCTS, _RXDRDY, _ENDRX, _TXDRDY, _ENDTX, _ERROR, _RXTO, _RXSTARTED, _TXSTARTED, _TXSTOPPED = (
    *(0x100, 0x104, 0x108, 0x110, 0x11C, 0x120, 0x124, 0x144, 0x14C, 0x150, 0x158),
)
_SHORTS, _ERRORSRC, _ENABLE, _BAUDRATE, _CONFIG = 0x200, 0x480, 0x500, 0x524, 0x56C
_RXD_PTR, _RXD_MAXCNT, _RXD_AMOUNT, _TXD_PTR, _TXD_MAXCNT, _TXD_AMOUNT = 0x534, 0x538, 0x53C, 0x544, 0x548, 0x54C
_ENDRX_STARTRX, _ENDRX_STOPRX = 1 << 5, 1 << 6
_ON, _DISCONNECTED = 8, 0xFFFF_FFFF


class NrfUarte(NrfPeripheral):
    external = True
    tasks: ClassVar[dict[int, str]] = {0x000: "start_rx", 0x004: "stop_rx", 0x008: "start_tx", 0x00C: "stop_tx", 0x02C: "flush_rx"}
    events = frozenset({_CTS, _NCTS, _RXDRDY, _ENDRX, _TXDRDY, _ENDTX, _ERROR, _RXTO, _RXSTARTED, _TXSTARTED, _TXSTOPPED})
    plain: ClassVar[dict[int, int]] = {
        **dict.fromkeys((_SHORTS, _ERRORSRC, _ENABLE, _CONFIG), 0),
        _BAUDRATE: 0x0400_0000,
        **dict.fromkeys((0x508, 0x50C, 0x510, 0x514), _DISCONNECTED),  # PSEL.RTS, TXD, CTS, RXD
        **dict.fromkeys((_RXD_PTR, _RXD_MAXCNT, _RXD_AMOUNT, _TXD_PTR, _TXD_MAXCNT, _TXD_AMOUNT), 0),
    }

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.line = self.system.line(self.name, 115200)
        self.line.arrived = self._listen
        self._receiving: tuple[int, int, int] | None = None  # address, room, taken
        self._next: Event | None = None
        self._sending: Event | None = None

    def write(self, offset: int, value: int) -> None:
        super().write(offset, value)
        if offset == _BAUDRATE:  # 6.34.10: round(baud * 2^32 / 16 MHz); the real rate follows from it
            self.line.baud = max(1, round(value * 16_000_000 / 2**32))

    def _need_on(self, pin: int) -> None:
        if tree := clock_tree(self.system):
            tree.check_core()
        if self.values[_ENABLE] != _ON:
            raise Unmodelled("was started while ENABLE is not 8")
        if self.values[pin] == _DISCONNECTED:
            raise Unmodelled(f"was started with no pin in PSEL (offset {pin:#x})")

    def start_tx(self) -> None:
        self._need_on(0x50C)
        data = self.system.dma_read(self.values[_TXD_PTR], self.values[_TXD_MAXCNT])

        def done() -> None:
            self._sending = None
            self.values[_TXD_AMOUNT] = len(data)
            self.line.put(data)
            self.raise_event(_TXDRDY)
            self.raise_event(_ENDTX)

        if self._sending:
            raise Unmodelled("was told to transmit while it still transmits")
        self.raise_event(_TXSTARTED)
        self._sending = self.clock.after(self.line.duration(len(data)), done)

    def stop_tx(self) -> None:
        if self._sending:
            self._sending.cancel()
            self._sending = None
        self.raise_event(_TXSTOPPED)

    def start_rx(self) -> None:
        self._need_on(0x514)
        address, room = self.values[_RXD_PTR], self.values[_RXD_MAXCNT]
        self.system.dma_read(address, room)  # refuses what is not RAM
        self._receiving = (address, room, 0)
        self.raise_event(_RXSTARTED)
        self._listen()

    def stop_rx(self) -> None:
        if self._receiving:
            self._end_rx()
        self.raise_event(_RXTO)

    def flush_rx(self) -> None:
        """The bytes still in the FIFO: none, since a byte is taken only where there is room."""
        self.values[_RXD_AMOUNT] = 0
        self.raise_event(_ENDRX)

    def _listen(self) -> None:
        if self._receiving and self.line.to_device and self._next is None:
            self._next = self.clock.after(self.line.duration(), self._take)

    def _take(self) -> None:
        self._next = None
        if not self._receiving or not self.line.to_device:
            return
        address, room, taken = self._receiving
        if room:
            self.system.dma_write(address + taken, bytes([self.line.to_device.popleft()]))
            taken += 1
            self._receiving = (address, room, taken)
            self.raise_event(_RXDRDY)
        if taken >= room:
            self._end_rx()
        self._listen()

    def _end_rx(self) -> None:
        assert self._receiving
        self.values[_RXD_AMOUNT], self._receiving = self._receiving[2], None
        self.raise_event(_ENDRX)
        if self.values[_SHORTS] & _ENDRX_STARTRX:
            self.start_rx()
        elif self.values[_SHORTS] & _ENDRX_STOPRX:
            self.stop_rx()
