"""nRF52 TIMER as a timer: 16 MHz divided by 2^PRESCALER, capture, compare with events and shorts.

Product Specification v1.7, 6.30. Counter mode is not modelled.
"""

from __future__ import annotations

from typing import ClassVar

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.clock import Event
from tinylm.targets.emulator.peripherals.base import registers
from tinylm.targets.emulator.peripherals.nrf import NrfPeripheral

_BASE_HZ = 16_000_000
_SHORTS, _MODE, _BITMODE, _PRESCALER, _CC, _CHANNELS = 0x200, 0x504, 0x508, 0x510, 0x540, 6
_WIDTHS = {0: 16, 1: 8, 2: 24, 3: 32}


class NrfTimer(NrfPeripheral):
    tasks: ClassVar[dict[int, str]] = {0x000: "start", 0x004: "stop", 0x00C: "clear", 0x010: "stop"}
    events = frozenset(range(0x140, 0x140 + 4 * _CHANNELS, 4))
    plain: ClassVar[dict[int, int]] = {_SHORTS: 0, _MODE: 0, _BITMODE: 0, _PRESCALER: 4, **registers((_CC, _CC + 4 * _CHANNELS - 4))}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self._running = False
        self._held = 0  # the count while it stands
        self._since = 0  # ticks of the prescaled clock when the count was 0
        self._planned: list[Event] = []
        self._armed: set[int] = set()  # channels whose value the program has set

    @property
    def _hz(self) -> int:
        return _BASE_HZ >> min(self.values[_PRESCALER], 9)

    @property
    def _mask(self) -> int:
        return (1 << _WIDTHS[self.values[_BITMODE] & 3]) - 1

    def count(self) -> int:
        return (self.clock.ticks(self._hz) - self._since if self._running else self._held) & self._mask

    def start(self) -> None:
        if not self._running:
            self._running, self._since = True, self.clock.ticks(self._hz) - self._held
        self._plan()

    def stop(self) -> None:
        self._held, self._running = self.count(), False
        self._plan()

    def clear(self) -> None:
        self._held, self._since = 0, self.clock.ticks(self._hz)
        self._plan()

    def _plan(self) -> None:
        """Plan the compare events of the channels that the program has set."""
        for event in self._planned:
            event.cancel()
        self._planned = []
        if self._running:
            for channel in sorted(self._armed):
                self._plan_channel(channel)

    def _plan_channel(self, channel: int) -> None:
        target = self.values[_CC + 4 * channel]
        shorted = self.values[_SHORTS] >> channel & 0x0101

        def reached() -> None:
            self.raise_event(0x140 + 4 * channel)
            if shorted & 1:
                self.clear()
            if shorted & 0x100:
                self.stop()
            self._plan()

        ticks = (target - self.count()) & self._mask or self._mask + 1
        moment = -(-(self.clock.ticks(self._hz) + ticks) * self.clock.hz // self._hz)
        self._planned.append(self.clock.after(moment - self.clock.now, reached))

    def write(self, offset: int, value: int) -> None:
        if 0x040 <= offset < 0x040 + 4 * _CHANNELS:
            if value & 1:
                self.values[_CC + offset - 0x040] = self.count()
                self._armed.discard(offset - 0x040 >> 2)
            return
        if offset == _MODE and value:
            raise Unmodelled("models timer mode only, not counter mode")
        if offset == _PRESCALER:
            self._held = self.count()
            self.values[offset] = value & 0xF
            self._since = self.clock.ticks(self._hz) - self._held
            self._plan()
            return
        super().write(offset, value)
        if offset >= _CC:
            self._armed.add(offset - _CC >> 2)
        if offset in (_SHORTS, _BITMODE) or offset >= _CC:
            self._plan()
