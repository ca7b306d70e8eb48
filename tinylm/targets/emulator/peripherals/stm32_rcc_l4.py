"""STM32L4+ RCC. RM0432: 6 (RCC), 5.1.8 (dynamic voltage scaling), 3.3.3 (wait states; as in stm32l4xx-hal-driver, stm32l4xx_ll_utils.c)."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.stm32_rcc import HPRE, PPRE, Source, Stm32Rcc, in_range

_CFGR, _PLLCFGR = 0x08, 0x0C
_MHZ = 1_000_000


class Stm32RccL4(Stm32Rcc):
    sources: ClassVar[dict[str, Source]] = {
        "msi": Source(0, 1, 3),
        "hsi": Source(8, 10, 2),
        "hse": Source(16, 17, 2000),
        "pll": Source(24, 25, 40),
    }
    select: ClassVar[tuple[int, int, int, tuple[str, ...]]] = (_CFGR, 0, 2, ("msi", "hsi", "hse", "pll"))
    running = "msi"
    clock_registers = frozenset({_CFGR})
    pll_registers = frozenset({_PLLCFGR})
    limits: ClassVar[dict[str, int]] = {}
    plain: ClassVar[dict[int, int]] = {**Stm32Rcc.plain, 0x00: 0x60, _PLLCFGR: 0x1000}

    def pll_source(self) -> str:
        return ("none", "msi", "hsi", "hse")[self.values[_PLLCFGR] & 3]

    def source_hertz(self, name: str) -> int:
        if name == "pll":
            return self._pll()
        if name == "none":
            raise Unmodelled("is told to start the PLL without a source (PLLSRC)")
        return self.crystal if name == "hse" else 16 * _MHZ if name == "hsi" else 4 * _MHZ

    def _pll(self) -> int:
        value = self.values[_PLLCFGR]
        if not value >> 24 & 1:
            raise Unmodelled("is to use the PLL's R output, which is off (PLLREN)")
        fed = in_range("a PLL input", self.source_hertz(self.pll_source()) // ((value >> 4 & 15) + 1), 2_660_000, 16 * _MHZ)
        vco = in_range("a VCO frequency", fed * (value >> 8 & 0x7F), 64 * _MHZ, 344 * _MHZ)
        return vco // (2 * (value >> 25 & 3) + 2)

    def hertz(self, name: str) -> int:
        value = self.values[_CFGR]
        core = self.source_hertz(self.current) // HPRE.get(value >> 4 & 15, 1)
        return core if name == "core" else core // PPRE.get(value >> (8 if name == "apb1" else 11) & 7, 1)

    @property
    def _range(self) -> int:
        """1 normal, 2 low; 0: 1 boost."""
        power = self.system.peripherals["pwr"].values
        if power[0x00] >> 9 & 3 == 2:
            return 2
        return power[0x80] >> 8 & 1

    def core_limit(self) -> int:
        return (120, 80, 26)[self._range] * _MHZ

    def flash_limits(self) -> tuple[int, ...]:
        return tuple(limit * _MHZ for limit in ((8, 16, 26) if self._range == 2 else (20, 40, 60, 80, 100, 120)))
