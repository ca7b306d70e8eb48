"""STM32 PWR, one class a family: the regulator's range is reached at once. (H7: with SYSCFG, which holds its overdrive.)

RM0090 5.4, RM0432 5.4, RM0433 6.8, RM0456 10.10.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import registers
from tinylm.targets.emulator.peripherals.stm32 import Stm32Peripheral


class _Power(Stm32Peripheral):
    """always: bits that read as set, by register: "ready" and the like."""

    always: ClassVar[dict[int, int]] = {}

    def read(self, offset: int) -> int:
        return super().read(offset) | self.always.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        super().write(offset, value)
        self.tree.check()


class Stm32PwrF4(_Power):
    # CR (scale 1), CSR with VOSRDY
    plain: ClassVar[dict[int, int]] = {0x00: 1 << 14, 0x04: 0}
    always: ClassVar[dict[int, int]] = {0x04: 1 << 14}


class Stm32PwrL4(_Power):
    # CR1 (range 1), CR2, CR3, CR4, SR1, SR2, CR5 (normal, not boost)
    plain: ClassVar[dict[int, int]] = {0x00: 1 << 9, 0x04: 0, 0x08: 1 << 15, 0x0C: 0, 0x10: 0, 0x14: 0, 0x80: 1 << 8}


class Stm32PwrH7(_Power):
    # CR1, CSR1 with ACTVOSRDY, CR2, CR3 (regulator on, not yet chosen), CPUCR, D3CR (scale 3) with VOSRDY
    plain: ClassVar[dict[int, int]] = {0x00: 0xF000_C000, 0x04: 0x4000, 0x08: 0, 0x0C: 0b110, 0x10: 0, 0x18: 1 << 14}
    always: ClassVar[dict[int, int]] = {0x04: 1 << 13, 0x18: 1 << 13}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._chosen = False

    def write(self, offset: int, value: int) -> None:
        if offset == 0x0C:
            self._chosen = True
        elif offset == 0x18 and not self._chosen:
            raise Unmodelled("is told to change the voltage before the supply is chosen (CR3)")
        super().write(offset, value)


class Stm32Syscfg(_Power):
    # PMCR, EXTICR1-4, CFGR, CCCSR, CCVR, CCCR, PWRCR (overdrive)
    plain: ClassVar[dict[int, int]] = registers((0x04, 0x2C))


class Stm32PwrU5(_Power):
    # CR1-3, VOSR (range 4) with VOSRDY, and BOOSTRDY once BOOSTEN is set, SVMCR
    plain: ClassVar[dict[int, int]] = {0x00: 0, 0x04: 0, 0x08: 0, 0x0C: 0, 0x10: 0}
    always: ClassVar[dict[int, int]] = {0x0C: 1 << 15}

    def read(self, offset: int) -> int:
        value = super().read(offset)
        return value | (1 << 14 if offset == 0x0C and value >> 18 & 1 else 0)
