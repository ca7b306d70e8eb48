"""STM32 FLASH: ACR only. Too few wait states for the clock stop the run. Writing flash is not modelled.

RM0090 3.9, RM0432 3.7, RM0433 4.9, RM0456 7.9.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.stm32 import Stm32Peripheral


class Stm32Flash(Stm32Peripheral):
    """options: reset: ACR after a reset, where it is not 0."""

    plain: ClassVar[dict[int, int]] = {0x00: 0}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.values[0] = int(self.entry.options.get("reset", 0))

    def write(self, offset: int, value: int) -> None:
        super().write(offset, value)
        self.tree.check()
