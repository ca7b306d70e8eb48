"""The line to a device under test: commands go out, replies come back whole, or an error says what came instead.

A command is text up to '%', at most 80 characters; the reply is lines that end in CR LF, the last of them 'm-ready'. Where the device knows
tinylm's guarded commands (docs/protocol.md), every command and every reply is protected by a CRC-32, so that a line that loses, changes
or repeats bytes gives an error and never a wrong result.
"""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from tinylm.errors import InputError, TargetError
from tinylm.targets.wire import CHECK, FAULT, GARBAGE, Wire, excerpt, short

COMMAND_LIMIT = 80  # characters, '%' included
GUARD_BYTES = 12  # "#CCCCCCCCNN "
_REPLY_LIMIT = 1 << 20  # bytes of one reply
_TRIES = 3
_DAMAGED, _REPEATED = "e-[Damaged command]", "e-[Repeated command]"


@dataclass
class Line(Wire):
    """Every method raises TargetError: silence, garbage, an error reply, a reset; the sentence names the command and quotes what came.

    heard: is told every line of a reply as it comes.
    """

    heard: Callable[[str], None] | None = field(default=None, repr=False)
    _number: int = field(default_factory=lambda: secrets.randbelow(256), repr=False)
    _count: int = field(default=0, repr=False)  # guarded commands that the device has run since its start
    _lost: bool = field(default=False, repr=False)  # an answer to an older command may still come

    # Beginning.

    def boot(self) -> list[str]:
        """Wait until the device is ready: its greeting, or, where it runs already, the end of what it last did.

        Stale bytes and noise before it are dropped. Returns the lines that came.
        """
        lines = self._until_ready()
        if lines is None:  # silent: it greeted nobody before we came; end whatever half command it holds
            self._send("%", "")
            lines = self._until_ready()
        if lines is None:
            hint = "Is it powered, flashed and on this port? Press its reset button."
            raise TargetError(f"the device is silent: no 'm-ready' within {2 * self.timeout:g} s of opening the port.", hint=hint)
        self._meet()
        return lines

    def reconnect(self, wait: float = 10.0) -> list[str]:
        """After a reset or a lost port: open the port again (it may take ``wait`` seconds to come back), then ``boot``."""
        reopen = getattr(self.stream, "reopen", None)
        if reopen:
            reopen(wait)
        self._buffer.clear()
        self._lost = False
        return self.boot()

    def restart(self) -> list[str]:
        """Reset the device by its port's control lines, then ``boot``. Raises InputError: this target cannot."""
        reset = getattr(self.stream, "reset", None)
        if reset is None:
            raise InputError("this target cannot reset its device.", hint="Press the board's reset button.")
        reset()
        self._buffer.clear()
        self._lost = False
        return self.boot()

    def _meet(self) -> None:
        """Find out whether the device knows guarded commands; the reference firmware does not."""
        self.guarded, resets = True, 0
        for _ in range(_TRIES):
            self._count = 0
            try:
                self._exchange_guarded("name", self.timeout)
            except _Reset:
                resets += 1
            except _Repeated:
                continue  # the number that ran last on it, in another session
            except _Unguarded:
                self.guarded = False
                return
            else:
                return
        hint = "Does its firmware crash at the start, or its supply sag?"
        raise TargetError(f"the device resets again and again: {resets} times after 'm-ready'.", hint=hint)

    # One command.

    def command(self, text: str, timeout: float | None = None) -> list[str]:
        """Send one command, return the lines of its reply without 'm-ready'. Raises InputError: it does not fit a line."""
        lines = self.exchange(text, timeout)
        errors = [line for line in lines if line.startswith("e-[")]
        if errors:
            raise TargetError(f"the device refused '{short(text)}': {errors[0][3:].removesuffix(']')}.")
        return lines

    def exchange(self, text: str, timeout: float | None = None) -> list[str]:
        """The same, errors that the device answers with included."""
        room = self.room
        if len(text) > room or not text.isascii() or not text.isprintable() or "%" in text:
            shown = excerpt(text.encode(errors="replace"))
            raise InputError(f"'{shown}' is no command: at most {room} printable ASCII characters without '%'.")
        self._recover()
        wait = self.timeout if timeout is None else timeout
        self._lost = True  # until the reply is whole, whatever interrupts us
        try:
            lines = self._exchange_guarded(text, wait) if self.guarded else self._exchange_plain(text, wait)
        except _Reset:
            self._count = 0  # it has been said once
            raise
        self._lost = False
        return lines

    def exchange_bytes(self, data: bytes, replies: int = 1, timeout: float | None = None) -> list[list[str]]:
        """Send any bytes, unguarded, and read so many replies: for tests of the device's own checks. timeout: seconds between two lines."""
        self._recover()
        self._lost = True
        self._send(data, excerpt(data, 200).removesuffix("%"))
        wait = self.timeout if timeout is None else timeout
        lines = [self._reply(excerpt(data), wait) for _ in range(replies)]
        self._lost = False
        return lines

    @property
    def room(self) -> int:
        """Characters that a command may have."""
        return COMMAND_LIMIT - 1 - (GUARD_BYTES if self.guarded else 0)

    def _exchange_plain(self, text: str, wait: float) -> list[str]:
        self._send(f"{text}%", text)
        return self._reply(text, wait)

    def _exchange_guarded(self, text: str, wait: float) -> list[str]:
        """A command that came damaged is repeated; the device refuses to run one twice, so that is safe whatever it is."""
        self._number = (self._number + 1) & 0xFF
        body = f"{self._number:02X} {text}"
        crc = zlib.crc32(body.encode())
        frame = f"#{crc:08X}{body}"
        for _ in range(_TRIES):
            self._send(f"{frame}%", text)
            while True:
                lines = self._reply(text, wait)
                check = CHECK.fullmatch(lines[-1]) if lines else None
                if check and int(check[1], 16) == self._number:
                    return self._checked(text, lines, check, crc)
                if lines == [f"e-[Unknown command: {frame.split()[0]}]"]:
                    raise _Unguarded(f"the device refused '{short(text)}': it knows no guarded commands.")
                if not check:
                    break  # it came damaged, and so did not run
        raise TargetError(f"the line damages what is sent: '{short(text)}' did not arrive in {_TRIES} tries.", hint=GARBAGE)

    def _checked(self, text: str, lines: list[str], check: re.Match[str], crc: int) -> list[str]:
        """The reply without its check."""
        body = "".join(f"{line}\r\n" for line in lines[:-1]) + check[0][: -len("-01234567")]
        if zlib.crc32(body.encode(), crc) != int(check[3], 16):
            raise TargetError(f"the answer to '{short(text)}' came damaged: its check sum is wrong.", hint=GARBAGE)
        count, before = int(check[2], 16), self._count
        self._count = count
        if lines[:-1] == [_REPEATED]:
            raise _Repeated(f"the answer to '{short(text)}' was lost on the line.", hint=GARBAGE)
        if count <= before:
            raise _Reset(f"the device was reset before '{short(text)}': what it had been told is lost.", hint=_RESET)
        self.transcript.append("< m-ready")
        return lines[:-1]

    def _reply(self, text: str, wait: float) -> list[str]:
        """The lines before the next 'm-ready'."""
        lines: list[str] = []
        room = _REPLY_LIMIT
        while (line := self._line(text, wait)) != "m-ready":
            lines.append(line)
            if self.heard:
                self.heard(line)
            room -= len(line) + 2
            if line.startswith(FAULT):  # the device has stopped; nothing more will come
                hint = "The report names PC and LR: look them up in the map."
                raise TargetError(f"the firmware crashed in '{short(text)}': {line.removeprefix(FAULT)}.", hint=hint)
            if room < 0:
                raise TargetError(f"the reply to '{short(text)}' does not end: over {_REPLY_LIMIT} bytes without 'm-ready'.")
        if "m-init-done" in lines:
            raise _Reset(f"the device was reset in the middle of '{short(text)}': it greets again instead of answering.", hint=_RESET)
        return lines

    # After a failure.

    def _recover(self) -> None:
        """Drop what came unasked; after a failure, everything up to an answer that can only be new."""
        self._drain()
        if not self._lost:
            return
        word = f"sync-{secrets.token_hex(4)}"
        self._send(f"%{word}%", word)
        for _ in range(_REPLY_LIMIT):
            try:
                if self._reply(word, self.timeout)[-1:] == [f"e-[Unknown command: {word}]"]:
                    break
            except _Reset:
                self._send(f"%{word}%", word)
        self._lost = False

    def _drain(self) -> None:
        room = _REPLY_LIMIT
        while waiting := self._waiting():
            before = len(self._buffer)
            self._receive("", 0.0 if waiting else self.timeout)
            room -= len(self._buffer) - before
            if room < 0:
                raise TargetError(f"the device does not stop talking: '{excerpt(self._buffer)}'.", hint=GARBAGE)
            if len(self._buffer) == before:
                break
        stale = bytes(self._buffer)
        self._buffer.clear()
        if b"m-init-done" in stale and not self.guarded:
            raise _Reset("the device was reset since the last command: what it had been told is lost.", hint=_RESET)
        if stale:
            self.transcript.append(f"< (dropped) {excerpt(stale, 200)}")


class _Reset(TargetError):
    """The device has started anew."""


class _Repeated(TargetError):
    """The device had run the command already."""


class _Unguarded(TargetError):
    """The device knows no guarded commands."""


_RESET = "Start again; where it happens again, look at its supply and its reset line."
