"""The models of peripherals: one file each, named here for the ``model`` key of a SoC's [[peripheral]] entries."""

from __future__ import annotations

from tinylm.targets.emulator.peripherals.base import Peripheral, System
from tinylm.targets.emulator.peripherals.cmsdk_uart import CmsdkUart
from tinylm.targets.emulator.peripherals.esp32c3 import (
    Esp32c3Analog,
    Esp32c3Gpio,
    Esp32c3Interrupts,
    Esp32c3Pins,
    Esp32c3Rtc,
    Esp32c3System,
    Esp32c3Systimer,
    Esp32c3TimerGroup,
)
from tinylm.targets.emulator.peripherals.esp32c3_uart import Esp32c3Uart
from tinylm.targets.emulator.peripherals.mps_fpgaio import MpsFpgaio
from tinylm.targets.emulator.peripherals.nrf51_uart import Nrf51Uart
from tinylm.targets.emulator.peripherals.nrf53_cache import Nrf53Cache
from tinylm.targets.emulator.peripherals.nrf53_clock import Nrf53Clock
from tinylm.targets.emulator.peripherals.nrf_clock import NrfClock
from tinylm.targets.emulator.peripherals.nrf_gpio import NrfGpio
from tinylm.targets.emulator.peripherals.nrf_nvmc import NrfNvmc
from tinylm.targets.emulator.peripherals.nrf_timer import NrfTimer
from tinylm.targets.emulator.peripherals.nrf_uarte import NrfUarte
from tinylm.targets.emulator.peripherals.ns16550 import Ns16550
from tinylm.targets.emulator.peripherals.pl011 import Pl011
from tinylm.targets.emulator.peripherals.riscv_clint import RiscvClint
from tinylm.targets.emulator.peripherals.riscv_plic import RiscvPlic
from tinylm.targets.emulator.peripherals.rp2040_clocks import Rp2040Clocks
from tinylm.targets.emulator.peripherals.rp2040_pins import Rp2040Io, Rp2040Pads
from tinylm.targets.emulator.peripherals.rp2040_pll import Rp2040Pll
from tinylm.targets.emulator.peripherals.rp2040_resets import Rp2040Resets
from tinylm.targets.emulator.peripherals.rp2040_sio import Rp2040Sio, Rp2350Sio
from tinylm.targets.emulator.peripherals.rp2040_timer import Rp2040Timer
from tinylm.targets.emulator.peripherals.rp2040_watchdog import Rp2040Watchdog
from tinylm.targets.emulator.peripherals.rp2040_xip import Rp2040Ssi, Rp2040XipControl
from tinylm.targets.emulator.peripherals.rp2040_xosc import Rp2040Xosc
from tinylm.targets.emulator.peripherals.rp2350 import Rp2350Io, Rp2350Pads, Rp2350Resets, Rp2350Ticks, Rp2350Timer
from tinylm.targets.emulator.peripherals.stm32_flash import Stm32Flash
from tinylm.targets.emulator.peripherals.stm32_gpio import Stm32Gpio
from tinylm.targets.emulator.peripherals.stm32_icache import Stm32Icache
from tinylm.targets.emulator.peripherals.stm32_pwr import Stm32PwrF4, Stm32PwrH7, Stm32PwrL4, Stm32PwrU5, Stm32Syscfg
from tinylm.targets.emulator.peripherals.stm32_rcc_f4 import Stm32RccF4
from tinylm.targets.emulator.peripherals.stm32_rcc_h7 import Stm32RccH7
from tinylm.targets.emulator.peripherals.stm32_rcc_l4 import Stm32RccL4
from tinylm.targets.emulator.peripherals.stm32_rcc_u5 import Stm32RccU5
from tinylm.targets.emulator.peripherals.stm32_tim import Stm32Tim
from tinylm.targets.emulator.peripherals.stm32_usart import Stm32Lpuart, Stm32Usart1, Stm32Usart2

MODELS: dict[str, type[Peripheral]] = {
    "nrf51-uart": Nrf51Uart,
    "nrf53-cache": Nrf53Cache,
    "nrf53-clock": Nrf53Clock,
    "cmsdk-uart": CmsdkUart,
    "esp32c3-analog": Esp32c3Analog,
    "esp32c3-gpio": Esp32c3Gpio,
    "esp32c3-interrupts": Esp32c3Interrupts,
    "esp32c3-pins": Esp32c3Pins,
    "esp32c3-rtc": Esp32c3Rtc,
    "esp32c3-system": Esp32c3System,
    "esp32c3-systimer": Esp32c3Systimer,
    "esp32c3-timer-group": Esp32c3TimerGroup,
    "esp32c3-uart": Esp32c3Uart,
    "mps-fpgaio": MpsFpgaio,
    "nrf-clock": NrfClock,
    "nrf-gpio": NrfGpio,
    "nrf-nvmc": NrfNvmc,
    "nrf-timer": NrfTimer,
    "nrf-uarte": NrfUarte,
    "ns16550": Ns16550,
    "pl011": Pl011,
    "riscv-clint": RiscvClint,
    "riscv-plic": RiscvPlic,
    "rp2040-clocks": Rp2040Clocks,
    "rp2040-io": Rp2040Io,
    "rp2040-pads": Rp2040Pads,
    "rp2040-pll": Rp2040Pll,
    "rp2040-resets": Rp2040Resets,
    "rp2040-sio": Rp2040Sio,
    "rp2040-ssi": Rp2040Ssi,
    "rp2040-timer": Rp2040Timer,
    "rp2040-watchdog": Rp2040Watchdog,
    "rp2040-xip-ctrl": Rp2040XipControl,
    "rp2040-xosc": Rp2040Xosc,
    "rp2350-io": Rp2350Io,
    "rp2350-pads": Rp2350Pads,
    "rp2350-resets": Rp2350Resets,
    "rp2350-sio": Rp2350Sio,
    "rp2350-ticks": Rp2350Ticks,
    "rp2350-timer": Rp2350Timer,
    "stm32-flash": Stm32Flash,
    "stm32-gpio": Stm32Gpio,
    "stm32-icache": Stm32Icache,
    "stm32-lpuart": Stm32Lpuart,
    "stm32-syscfg": Stm32Syscfg,
    "stm32-tim": Stm32Tim,
    "stm32-usart1": Stm32Usart1,
    "stm32-usart2": Stm32Usart2,
    "stm32f4-pwr": Stm32PwrF4,
    "stm32f4-rcc": Stm32RccF4,
    "stm32h7-pwr": Stm32PwrH7,
    "stm32h7-rcc": Stm32RccH7,
    "stm32l4-pwr": Stm32PwrL4,
    "stm32l4-rcc": Stm32RccL4,
    "stm32u5-pwr": Stm32PwrU5,
    "stm32u5-rcc": Stm32RccU5,
}

__all__ = ["MODELS", "Peripheral", "System"]
