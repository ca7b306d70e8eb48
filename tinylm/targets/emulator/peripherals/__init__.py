"""The models of peripherals: one file each, named here for the ``model`` key of a SoC's [[peripheral]] entries."""

from __future__ import annotations

from tinylm.targets.emulator.peripherals.base import Peripheral, System
from tinylm.targets.emulator.peripherals.cmsdk_uart import CmsdkUart
from tinylm.targets.emulator.peripherals.mps_fpgaio import MpsFpgaio
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
from tinylm.targets.emulator.peripherals.rp2040_sio import Rp2040Sio
from tinylm.targets.emulator.peripherals.rp2040_timer import Rp2040Timer
from tinylm.targets.emulator.peripherals.rp2040_watchdog import Rp2040Watchdog
from tinylm.targets.emulator.peripherals.rp2040_xip import Rp2040Ssi, Rp2040XipControl
from tinylm.targets.emulator.peripherals.rp2040_xosc import Rp2040Xosc

MODELS: dict[str, type[Peripheral]] = {
    "cmsdk-uart": CmsdkUart,
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
}

__all__ = ["MODELS", "Peripheral", "System"]
