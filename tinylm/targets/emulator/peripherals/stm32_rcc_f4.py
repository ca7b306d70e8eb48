"""STM32F405/407 RCC. RM0090: 7 (RCC), 5.1.3 (voltage scale), 3.5.1 table 10 (wait states at 2.7 to 3.6 V)."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.stm32_rcc import HPRE, PPRE, Source, Stm32Rcc, in_range

_PLLCFGR, _CFGR = 0x04, 0x08
_MHZ = 1_000_000


class Stm32RccF4(Stm32Rcc):
    sources: ClassVar[dict[str, Source]] = {"hsi": Source(0, 1, 3), "hse": Source(16, 17, 2000), "pll": Source(24, 25, 200)}
    select: ClassVar[tuple[int, int, int, tuple[str, ...]]] = (_CFGR, 0, 2, ("hsi", "hse", "pll", "hsi"))
    running = "hsi"
    clock_registers = frozenset({_CFGR})
    pll_registers = frozenset({_PLLCFGR})
    limits: ClassVar[dict[str, int]] = {"apb1": 42 * _MHZ, "apb2": 84 * _MHZ}
    plain: ClassVar[dict[int, int]] = {**Stm32Rcc.plain, 0x00: 0x80, _PLLCFGR: 0x2400_3010}

    def pll_source(self) -> str:
        return "hse" if self.values[_PLLCFGR] >> 22 & 1 else "hsi"

    def source_hertz(self, name: str) -> int:
        if name == "pll":
            value = self.values[_PLLCFGR]
            fed = self.source_hertz(self.pll_source()) // max(1, value & 0x3F)
            vco = in_range("a PLL input", fed, 950_000, 2_100_000) * (value >> 6 & 0x1FF)
            return in_range("a VCO frequency", vco, 100 * _MHZ, 432 * _MHZ) // (2 * (value >> 16 & 3) + 2)
        return self.crystal if name == "hse" else 16 * _MHZ

    def hertz(self, name: str) -> int:
        value = self.values[_CFGR]
        core = self.source_hertz(self.current) // HPRE.get(value >> 4 & 15, 1)
        if name == "core":
            return core
        divisor = PPRE.get(value >> (10 if name.startswith("apb1") else 13) & 7, 1)
        return core // divisor * (2 if name.endswith("timers") and divisor > 1 else 1)

    def core_limit(self) -> int:
        return (168 if self.system.peripherals["pwr"].values[0] >> 14 & 1 else 144) * _MHZ

    def flash_limits(self) -> tuple[int, ...]:
        return tuple(limit * _MHZ for limit in (30, 60, 90, 120, 150, 168))
