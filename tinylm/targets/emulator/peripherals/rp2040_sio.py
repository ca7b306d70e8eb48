"""RP2040 SIO: the core's number (always 0, the second core sleeps in the boot ROM) and the pins. Datasheet 2.3.1.7."""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Peripheral, registers
from tinylm.targets.emulator.peripherals.rp2040_pins import Rp2040Io, Rp2040Pads

_CPUID, _IN, _OUT = 0x00, 0x04, 0x10
_FUNCTION = 5


class Rp2040Sio(Peripheral):
    """oe: offset of the output enables; banks: words of 32 pins that stand beside each other in IN, OUT and OE."""

    external = True
    oe, banks = 0x20, 1
    plain: ClassVar[dict[int, int]] = {_CPUID: 0, _OUT: 0, oe: 0}

    def read(self, offset: int) -> int:
        bank = offset - _IN
        if 0 <= bank < 4 * self.banks:
            return self.values[_OUT + bank] & self.values[self.oe + bank]
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        stride = 4 * self.banks
        for first in (_OUT, self.oe):
            change, bank = divmod(offset - first, stride)
            if 1 <= change <= 3:  # set, clear, xor behind the word itself
                old = self.values[first + bank]
                self.values[first + bank] = (old | value, old & ~value, old ^ value)[change - 1]
                return
        super().write(offset, value)

    def level(self, pin: int) -> bool | None:
        models = self.system.peripherals.values()
        chosen = any(isinstance(model, Rp2040Io) and model.function(pin) == _FUNCTION for model in models)
        isolated = any(isinstance(model, Rp2040Pads) and model.isolated(pin) for model in models)
        bank, bit = 4 * (pin // 32), pin % 32
        if not chosen or isolated or not self.values[self.oe + bank] >> bit & 1:
            return None
        return bool(self.values[_OUT + bank] >> bit & 1)


class Rp2350Sio(Rp2040Sio):
    """RP2350 datasheet 3.1.11: two words of pins."""

    oe, banks = 0x30, 2
    plain: ClassVar[dict[int, int]] = {_CPUID: 0, **registers((0x10, 0x14), (0x30, 0x34))}
