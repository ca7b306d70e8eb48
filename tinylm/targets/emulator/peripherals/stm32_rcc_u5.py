"""STM32U575/585 RCC. RM0456: 11 (RCC), 10.5.4 (voltage, booster), 7.3.3 (wait states; those of stm32u5xx-hal-driver, ll_utils)."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.stm32_rcc import HPRE, PPRE, Source, Stm32Rcc, in_range

_CFGR1, _CFGR2, _PLL1CFGR, _PLL1DIVR = 0x1C, 0x20, 0x28, 0x34
_MHZ = 1_000_000
_BOOSTED = 55 * _MHZ


class Stm32RccU5(Stm32Rcc):
    sources: ClassVar[dict[str, Source]] = {
        "msi": Source(0, 2, 3),
        "hsi": Source(8, 10, 2),
        "hse": Source(16, 17, 2000),
        "pll": Source(24, 25, 50),
    }
    select: ClassVar[tuple[int, int, int, tuple[str, ...]]] = (_CFGR1, 0, 2, ("msi", "hsi", "hse", "pll"))
    running = "msi"
    clock_registers = frozenset({_CFGR1, _CFGR2})
    pll_registers = frozenset({_PLL1DIVR})
    limits: ClassVar[dict[str, int]] = {}
    plain: ClassVar[dict[int, int]] = {**Stm32Rcc.plain, 0x00: 0x10, _PLL1DIVR: 0x0101_0280}

    def pll_source(self) -> str:
        return ("none", "msi", "hsi", "hse")[self.values[_PLL1CFGR] & 3]

    def source_hertz(self, name: str) -> int:
        if name == "pll":
            return self._pll()
        if name == "none":
            raise Unmodelled("is told to start the PLL without a source (PLL1SRC)")
        return self.crystal if name == "hse" else 16 * _MHZ if name == "hsi" else 4 * _MHZ

    def _pll(self) -> int:
        settings, divisors = self.values[_PLL1CFGR], self.values[_PLL1DIVR]
        if not settings >> 18 & 1:
            raise Unmodelled("is to use the PLL's R output, which is off (PLL1REN)")
        low, high = (8, 16) if settings >> 2 & 3 == 3 else (4, 8)
        fed = self.source_hertz(self.pll_source()) // ((settings >> 8 & 15) + 1)
        vco = in_range("a PLL input", fed, low * _MHZ, high * _MHZ) * ((divisors & 0x1FF) + 1)
        return in_range("a VCO frequency", vco, 128 * _MHZ, 544 * _MHZ) // ((divisors >> 24 & 0x7F) + 1)

    def hertz(self, name: str) -> int:
        value = self.values[_CFGR2]
        core = self.source_hertz(self.current) // HPRE.get(value & 15, 1)
        return core if name == "core" else core // PPRE.get(value >> (4 if name == "apb1" else 8) & 7, 1)

    @property
    def _range(self) -> int:
        return 4 - (self.system.peripherals["pwr"].values[0x0C] >> 16 & 3)

    def core_limit(self) -> int:
        boosted = self.current != "pll" or self.system.peripherals["pwr"].values[0x0C] >> 18 & 1
        limit = (160, 110, 55, 25)[self._range - 1] * _MHZ
        return limit if boosted else min(limit, _BOOSTED)

    def flash_limits(self) -> tuple[int, ...]:
        step = (32_000_000, 25_000_000, 12_500_000, 8_000_000)[self._range - 1]  # one wait state more for each
        return tuple(step * count for count in range(1, 6))
