"""STM32U5 ICACHE: on and off, remembered; never busy. RM0456 8.7."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.stm32 import Stm32Peripheral


class Stm32Icache(Stm32Peripheral):
    # CR, SR, IER, FCR, monitors
    plain: ClassVar[dict[int, int]] = {0x00: 4, 0x04: 0, 0x08: 0, 0x0C: 0, 0x10: 0, 0x14: 0}
