"""A session with the device under test: the commands of MLPerf Tiny and tinylm's own, over any stream."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tinylm.errors import InputError, TargetError
from tinylm.targets.line import Line
from tinylm.targets.wire import Stream, excerpt, short

__all__ = ["Answer", "Generation", "Inference", "Session", "Stack", "Stream"]

LOAD_BYTES = 31  # a line of 'db', as the public runner sends it
INFER_TIMEOUT = 30.0  # seconds between two lines of an 'infer': what the public runner allows
_FEED, _SCORE = "lm feed ", "lm score "
_LAP = r"m-lap-us-(\d+)"
_INT = r"(\d+)"


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
    """prompt_tokens: fed, the answer token included; ahead: those that the model read while the text came.

    stop: 'end', 'limit', 'window' (the model's is full) or 'cancel' (a byte came).
    prompt_us: microseconds from the command to the first token's logits; generate_us: from there to the end.
    """

    prompt_tokens: int
    ahead: int
    tokens: list[int]
    text: str
    prompt_us: int
    generate_us: int
    stop: str


@dataclass(frozen=True)
class Answer:
    """slots: key and value as text. confidence: 0 to 1. prompt_tokens, ahead: as of a Generation; steps: tokens fed to make the answer.

    answer_us: microseconds from the command to the complete answer.
    """

    intent: str
    slots: tuple[tuple[str, str], ...]
    confidence: float
    prompt_tokens: int
    ahead: int
    steps: int
    answer_us: int


class Session(Line):
    """Every method raises TargetError as Line's do, and where a reply is out of order."""

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
        return TargetError(f"the device answered '{excerpt(line.encode())}' to '{short(command)}', where '{shown}' was due.", hint=hint)

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

    def infer(self, count: int, warmup: int = 10, timeout: float = INFER_TIMEOUT, laps: bool = True) -> Inference:
        """Run the loaded input. timeout: seconds between two lines.

        laps: False for firmware in energy mode, which marks them on a pin and prints none; elapsed_us is 0 then.
        """
        times = (_LAP, _LAP) if laps else ()
        texts = (f"m-warmup-start-{warmup}", "m-warmup-done", f"m-infer-start-{count}", *times, "m-infer-done")
        command = f"infer {count} {warmup}"
        *lap, results = self._ask(command, *texts, r"m-results-\[(.*)\]", timeout=timeout)
        return Inference(int(lap[1]) - int(lap[0]) if laps else 0, self._floats(command, results))

    def results(self) -> list[float]:
        """Output 0, dequantised, three decimals."""
        return self._floats("results", self._ask("results", r"m-results-\[(.*)\]")[0])

    def _floats(self, command: str, text: str) -> list[float]:
        try:
            return [float(part) for part in text.split(",")]
        except ValueError:
            raise TargetError(f"the results after '{command}' are not numbers: '{excerpt(text.encode())}'.") from None

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
        """Append to the pending text; returns its length in bytes. Raises InputError where the device has no room for it.

        Text goes as UTF-8; what a command line cannot carry goes as \\xNN.
        """
        letters = [_escaped(byte) for byte in text.encode(errors="replace")]
        pending, line = 0, ""
        for letter in [*letters, ""]:
            if letter and len(_FEED + line + letter) <= self.room:
                line += letter
                continue
            with _too_long(len(letters)):
                pending = int(self._ask(_FEED + line, rf"m-lm-pending-{_INT}")[0])
            line = letter
        return pending

    def sampler(self, numbers: str) -> None:
        """How tokens are chosen: lm.sample.Sampling.numbers."""
        self._ask(f"lm sampler {numbers}")

    def keep(self) -> int:
        """The pending text is what every text begins with from now on, read once; without text nothing is, but what the image was built
        with. Bytes of RAM that it takes. Raises InputError where the device has no room for it."""
        with _too_long():
            return int(self._ask("lm keep", rf"m-lm-kept-{_INT}", timeout=30.0)[0])

    def generate(self, count: int, timeout: float = 30.0, said: Callable[[str], None] | None = None) -> Generation:
        """Answer the pending text with at most ``count`` tokens, from the reset state. said: gets the text of each token as it comes.

        Ctrl-C stops the device, too.
        """
        command = f"lm generate {count}"
        self.heard = (lambda line: said(_token_text(line))) if said else None
        try:
            with _too_long():
                lines = self.command(command, timeout)
        except KeyboardInterrupt:
            self._send(" ", "(stop)")
            raise
        finally:
            self.heard = None
        head, tail = lines[:4], lines[-2:] if len(lines) >= 6 else []
        prompt, ahead, start, middle = self._match(command, head, rf"m-lm-prompt-{_INT}", rf"m-lm-ahead-{_INT}", _LAP, _LAP)
        tokens = self._match(command, lines[4 : len(lines) - len(tail)], *[r"m-lm-token-(\d+)-\[(.*)\]"] * (len(lines) - 4 - len(tail)))
        end, stop = self._match(command, tail, _LAP, r"m-lm-stop-\[(end|limit|window|cancel)\]")
        times = (int(middle) - int(start), int(end) - int(middle))
        return Generation(int(prompt), int(ahead), [int(token) for token in tokens[::2]], _utf8("".join(tokens[1::2])), *times, stop)

    def answer(self, timeout: float = 30.0) -> Answer:
        """Answer the pending text with an intent and slots."""
        command = "lm answer"
        with _too_long():
            lines = self.command(command, timeout)
        head, slots, tail = lines[:6], lines[6:-1], lines[6:][-1:]
        numbers = [rf"m-lm-{what}-{_INT}" for what in ("prompt", "ahead", "steps")]
        start, end, prompt, ahead, steps, intent = self._match(command, head, _LAP, _LAP, *numbers, r"m-lm-intent-\[(.*)\]")
        found = self._match(command, slots, *[r"m-lm-slot-\[([^]]*)\]-\[(.*)\]"] * len(slots))
        (confidence,) = self._match(command, tail, r"m-lm-confidence-([01]\.\d{3})")
        pairs = tuple(zip(found[::2], (_utf8(value) for value in found[1::2]), strict=True))
        return Answer(intent, pairs, float(confidence), int(prompt), int(ahead), int(steps), int(end) - int(start))

    def score(self, tokens: Sequence[int]) -> list[int]:
        """Step the model through the tokens, state carried on; the CRC-32 of all outputs after each."""
        if any(not 0 <= token < 1 << 16 for token in tokens):
            raise InputError("a token id is outside 0..65535.")
        room = (self.room - len(_SCORE)) // 4
        crcs: list[int] = []
        for start in range(0, len(tokens), room):
            part = tokens[start : start + room]
            command = _SCORE + "".join(f"{token:04x}" for token in part)
            crcs += [int(text, 16) for text in self._ask(command, *[r"m-lm-crc-([0-9A-Fa-f]{8})"] * len(part))]
        return crcs


@contextmanager
def _too_long(size: int = 0) -> Iterator[None]:
    """What the device cannot hold is wrong input, not a wrong device."""
    try:
        yield
    except TargetError as error:
        if "Text buffer full" in error.what:
            what = f"the text is too long: {size} bytes, with what was fed before, are more than the device holds."
            raise InputError(what, hint="Say less at once (256 bytes).") from None
        if "No room for the state" in error.what:
            raise InputError("the device has no RAM left to keep a prefix in.", hint="Build it into flash: build --prefix.") from None
        if "Text longer than the model reads" in error.what:
            raise InputError("the text is longer than the model reads.", hint="Say less at once.") from None
        raise


def _escaped(byte: int) -> str:
    """A byte of text as a command line can carry it."""
    letter = chr(byte)
    return "\\\\" if letter == "\\" else letter if 0x20 <= byte < 0x7F and letter != "%" else f"\\x{byte:02X}"


def _utf8(text: str) -> str:
    """Text of the device: \\xNN is a byte, two backslashes are one."""
    data = re.sub(rb"\\(?:x([0-9A-F]{2})|\\)", lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"\\", text.encode())
    return data.decode(errors="replace")


def _token_text(line: str) -> str:
    """What a line of a generation adds to the text."""
    found = re.fullmatch(r"m-lm-token-\d+-\[(.*)\]", line)
    return _utf8(found[1]) if found else ""
