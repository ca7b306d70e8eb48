"""What the port needs of an ESP32-C3 besides its UART. ESP32-C3 Technical Reference Manual v1.1; esp-idf, components/soc/esp32c3."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import Peripheral, registers

_XTAL = 40_000_000
_PLAIN = 0x80  # in FUNCn_OUT_SEL: no peripheral's signal, the bits of OUT and ENABLE


class Esp32c3Analog(Peripheral):
    """The PLL's calibration switch (I2C_MST_ANA_CONF0). What the PLL is told over the internal bus is not modelled."""

    plain: ClassVar[dict[int, int]] = {0x40: 0}


class Esp32c3Pins(Peripheral):
    """IO MUX: remembers what it is told."""

    plain: ClassVar[dict[int, int]] = registers((0x04, 0x58))


class Esp32c3Gpio(Peripheral):
    """The GPIO matrix's outputs: OUT and ENABLE, each with a register that sets bits and one that clears them, and FUNCn_OUT_SEL."""

    plain: ClassVar[dict[int, int]] = {0x04: 0, 0x20: 0, **registers((0x554, 0x5A8), value=_PLAIN)}

    def write(self, offset: int, value: int) -> None:
        if offset in (0x08, 0x24):
            self.values[offset - 4] |= value
        elif offset in (0x0C, 0x28):
            self.values[offset - 8] &= ~value
        else:
            super().write(offset, value)

    def level(self, pin: int) -> bool | None:
        muxes = (model for model in self.system.peripherals.values() if isinstance(model, Esp32c3Pins))
        through = any(mux.values[4 + 4 * pin] >> 12 & 7 == 1 for mux in muxes)
        if not through or self.values[0x554 + 4 * pin] & 0xFF != _PLAIN or not self.values[0x20] >> pin & 1:
            return None
        return bool(self.values[0x04] >> pin & 1)


class _Guarded(Peripheral):
    """Registers that take a write only while their key lies in another. guards: register -> (register of the key, key)."""

    guards: ClassVar[dict[int, tuple[int, int]]] = {}

    def write(self, offset: int, value: int) -> None:
        place, key = self.guards.get(offset, (0, 0))
        if place and self.values[place] != key:
            raise Unmodelled("is write-protected: its key was not written")
        super().write(offset, value)


class Esp32c3Rtc(_Guarded):
    """OPTIONS0 (power of the PLL), the RTC watchdog and the super watchdog. The ROM leaves the first of them running."""

    plain: ClassVar[dict[int, int]] = {0x00: 1 << 10 | 1 << 8 | 1 << 6, 0x90: 1 << 31, 0xA8: 0, 0xAC: 0, 0xB0: 0}
    guards: ClassVar[dict[int, tuple[int, int]]] = {0x90: (0xA8, 0x50D8_3AA1), 0xAC: (0xB0, 0x8F1D_312A)}

    @property
    def watched(self) -> bool:
        """A watchdog will reset the chip."""
        return bool(self.values[0x90] >> 31) or not self.values[0xAC] >> 31


class Esp32c3TimerGroup(_Guarded):
    """The watchdog of a timer group."""

    plain: ClassVar[dict[int, int]] = {0x48: 1 << 31 | 1 << 14, 0x64: 0}
    guards: ClassVar[dict[int, tuple[int, int]]] = {0x48: (0x64, 0x50D8_3AA1)}

    @property
    def watched(self) -> bool:
        return bool(self.values[0x48] & (1 << 31 | 1 << 14))


class Esp32c3System(Peripheral):
    """CPU_PER_CONF and SYSCLK_CONF: where the core's clock comes from."""

    plain: ClassVar[dict[int, int]] = {0x08: 0x0C, 0x58: 1}

    @property
    def hz(self) -> int:
        """Of the core, as these registers and the PLL's power say."""
        conf, clock = self.values[0x08], self.values[0x58]
        rtc = next((model for model in self.system.peripherals.values() if isinstance(model, Esp32c3Rtc)), None)
        if clock >> 10 & 3 != 1:
            return _XTAL // ((clock & 0x3FF) + 1)
        if rtc is not None and rtc.values[0x00] & (1 << 10 | 1 << 8 | 1 << 6):
            raise Unmodelled("was switched to a PLL that has no power")
        return {0: 80_000_000, 1: 160_000_000}.get(conf & 3, 0)


class Esp32c3Systimer(Peripheral):
    """Unit 0: 52 bits of 16 MHz, latched by UNIT0_OP."""

    timed = True
    plain: ClassVar[dict[int, int]] = {0x00: 0x4600_0000}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._latched = 0

    def read(self, offset: int) -> int:
        if offset == 0x04:
            return 1 << 29  # the value is there at once
        if offset in (0x40, 0x44):
            return self._latched >> 32 if offset == 0x40 else self._latched
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == 0x04:
            if value >> 30 & 1:
                self._latched = self.clock.ticks(16_000_000) & (1 << 52) - 1
            return
        super().write(offset, value)


class Esp32c3Interrupts(Peripheral):
    """The interrupt matrix: sources to the core's 31 lines, each with an enable bit and a priority."""

    plain: ClassVar[dict[int, int]] = registers((0x000, 0x0F4), (0x104, 0x108), (0x114, 0x194))

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.system.interrupt_controller(self._translate, plain=False)

    def _translate(self, lines: int) -> int:
        raised = 0
        for source in range(lines.bit_length()):
            if lines >> source & 1:
                number = self.values.get(4 * source, 0) & 31
                ready = self.values[0x104] >> number & 1 and self.values[0x114 + 4 * number] >= max(1, self.values[0x194])
                raised |= 1 << number if ready and number else 0
        return raised
