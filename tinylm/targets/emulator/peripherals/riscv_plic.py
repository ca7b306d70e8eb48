"""Platform-level interrupt controller: context 0, machine mode of the first core. RISC-V PLIC specification 1.0."""

from __future__ import annotations

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals.base import Peripheral

_ENABLE, _THRESHOLD, _CLAIM = 0x2000, 0x20_0000, 0x20_0004
_SOURCES = 64
_EXTERNAL = 1 << 11  # of mip


class RiscvPlic(Peripheral):
    span = 0x40_0000

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._priorities = [0] * _SOURCES
        self._enabled = self._claimed = self._threshold = self._lines = 0
        self.system.interrupt_controller(self._translate)

    def _translate(self, lines: int) -> int:
        self._lines = lines
        return _EXTERNAL if self._best() else 0

    def _best(self) -> int:
        """The source to be served: the highest priority, of those the lowest number; 0: none."""
        ready = self._lines & self._enabled & ~self._claimed
        sources = [number for number in range(1, _SOURCES) if ready >> number & 1 and self._priorities[number] > self._threshold]
        return max(sources, key=lambda number: (self._priorities[number], -number), default=0)

    def read(self, offset: int) -> int:
        if offset == _CLAIM:
            source = self._best()
            self._claimed |= 1 << source
            return source
        raise Unmodelled("has no model of reading this register")

    def write(self, offset: int, value: int) -> None:
        if offset < 4 * _SOURCES:
            self._priorities[offset // 4] = value
        elif _ENABLE <= offset < _ENABLE + _SOURCES // 8:
            shift = 8 * (offset - _ENABLE)
            self._enabled = self._enabled & ~(0xFFFF_FFFF << shift) | value << shift
        elif offset == _THRESHOLD:
            self._threshold = value
        elif offset == _CLAIM:
            self._claimed &= ~(1 << value)
            self.system.attention()  # it may ask again at once
        else:
            raise Unmodelled("has no model of this register")
