"""RP2040 XIP: flash is mapped all the time; the SSI remembers its setting and answers a second stage's commands.

Datasheet 4.10.13 (SSI) and 2.6.3.5 (XIP_CTRL).
"""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Peripheral

_SSIENR, _TXFLR, _RXFLR, _SR, _DR0 = 0x08, 0x20, 0x24, 0x28, 0x60
_READY = 1 << 2 | 1 << 1  # transmit FIFO empty, and not full
_READ_STATUS_2, _QUAD_ENABLED = 0x35, 0x02


class Rp2040Ssi(Peripheral):
    # CTRLR0, CTRLR1, SER, BAUDR, FIFO levels, interrupt mask, DMA, sample delay, SPI_CTRLR0
    plain: ClassVar[dict[int, int]] = dict.fromkeys(
        (0x00, 0x04, _SSIENR, 0x10, 0x14, 0x18, 0x1C, 0x2C, 0x48, 0x4C, 0x50, 0x54, 0x58, 0x5C, 0xF0, 0xF4), 0
    )

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._received: deque[int] = deque()
        self._command = 0

    def read(self, offset: int) -> int:
        if offset == _SR:
            return _READY | (1 << 3 if self._received else 0)
        if offset in (_TXFLR, _RXFLR):
            return len(self._received) if offset == _RXFLR else 0
        if offset == _DR0:
            return self._received.popleft() if self._received else 0
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == _DR0:  # every byte out brings one in: the second status register says that quad mode is on
            self._received.append(_QUAD_ENABLED if self._command == _READ_STATUS_2 else 0)
            self._command = value & 0xFF
            return
        super().write(offset, value)
        if offset == _SSIENR:
            self._received.clear()


class Rp2040XipControl(Peripheral):
    # CTRL, STAT (FIFO empty, flush ready), hit and access counters; FLUSH reads 0 when done
    plain: ClassVar[dict[int, int]] = {0x00: 3, 0x08: 2, 0x0C: 0, 0x10: 0}

    def read(self, offset: int) -> int:
        return 0 if offset == 0x04 else super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset != 0x04:
            super().write(offset, value)
