"""STM32 GPIO, all ports as one block: outputs are remembered, inputs read low unless the pin drives itself. RM0090 8.4 and its like."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import registers
from tinylm.targets.emulator.peripherals.stm32 import Stm32Peripheral

_PORTS, _PORT = 9, 0x400
_MODER, _IDR, _ODR, _BSRR, _AFR, _BRR = 0x00, 0x10, 0x14, 0x18, 0x20, 0x28
_OUTPUT, _ALTERNATE = 1, 2


class Stm32Gpio(Stm32Peripheral):
    """options: enable_register, enable_bit: of port A; the others follow."""

    span = _PORTS * _PORT
    external = True
    # MODER (analogue), OTYPER, OSPEEDR, PUPDR, ODR, LCKR, AFRL, AFRH
    plain: ClassVar[dict[int, int]] = {
        port * _PORT + offset: value
        for port in range(_PORTS)
        for offset, value in {**registers((0x00, 0x0C)), _ODR: 0, 0x1C: 0, _AFR: 0, _AFR + 4: 0}.items()
    }

    def need_clock(self, offset: int) -> None:
        register, bit = self.option("enable_register"), self.option("enable_bit") + offset // _PORT
        if not self.tree.enabled(register, bit):
            port = "ABCDEFGHI"[offset // _PORT]
            raise Unmodelled(f"is used while the clock of port {port} is off (RCC register {register:#x}, bit {bit})")

    def read(self, offset: int) -> int:
        if offset % _PORT == _IDR:
            return self.values[offset - _IDR + _ODR]
        return 0 if offset % _PORT in (_BSRR, _BRR) else super().read(offset)

    def write(self, offset: int, value: int) -> None:
        register = offset % _PORT
        if register in (_BSRR, _BRR):
            output = offset - register + _ODR
            cleared, put = (value >> 16, value & 0xFFFF) if register == _BSRR else (value, 0)
            self.values[output] = self.values[output] & ~cleared | put
        else:
            super().write(offset, value)

    def level(self, pin: int) -> bool | None:
        base, number = pin // 16 * _PORT, pin % 16
        if self.values[base + _MODER] >> 2 * number & 3 != _OUTPUT:
            return None
        return bool(self.values[base + _ODR] >> number & 1)

    def function(self, pin: int) -> int | None:
        """The alternate function that a pin is connected to; None where it is not."""
        base, number = pin // 16 * _PORT, pin % 16
        if self.values[base + _MODER] >> 2 * number & 3 != _ALTERNATE:
            return None
        return self.values[base + _AFR + 4 * (number // 8)] >> 4 * (number % 8) & 15
