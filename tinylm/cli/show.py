"""How commands print: JSON or tables on stdout, progress on stderr, only for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = tuple[str, str, str]


def print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, indent=2))


def for_people(as_json: bool) -> bool:
    """Whether progress may be drawn: a terminal, and no --json."""
    return not as_json and sys.stderr.isatty() and sys.stdout.isatty()


@contextmanager
def working(text: str, as_json: bool) -> Iterator[None]:
    """A spinner with ``text`` while the block runs, where a person looks on."""
    if not for_people(as_json):
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


@contextmanager
def progress(as_json: bool) -> Iterator[Callable[[str, int, int, str], None]]:
    """Yields report(stage, done, total, note): a bar for people, nothing otherwise."""
    if not for_people(as_json):
        yield lambda stage, done, total, note: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = [
        TextColumn("{task.description:9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    ]
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int, note: str) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total, note=note)
            bars.update(tasks[stage], completed=done, total=total, note=note)

        yield report


def columns(lines: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Lines of equally many words, one under the other; ``right``: the columns that hold numbers."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = (f"{text:>{width}}" if i in right else f"{text:{width}}" for i, (text, width) in enumerate(zip(line, widths, strict=True)))
        print("  ".join(cells).rstrip())


def table(title: str, rows: Sequence[Row]) -> None:
    """Word, value, and what the word means in one line."""
    words, values = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    print(title)
    for word, value, meaning in rows:
        print(f"  {word:{words}}  {value:>{values}}  {meaning}".rstrip())


def number(value: float) -> str:
    """Thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.1f}"


def transcript(lines: Iterable[str], log: Path | None, count: int = 12) -> None:
    """The end of a session, on stderr."""
    print(f"The last lines of the session ('>' sent, '<' received), all of them in {log}:", file=sys.stderr)
    print("\n".join(f"  {line}" for line in list(lines)[-count:]), file=sys.stderr)
