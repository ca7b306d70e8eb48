"""A line between a session and a device that drops, changes, repeats, delays and cuts bytes: no wrong result may come through.

python -m tests.targets.faults [ROUNDS]        prints the table: fault, times injected, errors reported, wrong results accepted
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.firmware import standin
from tinylm.errors import TargetError
from tinylm.firmware.build import build_host
from tinylm.firmware.toolchain import Zig
from tinylm.targets.host import HostStream
from tinylm.targets.session import Session

TIMEOUT = 0.02  # seconds of silence that the session takes for an answer that does not come
_ROUND_LIMIT = 2.0  # seconds that a round of commands may take at most, errors included


@dataclass
class Faulty:
    """Passes bytes on between a session and ``device``, in pieces.

    fault: what happens to a piece, in either direction, where it strikes; rate: how often it does; injected: times that it did.
    """

    device: HostStream
    fault: Callable[[Faulty, bytes], bytes]
    rate: float
    chance: random.Random
    timeout: float | None = None
    injected: int = 0
    late: deque[bytes] = field(default_factory=deque)
    cut: int = 0  # reads and writes for which the line is still cut
    _to_host: bytearray = field(default_factory=bytearray)

    def _pass(self, data: bytes) -> bytes:
        if self.cut:
            self.cut -= 1
            return b""
        if data and self.chance.random() < self.rate:
            self.injected += 1
            return self.fault(self, data)
        return data

    @property
    def in_waiting(self) -> int:
        return len(self._to_host)

    def write(self, data: bytes) -> int:
        """In pieces, as an operating system may."""
        while self.late and self.chance.random() < 0.5:
            self.device.write(self.late.popleft())
        while data:
            size = self.chance.randint(1, 40)
            self.device.write(self._pass(data[:size]))
            data = data[size:]
        return 0

    def read(self, size: int = 1) -> bytes:
        came = self.device.read(self.device.in_waiting)
        while came:
            piece = self.chance.randint(1, 40)
            self._to_host += self._pass(came[:piece])
            came = came[piece:]
        data = bytes(self._to_host[:size])
        del self._to_host[:size]
        return data


def _at(line: Faulty, data: bytes) -> int:
    return line.chance.randrange(len(data))


def drop(line: Faulty, data: bytes) -> bytes:
    at = _at(line, data)
    return data[:at] + data[at + 1 :]


def lose(line: Faulty, data: bytes) -> bytes:
    return b""


def duplicate(line: Faulty, data: bytes) -> bytes:
    at = _at(line, data)
    return data[: at + 1] + data[at:]


def repeat(line: Faulty, data: bytes) -> bytes:
    return data + data


def corrupt(line: Faulty, data: bytes) -> bytes:
    at = _at(line, data)
    return data[:at] + bytes([data[at] ^ line.chance.randint(1, 255)]) + data[at + 1 :]


def digit(line: Faulty, data: bytes) -> bytes:
    """The worst: a digit becomes another, and the line looks right."""
    places = [at for at, byte in enumerate(data) if 48 <= byte < 58]
    if not places:
        return data
    at = line.chance.choice(places)
    return data[:at] + bytes([48 + (data[at] - 48 + line.chance.randint(1, 9)) % 10]) + data[at + 1 :]


def insert(line: Faulty, data: bytes) -> bytes:
    at = _at(line, data)
    return data[:at] + line.chance.randbytes(line.chance.randint(1, 5)) + data[at:]


def percent(line: Faulty, data: bytes) -> bytes:
    """A command ends where it should not."""
    at = _at(line, data)
    return data[:at] + b"%" + data[at:]


def delay(line: Faulty, data: bytes) -> bytes:
    """What is on its way comes with a later command."""
    line.late.append(data)
    return b""


def swap(line: Faulty, data: bytes) -> bytes:
    at = _at(line, data)
    return data[at:] + data[:at]


def cut(line: Faulty, data: bytes) -> bytes:
    line.cut = line.chance.randint(1, 30)
    return b""


def reset(line: Faulty, data: bytes) -> bytes:
    """The device starts anew in the middle, its greeting lost."""
    line.device._library.tl_host_start(line.device._callback)
    line.device.reset_input_buffer()
    return data


HEADS = ("rounds", "injected", "errors", "right", "wrong accepted", "hung", "no answer after")
FAULTS = (drop, lose, duplicate, repeat, corrupt, digit, insert, percent, delay, swap, cut, reset)


@dataclass
class Tally:
    """What came of a fault. wrong: results that were not the device's true ones; hung: rounds beyond the limit; deaf: rounds after
    which a good command over a good line got no answer."""

    rounds: int = 0
    injected: int = 0
    errors: int = 0
    right: int = 0
    wrong: int = 0
    hung: int = 0
    deaf: int = 0


def round_of(session: Session, data: bytes) -> bool:
    """Load, infer, read back everything. True: all of it is right. Raises TargetError."""
    session.load(data)
    run = session.infer(3, 1, timeout=TIMEOUT)
    raw = session.output(0)
    real = [0.25 * (((byte ^ 0x80) - 0x80) + 2) for byte in raw]
    return raw == bytes((byte + 1) & 0xFF for byte in data) and run.results == session.results() == real and session.name() == "tinylm-host"


def try_fault(
    library: Path, fault: Callable[[Faulty, bytes], bytes], rounds: int, rate: float = 0.02, seed: int = 0, guarded: bool = True
) -> Tally:
    """Rounds of commands over a line with one kind of fault; after each the line is good again and the device has to answer.

    guarded: False speaks as the public runner does, without checks.
    """
    tally = Tally()
    chance = random.Random(seed)
    line = Faulty(HostStream(library), fault, 0.0, chance)
    session = Session(line, timeout=TIMEOUT)
    session.boot()
    session.guarded = guarded
    for _ in range(rounds):
        tally.rounds += 1
        line.rate = rate
        started = time.monotonic()
        try:
            right = round_of(session, chance.randbytes(8))
            tally.right += right
            tally.wrong += not right
        except TargetError:
            tally.errors += 1
        tally.hung += time.monotonic() - started > _ROUND_LIMIT
        line.rate, line.cut = 0.0, 0
        line.late.clear()
        try:
            tally.deaf += not _recovered(session)
        except TargetError:
            tally.deaf += 1
    tally.injected = line.injected
    return tally


def _recovered(session: Session) -> bool:
    """One good command after the fault. A device that was reset says so once."""
    try:
        return session.name() == "tinylm-host"
    except TargetError as error:
        if "was reset" not in str(error):
            raise
        return session.name() == "tinylm-host"


def main(rounds: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        bundle = standin.add_one_bundle(Path(folder) / "b")
        library = build_host(bundle, standin.add_one(), Path(folder) / "out", toolchain=Zig())
        print(f"{'fault':10}" + "".join(f"{head:>16}" for head in HEADS))
        wrong = 0
        for number, fault in enumerate(FAULTS):
            tally = try_fault(library, fault, rounds, seed=number)
            wrong += tally.wrong + tally.hung + tally.deaf
            figures = (tally.rounds, tally.injected, tally.errors, tally.right, tally.wrong, tally.hung, tally.deaf)
            print(f"{fault.__name__:10}" + "".join(f"{figure:16,}" for figure in figures), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
