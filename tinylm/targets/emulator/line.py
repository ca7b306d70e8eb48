"""A serial line: bytes on their way between the device under test and the host."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from tinylm.errors import TargetError
from tinylm.targets.emulator.clock import Clock

_TOLERANCE = 0.03  # of the rate: what a receiver still samples right in the tenth bit
BITS = 10  # start, eight data bits, stop


class Line:
    """baud: as the pins run, set by the model of the UART; expected: as the host listens.

    Bytes from the host wait until the device takes them, so none is lost.
    arrived: called when the host has written. sent: called when a byte of the device has left.
    """

    def __init__(self, clock: Clock, baud: int) -> None:
        self.clock, self.baud = clock, baud
        self.expected = baud
        self.to_host = bytearray()
        self.to_device: deque[int] = deque()
        self.arrived: Callable[[], None] = lambda: None
        self.sent: Callable[[], None] = lambda: None

    def duration(self, count: int = 1) -> int:
        """Cycles that ``count`` bytes take on the line."""
        return self.clock.cycles(count * BITS, self.baud)

    def put(self, data: bytes) -> None:
        """The device's bytes have gone out. Raises TargetError: at a rate that the host would not understand."""
        if abs(self.baud - self.expected) > _TOLERANCE * self.expected:
            what = f"the device sends at {self.baud} baud, its console is set to {self.expected}."
            raise TargetError(what, hint="Look at the divisor and the clock of its UART.")
        self.to_host += data
        self.sent()

    def feed(self, data: bytes) -> None:
        """The host writes."""
        self.to_device.extend(data)
        self.arrived()
