"""Core-local interruptor of RISC-V chips: mtime only. SiFive FE310-G002 manual, chapter 9; privileged specification 3.2.1."""

from __future__ import annotations

from tinylm.targets.emulator.peripherals.base import Peripheral

_MTIME = 0xBFF8


class RiscvClint(Peripheral):
    """options: clock_hz, what mtime counts."""

    span = 0x10000
    timed = True

    def read(self, offset: int) -> int:
        if offset in (_MTIME, _MTIME + 4):
            return self.clock.ticks(int(self.entry.options["clock_hz"])) >> 8 * (offset - _MTIME)
        return super().read(offset)
