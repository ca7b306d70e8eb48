"""What UARTs have in common: a byte in the shift register, some that may wait behind it; received bytes, one or more.

Bytes leave in the time that the line's rate gives. Received bytes arrive at the same pace while there is room for them, and wait on
the line otherwise (as if flow-controlled), so none is lost.
"""

from __future__ import annotations

from collections import deque

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.clock import Event
from tinylm.targets.emulator.line import Line
from tinylm.targets.emulator.peripherals.base import System


class ByteUart:
    """changed: called when a flag of these has changed: room (for a byte to send), idle (all sent), filled (a byte was received).

    depth: how many bytes fit behind the one that is on its way; holds: how many received ones. listening: whether the receiver is on.
    """

    def __init__(self, system: System, name: str, depth: int, holds: int = 1) -> None:
        self.line: Line = system.line(name, 115200)
        self.line.arrived = self.listen
        self._clock, self.depth, self.holds = system.clock, depth, holds
        self._shifting: int | None = None
        self._waiting: deque[int] = deque()
        self._arriving: Event | None = None
        self.received: deque[int] = deque()
        self.listening = False

    def changed(self) -> None:
        """Replaced by the owner."""

    @property
    def room(self) -> bool:
        return len(self._waiting) < self.depth if self.depth else self._shifting is None

    @property
    def empty(self) -> bool:
        """Nothing waits; a byte may still be on its way."""
        return not self._waiting

    @property
    def idle(self) -> bool:
        return self._shifting is None

    @property
    def unsent(self) -> int:
        """Bytes that wait or are on their way."""
        return len(self._waiting) + (self._shifting is not None)

    @property
    def filled(self) -> int | None:
        """The oldest received byte."""
        return self.received[0] if self.received else None

    def send(self, byte: int) -> None:
        """Raises Unmodelled: no room, the byte before would be lost."""
        if not self.room:
            raise Unmodelled("was given a byte while it has no room; one would be lost")
        if self._shifting is None:
            self._shift(byte)
        else:
            self._waiting.append(byte)
        self.changed()

    def _shift(self, byte: int) -> None:
        self._shifting = byte
        self._clock.after(self.line.duration(), self._sent)

    def _sent(self) -> None:
        assert self._shifting is not None
        byte, self._shifting = self._shifting, None
        if self._waiting:
            self._shift(self._waiting.popleft())
        self.line.put(bytes([byte]))
        self.changed()

    def listen(self) -> None:
        """Take the next byte from the line, if there is one and room for it."""
        if self.listening and self.line.to_device and self._arriving is None and len(self.received) < self.holds:
            self._arriving = self._clock.after(self.line.duration(), self._arrived)

    def _arrived(self) -> None:
        self._arriving = None
        self.received.append(self.line.to_device.popleft())
        self.changed()
        self.listen()

    def take(self) -> int:
        """The oldest received byte; 0 where there is none."""
        byte = self.received.popleft() if self.received else 0
        self.changed()
        self.listen()
        return byte
