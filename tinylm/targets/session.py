"""A session with the device under test: the MLPerf Tiny protocol and tinylm's own commands, over any stream.

A command is text up to '%', at most 80 characters; the reply is lines that end in CR LF, the last of them 'm-ready'.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tinylm.errors import InputError, TargetError

COMMAND_LIMIT = 80  # characters, '%' included
LOAD_BYTES = 31  # a line of 'db', as the public runner sends it
_LINE_LIMIT = 1 << 16
_REPLY_LIMIT = 1 << 20  # bytes of one reply
_TRANSCRIPT_LINES = 500
_FAULT = "e-[fault] "
_FEED, _SCORE = "lm feed ", "lm score "
_LAP = r"m-lap-us-(\d+)"
_INT = r"(\d+)"


class Stream(Protocol):
    """What a pyserial port, the emulator's console and the host's have in common. read: fewer bytes where the timeout passes."""

    timeout: float | None

    @property
    def in_waiting(self) -> int: ...

    def read(self, size: int = 1) -> bytes: ...

    def write(self, data: bytes) -> int | None: ...


@dataclass(frozen=True)
class Stack:
    """used: high-water mark, size: bytes. arena_intact: the canary after the arena is untouched."""

    used: int
    size: int
    arena_intact: bool


@dataclass(frozen=True)
class Inference:
    """elapsed_us: of all the inferences. results: output 0 of the last, dequantised, as printed (three decimals)."""

    elapsed_us: int
    results: list[float]


@dataclass(frozen=True)
class Generation:
    """prompt_tokens: fed, the answer token included. stop: 'end' or 'limit'. Times in microseconds."""

    prompt_tokens: int
    tokens: list[int]
    text: str
    prompt_us: int
    generate_us: int
    stop: str


@dataclass
class Session:
    """timeout: seconds (virtual ones on an emulator) of silence that are taken for an answer that will not come.

    Every method raises TargetError: silence, garbage, a reply out of order, an error reply; the sentence names the
    command and quotes what came. ``transcript`` keeps the last lines of both sides ('> ' sent, '< ' received).
    """

    stream: Stream
    timeout: float = 5.0
    transcript: deque[str] = field(default_factory=lambda: deque(maxlen=_TRANSCRIPT_LINES))
    _buffer: bytearray = field(default_factory=bytearray, repr=False)

    # The protocol.

    def boot(self) -> list[str]:
        """Wait until the device is ready: its greeting, or, where it runs already, the end of what it last did.

        Stale bytes and noise before it are dropped. Returns the lines that came.
        """
        lines = self._until_ready_whatever()
        if lines is None:  # silent: it greeted nobody before we came; end whatever half command it holds
            self._send("")
            lines = self._until_ready_whatever()
        if lines is None:
            hint = "Is it powered, flashed and on this port? Press its reset button."
            raise TargetError(f"the device is silent: no 'm-ready' within {2 * self.timeout:g} s of opening the port.", hint=hint)
        return lines

    def command(self, text: str, timeout: float | None = None) -> list[str]:
        """Send one command, return the lines of its reply without 'm-ready'. Raises InputError: it does not fit a line."""
        lines = self.exchange(text, timeout)
        errors = [line for line in lines if line.startswith("e-[")]
        if errors:
            raise TargetError(f"the device refused '{_short(text)}': {errors[0][3:].removesuffix(']')}.")
        return lines

    def exchange(self, text: str, timeout: float | None = None) -> list[str]:
        """The same, errors that the device answers with included."""
        if len(text) >= COMMAND_LIMIT or not text.isascii() or not text.isprintable() or "%" in text:
            shown = _excerpt(text.encode(errors="replace"))
            raise InputError(f"'{shown}' is no command: at most 79 printable ASCII characters without '%'.")
        self._send(text)
        lines: list[str] = []
        room = _REPLY_LIMIT
        while (line := self._line(text, self.timeout if timeout is None else timeout)) != "m-ready":
            lines.append(line)
            room -= len(line) + 2
            if line.startswith(_FAULT):  # the device has stopped; nothing more will come
                hint = "The report names PC and LR: look them up in the map."
                raise TargetError(f"the firmware crashed in '{_short(text)}': {line.removeprefix(_FAULT)}.", hint=hint)
            if room < 0:
                raise TargetError(f"the reply to '{_short(text)}' does not end: over {_REPLY_LIMIT} bytes without 'm-ready'.")
        return lines

    def _send(self, text: str) -> None:
        self.transcript.append(f"> {text}")
        try:
            self.stream.write(f"{text}%".encode("ascii"))
        except OSError as error:
            raise TargetError(f"the port failed while '{_short(text)}' was sent: {error}.", hint="Was the device unplugged?") from error

    def _receive(self, command: str, timeout: float) -> bool:
        """Put what comes into the buffer; False: silence for ``timeout``."""
        try:
            self.stream.timeout = timeout
            data = self.stream.read(1)
            if data:
                data += self.stream.read(min(self.stream.in_waiting, 4096))
        except OSError as error:
            raise TargetError(f"the port failed after '{_short(command)}': {error}.", hint="Was the device unplugged?") from error
        self._buffer += data
        return bool(data)

    def _line(self, command: str, timeout: float) -> str:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _LINE_LIMIT:
                what = f"after '{_short(command)}' came {_LINE_LIMIT} bytes without a line end: '{_excerpt(self._buffer)}'."
                raise TargetError(what, hint=_GARBAGE)
            if not self._receive(command, timeout):
                raise self._silence(command, timeout)
        raw = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        line = raw.decode("latin-1")
        self.transcript.append(f"< {_excerpt(raw, 2000)}")
        if not (line.isascii() and line.isprintable()):
            raise TargetError(f"after '{_short(command)}' came bytes that are no text: '{_excerpt(raw)}'.", hint=_GARBAGE)
        return line

    def _silence(self, command: str, timeout: float) -> TargetError:
        half = f", in the middle of '{_excerpt(self._buffer)}'" if self._buffer else ""
        last = self.transcript[-1] if self.transcript else ""
        came = f" (the last line was '{_excerpt(last[2:].encode())}')" if last.startswith("< ") and not half else ""
        hint = "It may have crashed or been unplugged: reset it and try again."
        return TargetError(f"the device was silent for {timeout:g} s after '{_short(command)}'{half}{came}.", hint=hint)

    def _until_ready_whatever(self) -> list[str] | None:
        """Lines up to 'm-ready', noise dropped; None: nothing came at all."""
        lines: list[str] = []
        seen = 0
        while True:
            while (end := self._buffer.find(b"\n")) < 0:
                have = len(self._buffer)
                if not self._receive("", self.timeout):
                    if not seen and not have:
                        return None
                    raise TargetError(f"the device sent '{self._said(lines)}' and fell silent, without 'm-ready'.", hint=_GARBAGE)
                seen += len(self._buffer) - have
                if seen > _LINE_LIMIT:
                    raise TargetError(f"the device sent {seen} bytes without 'm-ready': '{self._said(lines)}'.", hint=_GARBAGE)
            raw = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            lines.append(_excerpt(raw, 2000))
            self.transcript.append(f"< {lines[-1]}")
            if raw.endswith(b"m-ready"):  # noise may stick to its front
                return lines
            if lines[-1].startswith(_FAULT):
                raise TargetError(f"the firmware crashed while starting: {lines[-1].removeprefix(_FAULT)}.")

    def _said(self, lines: list[str]) -> str:
        return _excerpt(lines[0].encode() if lines else bytes(self._buffer))

    def _match(self, command: str, lines: Sequence[str], *patterns: str) -> list[str]:
        """Check the lines against one pattern each; return all their groups in order."""
        groups: list[str] = []
        for index, pattern in enumerate(patterns):
            line = lines[index] if index < len(lines) else "m-ready"
            found = re.fullmatch(pattern, line)
            if not found:
                raise self._disorder(command, line, pattern)
            groups += found.groups()
        if len(lines) > len(patterns):
            raise self._disorder(command, lines[len(patterns)], "m-ready")
        return groups

    def _disorder(self, command: str, line: str, expected: str) -> TargetError:
        shown = re.sub(r"\\(.)", r"\1", re.sub(r"\((?:\\.|\[[^\]]*\]|[^()])*\)", "...", expected))
        hint = "Does the device run firmware of this version?"
        return TargetError(f"the device answered '{_excerpt(line.encode())}' to '{_short(command)}', where '{shown}' was due.", hint=hint)

    def _ask(self, command: str, *patterns: str, timeout: float | None = None) -> list[str]:
        return self._match(command, self.command(command, timeout), *patterns)

    # The commands of MLPerf Tiny.

    def name(self) -> str:
        return self._ask("name", r"m-name-dut-\[(.*)\]")[0]

    def profile(self) -> tuple[str, str]:
        """The protocol's version and the model's id."""
        profile, model = self._ask("profile", r"m-profile-\[(.*)\]", r"m-model-\[(.*)\]")
        return profile, model

    def timestamp(self) -> int:
        """Microseconds since the device started."""
        return int(self._ask("timestamp", _LAP)[0])

    def load(self, data: bytes) -> None:
        """The bytes of all inputs, concatenated."""
        self._ask(f"db load {len(data)}", rf"m-\[Expecting {len(data)} bytes\]")
        for start in range(0, len(data), LOAD_BYTES):
            last = start + LOAD_BYTES >= len(data)
            self._ask(f"db {data[start : start + LOAD_BYTES].hex()}", *(["m-load-done"] if last else []))

    def infer(self, count: int, warmup: int = 10, timeout: float = 30.0) -> Inference:
        """Run the loaded input. timeout: seconds between two lines; the public runner allows 30."""
        texts = ("m-warmup-start-" + str(warmup), "m-warmup-done", "m-infer-start-" + str(count), _LAP, _LAP, "m-infer-done")
        command = f"infer {count} {warmup}"
        begin, end, results = self._ask(command, *texts, r"m-results-\[(.*)\]", timeout=timeout)
        return Inference(int(end) - int(begin), self._floats(command, results))

    def results(self) -> list[float]:
        """Output 0, dequantised, three decimals."""
        return self._floats("results", self._ask("results", r"m-results-\[(.*)\]")[0])

    def _floats(self, command: str, text: str) -> list[float]:
        try:
            return [float(part) for part in text.split(",")]
        except ValueError:
            raise TargetError(f"the results after '{command}' are not numbers: '{_excerpt(text.encode())}'.") from None

    # tinylm's own.

    def output(self, index: int) -> bytes:
        """The raw bytes of an output tensor."""
        command = f"output {index}"
        lines = self.command(command)
        parts = self._match(command, lines, *[r"m-output((?:-[0-9A-Fa-f]{2})+)"] * max(1, len(lines)))
        return bytes.fromhex("".join(parts).replace("-", ""))

    def stack(self) -> Stack:
        used, size, arena = self._ask("stack", rf"m-stack-used-{_INT}", rf"m-stack-size-{_INT}", r"m-arena-\[(ok|overrun)\]")
        return Stack(int(used), int(size), arena == "ok")

    def build_id(self) -> str:
        return self._ask("build", r"m-build-\[([0-9A-Fa-f]{8})\]")[0]

    def reset(self) -> None:
        """The language model's state to its initial values; pending text dropped."""
        self._ask("lm reset")

    def feed(self, text: str) -> int:
        """Append to the pending text; returns its length in bytes.

        What a command line cannot carry ('%', control characters, anything but ASCII) is dropped: the tokenizer knows
        none of it either.
        """
        plain = "".join(letter for letter in text if letter.isascii() and letter.isprintable() and letter != "%")
        room = COMMAND_LIMIT - 1 - len(_FEED)
        pending = 0
        for start in range(0, max(1, len(plain)), room):
            pending = int(self._ask(_FEED + plain[start : start + room], rf"m-lm-pending-{_INT}")[0])
        return pending

    def generate(self, count: int, timeout: float = 30.0) -> Generation:
        """Answer the pending text with at most ``count`` tokens, from the reset state."""
        command = f"lm generate {count}"
        lines = self.command(command, timeout)
        head, tail = lines[:3], lines[-2:] if len(lines) >= 5 else []
        prompt, start, middle = self._match(command, head, rf"m-lm-prompt-{_INT}", _LAP, _LAP)
        tokens = self._match(command, lines[3 : len(lines) - len(tail)], *[r"m-lm-token-(\d+)-\[(.*)\]"] * (len(lines) - 3 - len(tail)))
        end, stop = self._match(command, tail, _LAP, r"m-lm-stop-\[(end|limit)\]")
        times = (int(middle) - int(start), int(end) - int(middle))
        return Generation(int(prompt), [int(token) for token in tokens[::2]], "".join(tokens[1::2]), *times, stop)

    def score(self, tokens: Sequence[int]) -> list[int]:
        """Step the model through the tokens, state carried on; the CRC-32 of all outputs after each."""
        if any(not 0 <= token < 1 << 16 for token in tokens):
            raise InputError("a token id is outside 0..65535.")
        room = (COMMAND_LIMIT - 1 - len(_SCORE)) // 4
        crcs: list[int] = []
        for start in range(0, len(tokens), room):
            part = tokens[start : start + room]
            command = _SCORE + "".join(f"{token:04x}" for token in part)
            crcs += [int(text, 16) for text in self._ask(command, *[r"m-lm-crc-([0-9A-Fa-f]{8})"] * len(part))]
        return crcs


_GARBAGE = "Check the baud rate, the wiring and that no other program uses the port."


def _excerpt(raw: bytes | bytearray, limit: int = 60) -> str:
    """Printable, at most ``limit`` characters: what is no printable ASCII is shown as \\x.."""
    text = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in raw[: limit + 1])
    return text if len(text) <= limit else text[:limit] + "..."


def _short(command: str) -> str:
    return command if len(command) <= 40 else command[:37] + "..."
