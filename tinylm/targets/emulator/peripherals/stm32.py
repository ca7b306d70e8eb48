"""What STM32 peripherals have in common: nothing works before RCC gives them a clock."""

from __future__ import annotations

from functools import cached_property

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import Peripheral
from tinylm.targets.emulator.peripherals.clock_tree import ClockTree, clock_tree


class Stm32Peripheral(Peripheral):
    """options: enable_register, enable_bit: its clock's place in RCC; clock: what its rate derives from."""

    span = 0x400

    @cached_property
    def tree(self) -> ClockTree:
        tree = clock_tree(self.system)
        assert tree, "an STM32 has an RCC"
        return tree

    def option(self, name: str) -> int:
        return int(self.entry.options[name])

    @property
    def hz(self) -> int:
        """Of the clock that it runs from."""
        return self.tree.hertz(str(self.entry.options["clock"]))

    def access(self, offset: int, size: int, value: int | None) -> int:
        if "enable_register" in self.entry.options:
            self.need_clock(offset)
        return super().access(offset, size, value)

    def need_clock(self, offset: int) -> None:
        """Raise Unmodelled where the clock is off; on hardware the write would have no effect."""
        register, bit = self.option("enable_register"), self.option("enable_bit")
        if not self.tree.enabled(register, bit):
            raise Unmodelled(f"is used while its clock is off (RCC register {register:#x}, bit {bit})")
