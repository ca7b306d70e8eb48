"""What Nordic's peripherals have in common: tasks that are written 1 to, events that read 1 until cleared, INTENSET.

nRF52840 Product Specification v1.7, chapter 4 (Peripheral interface). The event at 0x100 + 4n has bit n in INTEN.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.peripherals.base import Peripheral

_INTEN, _INTENSET, _INTENCLR = 0x300, 0x304, 0x308


class NrfPeripheral(Peripheral):
    """tasks: offset -> name of the method it triggers. events: offsets. plain may hold SHORTS (0x200)."""

    tasks: ClassVar[dict[int, str]] = {}
    events: ClassVar[frozenset[int]] = frozenset()

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.raised: set[int] = set()
        self._enabled = 0

    def raise_event(self, offset: int) -> None:
        self.raised.add(offset)
        self._update()

    def _update(self) -> None:
        self.interrupt(any(self._enabled >> (offset - 0x100) // 4 & 1 for offset in self.raised))

    def read(self, offset: int) -> int:
        if offset in self.events:
            return int(offset in self.raised)
        if offset in (_INTEN, _INTENSET, _INTENCLR):
            return self._enabled
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset in self.tasks:
            if value & 1:
                getattr(self, self.tasks[offset])()
        elif offset in self.events:
            (self.raised.add if value & 1 else self.raised.discard)(offset)
            self._update()
        elif offset in (_INTEN, _INTENSET, _INTENCLR):
            old = self._enabled
            self._enabled = {_INTEN: value, _INTENSET: old | value, _INTENCLR: old & ~value}[offset]
            self._update()
        else:
            super().write(offset, value)
