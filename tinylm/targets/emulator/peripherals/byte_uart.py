"""What UARTs without a FIFO have in common: one byte in the shift register, one waiting behind it; one received byte.

Bytes leave in the time that the line's rate gives. Received bytes arrive at the same pace while the last one was taken, and wait on
the line otherwise (as if flow-controlled), so none is lost.
"""

from __future__ import annotations

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.clock import Event
from tinylm.targets.emulator.line import Line
from tinylm.targets.emulator.peripherals.base import System


class ByteUart:
    """changed: called when a flag of these has changed: room (for a byte to send), idle (all sent), filled (a byte was received).

    waiting: whether a byte fits behind the one that is on its way. listening: whether the receiver is on.
    """

    def __init__(self, system: System, name: str, waiting: bool) -> None:
        self.line: Line = system.line(name, 115200)
        self.line.arrived = self.listen
        self._clock, self._waiting = system.clock, waiting
        self._shifting: int | None = None
        self._next: int | None = None
        self._arriving: Event | None = None
        self.filled: int | None = None
        self.listening = False

    def changed(self) -> None:
        """Replaced by the owner."""

    @property
    def room(self) -> bool:
        return self._next is None if self._waiting else self._shifting is None

    @property
    def idle(self) -> bool:
        return self._shifting is None

    def send(self, byte: int) -> None:
        """Raises Unmodelled: no room, the byte before would be lost."""
        if not self.room:
            raise Unmodelled("was given a byte while it has no room; one would be lost")
        if self._shifting is None:
            self._shift(byte)
        else:
            self._next = byte
        self.changed()

    def _shift(self, byte: int) -> None:
        self._shifting = byte
        self._clock.after(self.line.duration(), self._sent)

    def _sent(self) -> None:
        assert self._shifting is not None
        byte, self._shifting = self._shifting, None
        if self._next is not None:
            following, self._next = self._next, None
            self._shift(following)
        self.line.put(bytes([byte]))
        self.changed()

    def listen(self) -> None:
        """Take the next byte from the line, if there is one and room for it."""
        if self.listening and self.line.to_device and self._arriving is None and self.filled is None:
            self._arriving = self._clock.after(self.line.duration(), self._arrived)

    def _arrived(self) -> None:
        self._arriving = None
        self.filled = self.line.to_device.popleft()
        self.changed()

    def take(self) -> int:
        """The received byte; 0 where there is none."""
        byte, self.filled = self.filled or 0, None
        self.changed()
        self.listen()
        return byte
