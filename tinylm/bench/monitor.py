"""Power monitors: joules and the timestamps that a device under test makes by falling edges of a pin.

The ST X-NUCLEO-LPM01A is spoken to over its serial port, in text: UM2243 and its own ``help``; the settings are those of the public runner
(mlcommons/tiny v1.4, benchmark/runner/power_manager/power_manager_lpm.py). It is at 3,686,400 baud; every command is answered by
``PowerShield > ack COMMAND`` or ``error COMMAND``; an acquisition is lines of numbers, ``6409-07`` being 6409e-07 J of a millisecond, with
``event N ris`` for an edge and ``TimeStamp: SSSs MMMms, buff PP%`` every second.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tinylm.errors import TargetError
from tinylm.targets.wire import Stream, excerpt

BAUD = 3_686_400
RATE = 1000  # samples a second
_LOST = 0.001  # share of samples that may be lost: the public runner's limit
_SAMPLE = re.compile(r"(\d{4})([+-]\d{2})")
_EVENT = re.compile(r"event (\d+) ris")
_PROMPT = "PowerShield > "
_SETUP = (
    "acqtime inf",
    "trigdelay 0",
    "trigsrc sw",
    "eventsrc d7 fal",
    "output energy",
    "format ascii_dec",
    "freq 1k",
)


@dataclass(frozen=True)
class Pair:
    """What lies between two timestamps."""

    seconds: float
    joules: float


@dataclass
class Capture:
    """samples: joules of 1/rate seconds each; edges: how many samples there were at each timestamp. source: what measured."""

    source: str
    rate: float = RATE
    samples: Sequence[float] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)

    def between(self, start: int, end: int) -> Pair:
        """From timestamp ``start`` to ``end``, their places in ``edges``."""
        low, high = self.edges[start], self.edges[end]
        return Pair((high - low) / self.rate, float(sum(self.samples[low:high])))

    def pairs(self) -> list[Pair]:
        """The windows of a whole recording: two edges each; the greeting at the start makes one of its own."""
        first = len(self.edges) % 2
        return [self.between(start, start + 1) for start in range(first, len(self.edges), 2)]


class Monitor(Protocol):
    """A monitor while it measures."""

    name: str

    def edges(self) -> int:
        """Timestamps so far."""

    def pair(self, before: int) -> Pair:
        """The last two timestamps, once there are two more than ``before``. Raises TargetError: they do not come, or something was lost."""


class Lpm01a:
    """The LPM01A on an open port. Supplies the device: ``voltage`` in volts, 1.8 to 3.3."""

    name = "X-NUCLEO-LPM01A"

    def __init__(self, stream: Stream, voltage: float, timeout: float = 5.0) -> None:
        self._stream, self._timeout = stream, timeout
        self._capture = Capture(self.name)
        self._samples: list[float] = []
        self._capture.samples = self._samples
        self._counters: list[int] = []
        self._seconds: list[int] = []  # samples at each of the monitor's own time stamps
        self._answers: list[str] = []
        self._failure: TargetError | None = None
        self._news = threading.Condition()
        self._reading = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self._command("htc")
        self._command("pwr off")
        for line in (*_SETUP, f"volt {round(voltage * 1000)}m"):
            self._command(line)

    def power(self, on: bool) -> None:
        """The device's supply."""
        self._command("pwr on nostatus" if on else "pwr off")

    def start(self) -> None:
        """Measure until ``close``."""
        self._command("start")

    def close(self) -> None:
        """Stop measuring, supply off, control given back."""
        try:
            self._stream.write(b"stop\r\n")
            self._wait(lambda: any("Acquisition completed" in line for line in self._answers), "stop")
            self.power(False)
            self._command("hrc")
        finally:
            self._reading = False
            self._thread.join(timeout=2)

    def edges(self) -> int:
        with self._news:
            return len(self._capture.edges)

    def pair(self, before: int) -> Pair:
        self._wait(lambda: len(self._capture.edges) >= before + 2, "the device's timestamps")
        with self._news:
            numbers, stamps = self._counters[before:], self._seconds
            if any(later != number + 1 for number, later in itertools.pairwise(numbers)):
                raise TargetError(f"the power monitor lost a timestamp: it counted {', '.join(map(str, numbers))}.")
            for last, this in itertools.pairwise(stamps):
                if abs(this - last - RATE) > _LOST * RATE:
                    hint = "Close what else uses its USB hub."
                    raise TargetError(f"the power monitor sent {this - last} samples in a second instead of {RATE}.", hint=hint)
            return self._capture.between(-2, -1)

    def _command(self, text: str) -> None:
        with self._news:
            self._answers.clear()
        self._stream.write(f"{text}\r\n".encode())
        self._wait(lambda: any(self._answer(line, text) for line in self._answers), text)
        if any(self._answer(line, text) == "error" for line in self._answers):
            detail = next((line for line in self._answers if line.startswith("Error detail")), "")
            raise TargetError(f"the power monitor refused '{text}'{': ' + detail if detail else ''}.")

    @staticmethod
    def _answer(line: str, text: str) -> str | None:
        word, _, rest = line.removeprefix(_PROMPT).strip().partition(" ")
        return word if word in ("ack", "error") and rest.startswith(text) else None

    def _wait(self, done: object, what: str) -> None:
        assert callable(done)
        end = time.monotonic() + self._timeout
        with self._news:
            while not done():
                left = end - time.monotonic()
                if self._failure:
                    raise self._failure
                if left <= 0:
                    hint = "Is it connected, its D7 wired to the device's timestamp pin, and no other program using it?"
                    raise TargetError(f"the power monitor was silent for {self._timeout:g} s after '{what}'.", hint=hint)
                self._news.wait(left)

    def _read(self) -> None:
        buffer = b""
        self._stream.timeout = 0.1
        while self._reading:
            try:
                buffer += self._stream.read(max(1, self._stream.in_waiting))
            except OSError as error:
                with self._news:
                    self._failure = TargetError(f"the power monitor's port failed: {error}.", hint="Was it unplugged?")
                    self._news.notify_all()
                return
            *lines, buffer = buffer.split(b"\n")
            with self._news:
                for line in lines:
                    self._take(line.strip(b"\r\0 ").decode("latin-1"))
                self._news.notify_all()

    def _take(self, line: str) -> None:
        if found := _EVENT.match(line):
            self._counters.append(int(found[1]))
            self._capture.edges.append(len(self._samples))
        elif line.startswith("TimeStamp"):
            self._seconds.append(len(self._samples))
        elif _SAMPLE.match(line):
            found_all = _SAMPLE.findall(line)
            if "".join(map("".join, found_all)) != line.replace(" ", "").replace(",", ""):
                self._failure = TargetError(f"the power monitor sent a damaged sample: '{excerpt(line.encode('latin-1'))}'.")
            self._samples.extend(float(f"{digits}e{exponent}") for digits, exponent in found_all)
        elif line:
            self._answers.append(line)
