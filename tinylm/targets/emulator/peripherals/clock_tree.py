"""What the emulator knows of clocks beyond the board's clock_hz: the frequencies that the registers make, and what they may not make.

Virtual time follows clock_hz from the first instruction on; a chip whose model is a ClockTree is held to it when its console starts.
"""

from __future__ import annotations

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import Peripheral, System


class ClockTree(Peripheral):
    """A model that knows the chip's clocks."""

    def hertz(self, name: str) -> int:
        """Frequency of a clock as the registers stand: "core", or a name that the [[peripheral]] options use in ``clock``."""
        raise NotImplementedError

    def enabled(self, register: int, bit: int) -> bool:
        """Whether a peripheral's clock is on."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise Unmodelled where the core runs faster than supply or flash allow. For whoever changes one of these."""

    def check_core(self) -> None:
        """Raise Unmodelled unless the core's frequency is the board's clock_hz."""
        if self.hertz("core") != self.clock.hz:
            raise Unmodelled(f"starts while the core runs at {self.hertz('core')} Hz; the board's clock_hz is {self.clock.hz}")


def clock_tree(system: System) -> ClockTree | None:
    """The chip's clock tree, None where no model knows it."""
    return next((model for model in system.peripherals.values() if isinstance(model, ClockTree)), None)
