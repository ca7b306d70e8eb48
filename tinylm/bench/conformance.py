"""The protocol as a table: what is sent, what has to come back. Every command and error of MLPerf Tiny, and what a device must survive.

Source: mlcommons/tiny v1.4, benchmark/api (the reference's own text of every reply), and docs/protocol.md for what is ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tinylm.errors import TargetError
from tinylm.targets.session import INFER_TIMEOUT, Session
from tinylm.targets.wire import excerpt

_LAP = r"m-lap-us-\d+"
_RESULTS = r"m-results-\[-?[0-9a-z.]+(,-?[0-9a-z.]+)*\]"
_UNKNOWN = r"e-\[Unknown command: .*\]"
_TOO_LONG = r"e-\[Command longer than 80 characters\]"


@dataclass(frozen=True)
class Row:
    """sent: as it goes over the line. replies: for each '%' the patterns of the lines before 'm-ready'; a last '...' matches the rest."""

    what: str
    sent: bytes
    replies: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Outcome:
    """answer: what came, as text."""

    what: str
    sent: str
    passed: bool
    answer: str

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def _row(what: str, sent: str | bytes, *patterns: str) -> Row:
    data = sent.encode("latin-1") if isinstance(sent, str) else sent
    return Row(what, data + b"%", (patterns,))


def _commands(size: int, model: str) -> list[Row]:
    part = min(size, 9)
    zeros = "-".join(["00"] * min(part, 8))
    infer = ("m-warmup-start-1", "m-warmup-done", "m-infer-start-2", _LAP, _LAP, "m-infer-done", _RESULTS)
    return [
        _row("name", "name", r"m-name-dut-\[.+\]"),
        _row("profile", "profile", r"m-profile-\[.+\]", rf"m-model-\[{re.escape(model)}\]"),
        _row("timestamp", "timestamp", _LAP),
        _row("help", "help", ".+", "..."),
        _row("db load", f"db load {part}", rf"m-\[Expecting {part} bytes\]"),
        _row("db print before the data", "db print"),
        _row("db HEX, not the last", "db 00") if part > 1 else _row("db HEX, the last", "db 00", "m-load-done"),
        *([_row("db HEX, the last", "db " + "00" * (part - 1), "m-load-done")] if part > 1 else []),
        _row("db print", "db print", f"m-buffer-{zeros}", *(["m-buffer-00"] if part > 8 else [])),
        _row("infer N W", "infer 2 1", *infer),
        _row("infer N: ten warm-ups", "infer 2", "m-warmup-start-10", *infer[1:]),
        _row("results", "results", _RESULTS),
    ]


def _errors(size: int) -> list[Row]:
    return [
        _row("unknown command", "nonsense 7", r"e-\[Unknown command: nonsense\]"),
        _row("db alone", "db", r"e-\[Command 'db' requires a subcommand\]"),
        _row("db load alone", "db load", r"e-\[Command 'db load' requires the # of bytes\]"),
        _row("db load 0", "db load 0", r"e-\[Command 'db load' must be >0 bytes\]"),
        _row("an odd digit", "db 0", r"e-\[Insufficent number of hex digits\]"),
        _row("no hex digit", "db 0g", r"e-\[Invalid hex digit '0g'\]"),
        _row("infer 0", "infer 0", r"e-\[Inference iterations must be >0\]"),
        _row("infer with negative warm-ups", "infer 1 -1", r"e-\[Inference warmup must be >=0\]"),
    ]


def _abuse(size: int) -> list[Row]:
    return [
        _row("a bare '%'", "", r"e-\[Unknown command: \]"),
        Row("three bare '%'", b"%%%", ((_UNKNOWN,),) * 3),
        _row("spaces only", "   ", r"e-\[Unknown command: \]"),
        _row("db load of one byte too many", f"db load {size + 1}", rf"e-\[Command 'db load' must be <={size} bytes\]"),
        _row("db load of 2^32 + 1", "db load 4294967297", rf"e-\[Command 'db load' must be <={size} bytes\]"),
        _row("db load of a negative number", "db load -5", r"e-\[Command 'db load' must be >0 bytes\]"),
        _row("db load of a word", "db load many", r"e-\[Command 'db load' must be >0 bytes\]"),
        Row("a byte after the load", b"db load 1%db 00%db 00%", (("m-.*",), ("m-load-done",), (r"e-\[More bytes than expected\]",))),
        Row("more bytes in a line than expected", b"db load 1%db 0000%", (("m-.*",), (r"e-\[More bytes than expected\]",))),
        _row("81 characters", "x" * 81, _TOO_LONG),
        _row("5,000 characters", "db " + "00" * 2500, _TOO_LONG),
        _row("80 characters", "name".ljust(80), r"m-name-dut-\[.+\]"),
        _row("line ends inside", "na\r\nme\r\n", r"m-name-dut-\[.+\]"),
        _row("control characters and NUL", b"\x00\x01\x02name", _UNKNOWN),
        _row("bytes beyond ASCII", bytes(range(0x80, 0xA0)), "e-.*"),
        _row("infer of a negative number", "infer -1", r"e-\[Inference iterations must be >0\]"),
        _row("output of none", "output 99", r"e-\[Output must be >=0 and <\d+\]"),
        _row("a damaged guarded command", "#0000000000 name", r"e-\[Damaged command\]"),
        _row("and it goes on", "name", r"m-name-dut-\[.+\]"),
    ]


def conformance(session: Session, model: str) -> list[Outcome]:
    """Send every row to a device that runs ``model`` (its id in ``profile``). Raises TargetError where it stops answering."""
    size = _input_bytes(session)
    return [_try(session, row) for row in [*_commands(size, model), *_errors(size), *_abuse(size)]]


def _input_bytes(session: Session) -> int:
    """What the device says it takes at most."""
    (answer,) = session.exchange("db load 4000000000") or [""]
    found = re.fullmatch(r"e-\[Command 'db load' must be <=(\d+) bytes\]", answer)
    if not found:
        raise TargetError(f"the device answered '{excerpt(answer.encode())}' to a 'db load' of 4,000,000,000 bytes.")
    return int(found[1])


def _try(session: Session, row: Row) -> Outcome:
    computes = row.sent.startswith(b"infer")
    answers = session.exchange_bytes(row.sent, len(row.replies), INFER_TIMEOUT if computes else None)
    passed = all(_matches(lines, patterns) for lines, patterns in zip(answers, row.replies, strict=True))
    answer = " / ".join("; ".join(lines) or "(nothing)" for lines in answers)
    return Outcome(row.what, excerpt(row.sent), passed, excerpt(answer.encode("latin-1"), 200))


def _matches(lines: list[str], patterns: tuple[str, ...]) -> bool:
    if patterns[-1:] == ("...",):
        lines, patterns = lines[: len(patterns) - 1], patterns[:-1]
    return len(lines) == len(patterns) and all(re.fullmatch(pattern, line) for line, pattern in zip(lines, patterns, strict=True))
