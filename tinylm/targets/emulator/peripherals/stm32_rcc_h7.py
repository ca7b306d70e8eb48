"""STM32H742/743/753 RCC. RM0433: 8 (RCC), 6.4 and 6.6.2 (voltage scaling), 4.3.8 table 17 (wait states by AXI clock).

The wait states are from memory: four at 240 MHz, as ST's configurator sets; stm32h7xx-hal-driver, stm32h7xx_ll_utils.c does with two.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.stm32_rcc import HPRE, PPRE, Source, Stm32Rcc, in_range

_CFGR, _D1CFGR, _D2CFGR, _PLLCKSELR, _PLLCFGR, _PLL1DIVR = 0x10, 0x18, 0x1C, 0x28, 0x2C, 0x30
_MHZ = 1_000_000


class Stm32RccH7(Stm32Rcc):
    sources: ClassVar[dict[str, Source]] = {
        "hsi": Source(0, 2, 4),
        "csi": Source(7, 8, 4),
        "hse": Source(16, 17, 2000),
        "pll": Source(24, 25, 150),
    }
    select: ClassVar[tuple[int, int, int, tuple[str, ...]]] = (_CFGR, 0, 3, ("hsi", "csi", "hse", "pll"))
    running = "hsi"
    clock_registers = frozenset({_CFGR, _D1CFGR, _D2CFGR})
    pll_registers = frozenset({_PLLCKSELR, _PLL1DIVR})
    limits: ClassVar[dict[str, int]] = {"apb1": 120 * _MHZ, "apb2": 120 * _MHZ, "axi": 240 * _MHZ}
    plain: ClassVar[dict[int, int]] = {**Stm32Rcc.plain, _PLLCKSELR: 0x0202_0200, _PLLCFGR: 0x01FF_0000, _PLL1DIVR: 0x0101_0280}

    def pll_source(self) -> str:
        return ("hsi", "csi", "hse", "none")[self.values[_PLLCKSELR] & 3]

    def source_hertz(self, name: str) -> int:
        if name == "pll":
            return self._pll()
        if name == "none":
            raise Unmodelled("is told to start the PLL without a source (PLLSRC)")
        return self.crystal if name == "hse" else 64 * _MHZ if name == "hsi" else 4 * _MHZ

    def _pll(self) -> int:
        settings, divisors = self.values[_PLLCFGR], self.values[_PLL1DIVR]
        if not settings >> 16 & 1:
            raise Unmodelled("is to use the PLL's P output, which is off (DIVP1EN)")
        low, high = ((1, 2), (2, 4), (4, 8), (8, 16))[settings >> 2 & 3]
        divisor = self.values[_PLLCKSELR] >> 4 & 0x3F or 1
        fed = in_range("a PLL input", self.source_hertz(self.pll_source()) // divisor, low * _MHZ, high * _MHZ)
        most = (960 if self._scale == 0 else 836) * _MHZ
        return in_range("a VCO frequency", fed * ((divisors & 0x1FF) + 1), 192 * _MHZ, most) // ((divisors >> 9 & 0x7F) + 1)

    def hertz(self, name: str) -> int:
        domain = self.values[_D1CFGR]
        core = self.source_hertz(self.current) // HPRE.get(domain >> 8 & 15, 1)
        if name == "core":
            return core
        bus = core // HPRE.get(domain & 15, 1)
        if name == "axi":
            return bus
        divisor = PPRE.get(self.values[_D2CFGR] >> (4 if name.startswith("apb1") else 8) & 7, 1)
        return bus // divisor * (2 if name.endswith("timers") and divisor > 1 else 1)

    @property
    def _scale(self) -> int:
        """VOS0 to VOS3."""
        scale = {3: 1, 2: 2, 1: 3}.get(self.system.peripherals["pwr"].values[0x18] >> 14 & 3, 3)
        return 0 if scale == 1 and self.system.peripherals["syscfg"].values[0x2C] & 1 else scale

    def core_limit(self) -> int:
        return (480, 400, 300, 200)[self._scale] * _MHZ

    def flash_hertz(self) -> int:
        return self.hertz("axi")

    def flash_limits(self) -> tuple[int, ...]:
        fast = (70, 140, 210, 225, 240)
        return tuple(limit * _MHZ for limit in (fast, fast, (55, 110, 165, 225), (45, 90, 135, 180, 225))[self._scale])
