"""What the models of peripherals have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol, runtime_checkable

from tinylm.boards import Board
from tinylm.boards import Peripheral as Entry
from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.clock import Clock
from tinylm.targets.emulator.line import Line


class System(Protocol):
    """What a model may use of the machine around it."""

    board: Board
    clock: Clock
    peripherals: dict[str, Peripheral]

    def interrupt(self, number: int | None, level: bool) -> None:
        """Drive an interrupt line; None: the peripheral has none."""

    def attention(self) -> None:
        """Have the core look for interrupts before its next block."""

    def interrupt_controller(self, translate: Callable[[int], int], plain: bool = True) -> None:
        """A model takes the chip's interrupt lines (bit n: interrupt n) and says which of the core's own they raise (bit n of mip).

        plain: the core masks them with its CSR mie; otherwise the chip's controller has done so.
        """

    def line(self, name: str, baud: int) -> Line:
        """The serial line at the pins of the peripheral ``name``."""

    def dma_read(self, address: int, count: int) -> bytes:
        """Bytes of RAM. Raises TargetError: not in RAM."""

    def dma_write(self, address: int, data: bytes) -> None:
        """Put bytes into RAM. Raises TargetError: not in RAM."""


class Peripheral:
    """A block of 32-bit registers.

    span: bytes of address space. timed, external: see Device.
    plain: offset -> reset value of registers that only remember what was written.
    A model overrides ``read`` and ``write`` for the others and leaves the rest to these, which refuse what is unknown.
    """

    span: ClassVar[int] = 0x1000
    timed = False
    external = False
    plain: ClassVar[dict[int, int]] = {}

    def __init__(self, system: System, entry: Entry) -> None:
        self.system, self.entry, self.name = system, entry, entry.name
        self.values = dict(self.plain)

    @property
    def clock(self) -> Clock:
        return self.system.clock

    def access(self, offset: int, size: int, value: int | None) -> int:
        if size != 4:
            raise Unmodelled(f"takes 4-byte accesses only, not {size}")
        if value is None:
            return self.read(offset) & 0xFFFF_FFFF
        self.write(offset, value)
        return 0

    def read(self, offset: int) -> int:
        if offset in self.values:
            return self.values[offset]
        raise Unmodelled("has no model of this register")

    def write(self, offset: int, value: int) -> None:
        if offset not in self.values:
            raise Unmodelled("has no model of this register")
        self.values[offset] = value

    def interrupt(self, level: bool) -> None:
        self.system.interrupt(self.entry.irq, level)


@runtime_checkable
class Pins(Protocol):
    """A model of a GPIO block: what a power monitor or an oscilloscope would see of it."""

    def level(self, pin: int) -> bool | None:
        """What the block drives a pin to, numbered as by ``boards.pin_number``; None where it does not drive it."""


class Aliased(Peripheral):
    """A peripheral of the RP2040: at +0x1000, +0x2000, +0x3000 writes flip, set, clear bits (datasheet 2.1.2)."""

    span = 0x4000

    def access(self, offset: int, size: int, value: int | None) -> int:
        alias, register = offset >> 12, offset & 0xFFF
        if value is not None and alias:
            old = self.read(register)
            value = (old ^ value, old | value, old & ~value)[alias - 1]
        return super().access(register, size, value)


def registers(*ranges: tuple[int, int], value: int = 0) -> dict[int, int]:
    """Plain registers from first to last offset, both included."""
    return {offset: value for first, last in ranges for offset in range(first, last + 1, 4)}
