"""Virtual time: estimated cycles of the core plus the cycles that it slept. Nothing here looks at the clock on the wall."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True)
class Event:
    """Something that happens at a moment (cycles); events of one moment happen in the order they were asked for."""

    when: int
    order: int
    action: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """counted: the cycles that the core has executed, as the block hook counts them (so quantised to a block).

    planned: called with the moment of each new event, so that a run under way ends in time for it.
    """

    def __init__(self, hz: int, counted: Callable[[], int]) -> None:
        self.hz = hz
        self.idle = 0
        self._counted = counted
        self.planned: Callable[[int], None] = lambda when: None
        self._events: list[Event] = []
        self._order = 0

    @property
    def now(self) -> int:
        """Cycles since reset."""
        return self._counted() + self.idle

    def ticks(self, hz: int) -> int:
        """How often a counter of ``hz`` has ticked since reset."""
        return self.now * hz // self.hz

    def cycles(self, count: int, hz: int) -> int:
        """Cycles of the core that ``count`` periods of ``hz`` take, rounded up."""
        return -(-count * self.hz // hz)

    def after(self, cycles: int, action: Callable[[], None]) -> Event:
        """Have ``action`` happen ``cycles`` from now."""
        self._order += 1
        event = Event(self.now + max(cycles, 1), self._order, action)
        heapq.heappush(self._events, event)
        self.planned(event.when)
        return event

    @property
    def due(self) -> int | None:
        """When the next event happens; None where none is planned."""
        while self._events and self._events[0].cancelled:
            heapq.heappop(self._events)
        return self._events[0].when if self._events else None

    def sleep_until(self, when: int) -> None:
        """Let time pass without instructions."""
        self.idle += max(0, when - self.now)

    def run_due(self) -> None:
        """Do what is due by now, oldest first."""
        while (due := self.due) is not None and due <= self.now:
            heapq.heappop(self._events).action()
