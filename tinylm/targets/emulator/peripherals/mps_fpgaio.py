"""FPGA system control of Arm's MPS2 and MPS3 boards: its free-running counters. Application Note AN385, "FPGA system control and I/O"."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Peripheral

_CLK1HZ, _CLK100HZ, _COUNTER, _PRESCALE = 0x10, 0x14, 0x18, 0x1C


class MpsFpgaio(Peripheral):
    """options: clock_hz, which the prescaler divides by its value plus one."""

    timed = True
    plain: ClassVar[dict[int, int]] = {0x00: 0, _PRESCALE: 0}  # LED0

    def read(self, offset: int) -> int:
        if offset in (_CLK1HZ, _CLK100HZ):
            return self.clock.ticks(1 if offset == _CLK1HZ else 100)
        if offset == _COUNTER:
            return self.clock.ticks(int(self.entry.options["clock_hz"]) // (self.values[_PRESCALE] + 1))
        return super().read(offset)
