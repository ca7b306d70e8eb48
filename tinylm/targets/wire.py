"""Text over a stream: bytes become lines, silence and noise become sentences, both sides are kept in a transcript."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from tinylm.errors import TargetError

GARBAGE = "Check the baud rate, the wiring and that no other program uses the port."
STRANGER = "Is this the right port, and is the firmware on the board?"
STOPPED = "It may have crashed or been unplugged: reset it and try again."
UNPLUGGED = "Was the device unplugged?"
FAULT = "e-[fault] "
CHECK = re.compile(r"m-check-([0-9A-F]{2})-([0-9A-F]{8})-([0-9A-F]{8})")
_LINE_LIMIT = 1 << 16
_STRANGE_LINES = 100  # more than any boot loader says before our greeting
_TRANSCRIPT_LINES = 20_000


class Stream(Protocol):
    """What a pyserial port, the emulator's console and the host's have in common. read: fewer bytes where the timeout passes.

    A stream that can be lost (a USB port goes with its board) has ``reopen(wait: float)`` besides; one that can reset its device has
    ``reset()``.
    """

    timeout: float | None

    @property
    def in_waiting(self) -> int: ...

    def read(self, size: int = 1) -> bytes: ...

    def write(self, data: bytes) -> int | None: ...


@dataclass
class Wire:
    """timeout: seconds (virtual ones on an emulator) of silence that are taken for an answer that will not come.

    transcript: the last lines of both sides ('> ' sent, '< ' received). guarded: whether the device knows guarded commands.
    """

    stream: Stream
    timeout: float = 5.0
    transcript: deque[str] = field(default_factory=lambda: deque(maxlen=_TRANSCRIPT_LINES))
    guarded: bool = False
    _buffer: bytearray = field(default_factory=bytearray, repr=False)

    def _waiting(self) -> int:
        try:
            return self.stream.in_waiting
        except OSError as error:
            raise TargetError(f"the port failed: {error}.", hint=UNPLUGGED) from error

    def _send(self, data: str | bytes, shown: str) -> None:
        self.transcript.append(f"> {shown}")
        try:
            self.stream.write(data.encode("ascii") if isinstance(data, str) else data)
        except OSError as error:
            raise TargetError(f"the port failed while '{short(shown)}' was sent: {error}.", hint=UNPLUGGED) from error

    def _receive(self, command: str, timeout: float) -> bool:
        """Put what comes into the buffer; False: silence for ``timeout``."""
        try:
            self.stream.timeout = timeout
            data = self.stream.read(1)
            if data:
                data += self.stream.read(min(self.stream.in_waiting, 4096))
        except OSError as error:
            raise TargetError(f"the port failed after '{short(command)}': {error}.", hint=UNPLUGGED) from error
        self._buffer += data
        return bool(data)

    def _take(self, end: int) -> bytes:
        raw = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        return raw

    def _line(self, command: str, timeout: float) -> str:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _LINE_LIMIT:
                what = f"after '{short(command)}' came {_LINE_LIMIT} bytes without a line end: '{excerpt(self._buffer)}'."
                raise TargetError(what, hint=GARBAGE)
            if not self._receive(command, timeout):
                raise self._silence(command, timeout)
        raw = self._take(end)
        line = raw.decode("latin-1")
        if not (self.guarded and (CHECK.fullmatch(line) or line == "m-ready")):
            self.transcript.append(f"< {excerpt(raw, 2000)}")
        if not (line.isascii() and line.isprintable()):
            raise TargetError(f"after '{short(command)}' came bytes that are no text: '{excerpt(raw)}'.", hint=GARBAGE)
        return line

    def _silence(self, command: str, timeout: float) -> TargetError:
        half = f", in the middle of '{excerpt(self._buffer)}'" if self._buffer else ""
        last = self.transcript[-1] if self.transcript else ""
        came = f" (the last line was '{excerpt(last[2:].encode())}')" if last.startswith("< ") and not half else ""
        hint = GARBAGE if _noisy(self._buffer) else STOPPED
        return TargetError(f"the device was silent for {timeout:g} s after '{short(command)}'{half}{came}.", hint=hint)

    def _until_ready(self) -> list[str] | None:
        """Lines up to 'm-ready', noise dropped; None: nothing came at all."""
        lines: list[str] = []
        said = bytearray()
        while True:
            while (end := self._buffer.find(b"\n")) < 0:
                have = len(self._buffer)
                if not self._receive("", self.timeout):
                    if not lines and not have:
                        return None
                    raise _no_greeting(said + self._buffer, " and fell silent")
                if len(said) + len(self._buffer) > _LINE_LIMIT:
                    raise _no_greeting(said + self._buffer, " and goes on")
            raw = self._take(end)
            said += raw + b"\n"
            lines.append(excerpt(raw, 2000))
            self.transcript.append(f"< {lines[-1]}")
            if raw.endswith(b"m-ready"):  # noise may stick to its front
                return lines
            if lines[-1].startswith(FAULT):
                raise TargetError(f"the firmware crashed while starting: {lines[-1].removeprefix(FAULT)}.")
            if len(lines) > _STRANGE_LINES and b"m-" not in said:
                raise _no_greeting(said, " and goes on")


def _no_greeting(said: bytes | bytearray, then: str) -> TargetError:
    first = next((line for line in bytes(said).splitlines() if line.strip()), b"nothing but line ends")
    hint = GARBAGE if _noisy(said) else STOPPED if first.startswith(b"m-") else STRANGER
    return TargetError(f"the device sent '{excerpt(first)}'{then}, without 'm-ready'.", hint=hint)


def _noisy(raw: bytes | bytearray) -> bool:
    return any(not (32 <= byte < 127 or byte in b"\r\n\t") for byte in raw)


def excerpt(raw: bytes | bytearray, limit: int = 60) -> str:
    """Printable, at most ``limit`` characters: what is no printable ASCII is shown as \\x.."""
    text = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in raw[: limit + 1])
    return text if len(text) <= limit else text[:limit] + "..."


def short(command: str) -> str:
    """A command as it stands in a sentence."""
    return command if len(command) <= 40 else command[:37] + "..."
