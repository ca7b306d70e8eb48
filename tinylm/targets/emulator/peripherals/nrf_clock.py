"""nRF52 CLOCK and POWER, which share one address: crystals that start at once, regulators and RAM that only remember.

nRF52840 Product Specification v1.7, 5.4 (CLOCK) and 5.3 (POWER).
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.nrf import NrfPeripheral

_HFCLKRUN, _HFCLKSTAT, _LFCLKRUN, _LFCLKSTAT, _LFCLKSRC = 0x408, 0x40C, 0x414, 0x418, 0x518
_HFCLKSTARTED, _LFCLKSTARTED = 0x100, 0x104
_STARTUP_SECONDS = 0.000_36  # HFXO start-up, 5.4.5


class NrfClock(NrfPeripheral):
    tasks: ClassVar[dict[int, str]] = {  # the last two: CONSTLAT, LOWPWR
        0x00: "start_hf",
        0x04: "stop_hf",
        0x08: "start_lf",
        0x0C: "stop_lf",
        0x78: "nothing",
        0x7C: "nothing",
    }
    events = frozenset({_HFCLKSTARTED, _LFCLKSTARTED})
    # RESETREAS, RAMSTATUS, GPREGRET, DCDCEN, DCDCEN0, LFCLKSRC
    plain: ClassVar[dict[int, int]] = {0x400: 0, 0x428: 0, 0x51C: 0, 0x520: 0, 0x578: 0, 0x580: 0, _LFCLKSRC: 0}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.running: set[str] = set()
        self.asked: set[str] = set()

    def _start(self, name: str, event: int) -> None:
        def started() -> None:
            if name in self.asked:
                self.running.add(name)
                self.raise_event(event)

        self.asked.add(name)
        self.clock.after(round(_STARTUP_SECONDS * self.clock.hz), started)

    def _stop(self, name: str) -> None:
        self.asked.discard(name)
        self.running.discard(name)

    def start_hf(self) -> None:
        self._start("hf", _HFCLKSTARTED)

    def stop_hf(self) -> None:
        self._stop("hf")

    def start_lf(self) -> None:
        self._start("lf", _LFCLKSTARTED)

    def stop_lf(self) -> None:
        self._stop("lf")

    def nothing(self) -> None:
        """CONSTLAT and LOWPWR: no effect that a program sees."""

    def read(self, offset: int) -> int:
        if offset in (_HFCLKRUN, _LFCLKRUN):
            return int(("hf" if offset == _HFCLKRUN else "lf") in self.asked)
        if offset == _HFCLKSTAT:  # bit 0: the crystal is the source; bit 16: running (the internal oscillator always is)
            return 1 << 16 | int("hf" in self.running)
        if offset == _LFCLKSTAT:
            return self.values[_LFCLKSRC] & 3 | (1 << 16 if "lf" in self.running else 0)
        return super().read(offset)
