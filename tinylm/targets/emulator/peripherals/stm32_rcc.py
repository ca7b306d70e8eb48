"""STM32 RCC, what the families share: oscillators that take their time, a PLL that wants a source, a switch that wants both.

A set-up that a chip would not survive stops here: switching to what is not ready, a PLL out of its range, a PLL changed while
it runs, a core too fast for the regulator's range or the flash's wait states, a bus above its limit.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import registers
from tinylm.targets.emulator.peripherals.clock_tree import ClockTree

HPRE = {0b1000: 2, 0b1001: 4, 0b1010: 8, 0b1011: 16, 0b1100: 64, 0b1101: 128, 0b1110: 256, 0b1111: 512}
PPRE = {0b100: 2, 0b101: 4, 0b110: 8, 0b111: 16}


class Source(NamedTuple):
    """A clock source: its bits in CR (offset 0), and how long it takes to be ready."""

    on: int
    ready: int
    microseconds: int


class Stm32Rcc(ClockTree):
    """select: register of the switch, position of SW, position of SWS, names by SW's value. running: what a reset leaves on.

    clock_registers: those whose writing may change a frequency. pll_registers: those that must stand still while the PLL runs.
    """

    span = 0x400
    sources: ClassVar[dict[str, Source]]
    select: ClassVar[tuple[int, int, int, tuple[str, ...]]]
    running: ClassVar[str]
    clock_registers: ClassVar[frozenset[int]]
    pll_registers: ClassVar[frozenset[int]]
    limits: ClassVar[dict[str, int]]
    plain: ClassVar[dict[int, int]] = registers((0x00, 0x11C))

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.values[0] |= 1 << self.sources[self.running].on
        self.ready = {self.running}
        self._starting: set[str] = set()

    # What a family fills in.

    def source_hertz(self, name: str) -> int:
        """Frequency of an oscillator or of the PLL's output."""
        raise NotImplementedError

    def pll_source(self) -> str:
        """Name of the PLL's input. Raises Unmodelled where the settings are out of the PLL's range."""
        raise NotImplementedError

    def core_limit(self) -> int:
        """The highest frequency of the core at the voltage that is set, Hz."""
        raise NotImplementedError

    def flash_limits(self) -> tuple[int, ...]:
        """The highest frequency of the flash's bus for 0, 1, 2 ... wait states at that voltage, Hz."""
        raise NotImplementedError

    # The rest.

    @property
    def crystal(self) -> int:
        hertz = self.system.board.file.crystal_hz
        if not hertz:
            raise Unmodelled("is to use HSE, but the board has no crystal_hz")
        return hertz

    @property
    def current(self) -> str:
        register, at, _, names = self.select
        return names[self.values[register] >> at & 3]

    def enabled(self, register: int, bit: int) -> bool:
        return bool(self.values.get(register, 0) >> bit & 1)

    def read(self, offset: int) -> int:
        value = super().read(offset)
        if offset == 0:
            for name, source in self.sources.items():
                value = value & ~(1 << source.ready) | (1 << source.ready if name in self.ready else 0)
        register, at, status, _ = self.select
        if offset == register:
            value = value & ~(3 << status) | (self.values[register] >> at & 3) << status
        return value

    def write(self, offset: int, value: int) -> None:
        if offset in self.pll_registers and self.values[0] >> self.sources["pll"].on & 1 and value != self.values[offset]:
            raise Unmodelled("is changed while the PLL runs")
        super().write(offset, value)
        if offset == 0:
            self._switch_sources()
        if offset == self.select[0] and self.current not in self.ready:
            raise Unmodelled(f"is told to run the core from {self.current.upper()}, which is not ready")
        if offset in self.clock_registers:
            self.check()

    def _switch_sources(self) -> None:
        for name, source in self.sources.items():
            if not self.values[0] >> source.on & 1:
                if name == self.current:
                    raise Unmodelled(f"is told to switch off {name.upper()}, from which the core runs")
                self.ready.discard(name)
                self._starting.discard(name)
            elif name not in self.ready and name not in self._starting:
                self._start(name)

    def _start(self, name: str) -> None:
        if name == "pll" and (feed := self.pll_source()) not in self.ready:
            raise Unmodelled(f"is told to start the PLL from {feed.upper()}, which is not ready")
        self.source_hertz(name)  # refuses what is out of range, and an HSE that the board does not have

        def started() -> None:
            if name in self._starting:
                self._starting.discard(name)
                self.ready.add(name)

        self._starting.add(name)
        self.clock.after(self.clock.cycles(self.sources[name].microseconds, 1_000_000), started)

    def flash_hertz(self) -> int:
        """Of the bus that the flash hangs on."""
        return self.hertz("core")

    def check(self) -> None:
        core, limit = self.hertz("core"), self.core_limit()
        if core > limit:
            raise Unmodelled(f"runs the core at {core} Hz; the voltage that PWR is set to allows {limit}")
        for name, most in self.limits.items():
            if self.hertz(name) > most:
                raise Unmodelled(f"runs {name} at {self.hertz(name)} Hz; it can do {most}")
        flash, limits = self.flash_hertz(), self.flash_limits()
        needed = next((count for count, most in enumerate(limits) if flash <= most), len(limits))
        latency = self.system.peripherals["flash"].values[0] & 0xF
        if latency < needed:
            raise Unmodelled(f"has the flash at {flash} Hz with {latency} wait states (FLASH ACR); it takes {needed}")


def in_range(what: str, hertz: int, low: int, high: int) -> int:
    """``hertz``. Raises Unmodelled unless low <= hertz <= high."""
    if not low <= hertz <= high:
        raise Unmodelled(f"is to make {what} of {hertz} Hz, which is not in {low} to {high}")
    return hertz
