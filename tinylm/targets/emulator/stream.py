"""The emulated console as a serial port: pyserial's interface, without a port, a thread or a socket."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from tinylm.errors import TargetError

if TYPE_CHECKING:
    from tinylm.targets.emulator.machine import Machine

_SLICE = 0.05  # virtual seconds between two looks at the wall clock


class EmulatorStream:
    """The machine runs while somebody reads, and stands still otherwise.

    timeout: VIRTUAL seconds that ``read`` waits; None: as long as it takes. wall_limit: real seconds that one read may
    take, whatever the timeout. Bytes written wait at the pins until the device takes them, so none is lost.
    """

    def __init__(self, machine: Machine, timeout: float | None = 5.0, wall_limit: float = 600.0) -> None:
        self.machine = machine
        self.timeout, self.wall_limit = timeout, wall_limit
        self.is_open = True

    @property
    def port(self) -> str:
        return f"emulator:{self.machine.board.name}"

    def _check(self) -> None:
        if not self.is_open:
            raise TargetError("the emulated console is closed.")

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once. Where there are none the machine runs for a moment, so that polling works."""
        self._check()
        if not self._ready:
            self._run(1, self.machine.clock.now + self._cycles(0.001))
        return self._ready

    @property
    def _ready(self) -> int:
        return len(self.machine.console.to_host)

    def _cycles(self, seconds: float) -> int:
        return round(seconds * self.machine.clock.hz)

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes; fewer where the timeout passes first. Raises TargetError: a fault, or the wall limit."""
        self._check()
        if self._ready < size:
            self._run(size, None if self.timeout is None else self.machine.clock.now + self._cycles(self.timeout))
        received = self.machine.console.to_host
        data = bytes(received[:size])
        del received[:size]
        return data

    def _run(self, size: int, deadline: int | None) -> None:
        machine, clock = self.machine, self.machine.clock
        started = time.monotonic()
        machine.wait_for(size)
        try:
            while self._ready < size and (deadline is None or clock.now < deadline):
                end = clock.now + self._cycles(_SLICE)
                if not machine.run(end if deadline is None else min(end, deadline)):
                    if deadline is None:
                        raise TargetError("the device waits for input and will not send anything more.")
                    clock.sleep_until(deadline)
                if time.monotonic() - started > self.wall_limit:
                    raise TargetError(f"the emulated device ran {self.wall_limit:g} s of real time without an answer.")
        finally:
            machine.wait_for(0)

    def write(self, data: bytes) -> int:
        """Put bytes on the line; the device takes them at the pace of its baud rate once it runs."""
        self._check()
        self.machine.console.feed(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back on this side."""

    def reset_input_buffer(self) -> None:
        """Drop what the device has sent so far."""
        self._check()
        self.machine.console.to_host.clear()

    def close(self) -> None:
        self.is_open = False

    def __enter__(self) -> EmulatorStream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
