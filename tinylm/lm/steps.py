"""A training as named steps: which there are, which of them a call runs, and what is known of each when it is done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tinylm.errors import InputError, nearest
from tinylm.paths import write_file

#: In this order; a recipe has those that its tables ask for.
STEPS = ("corpus", "tokenizer", "teacher", "student", "prune", "factorise", "sparsify", "quantise", "export", "evaluate")
Progress = Callable[[str, int, int, str], None]  # step, done, total, note


@dataclass(frozen=True)
class Point:
    """Where a training stands after ``at`` of ``of`` steps; loss (nats an answer token) and bits a byte are means since the last point.

    tokens_per_second: read while training. seconds_left: at the pace so far.
    """

    at: int
    of: int
    loss: float
    bits_per_byte: float
    tokens_per_second: float
    seconds_left: float

    def __str__(self) -> str:
        minutes, seconds = divmod(round(self.seconds_left), 60)
        figures = f"loss {self.loss:.3f}, {self.bits_per_byte:.3f} bits/byte, {self.tokens_per_second:,.0f} tokens/s"
        return f"{figures}, {minutes}:{seconds:02} left"


@dataclass
class Done:
    """A step that is over. cached: it was made before. log: of its training, one JSON object a line."""

    step: str
    seconds: float = 0.0
    cached: bool = False
    log: Path | None = None


class Track:
    """What the steps of one run share: who is told of the progress, and whether the cache may be used.

    fresh: what the cache holds of the step at hand is made again. cached, log: set by the step.
    """

    def __init__(self, progress: Progress = lambda *_: None) -> None:
        self.progress, self.step = progress, ""
        self.fresh = self.cached = False
        self.log: Path | None = None

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        self.progress(stage, done, total, note)

    def kept(self, log: Path | None = None) -> None:
        """Say that the step at hand was made before. log: of its training then."""
        self.cached, self.log = True, log if log and log.is_file() else None
        self(self.step, 1, 1, "as made before")

    def report(self, log: Log) -> Callable[[Point], None]:
        """What the training at hand tells its points: they go into its log, and to whom the progress goes."""

        def told(point: Point) -> None:
            log.add(point)
            self(self.step, point.at, point.of, str(point))

        return told


class Log:
    """A training's log: a Point as JSON a line, flushed as it comes."""

    def __init__(self, path: Path, since: int = 0) -> None:
        """since: the step from which the training goes on; what an interrupted one wrote after it is dropped."""
        self.path = path
        kept = [point for point in read_log(path) if point.at <= since]
        write_file(path, "".join(_line(point) for point in kept))

    def add(self, point: Point) -> None:
        try:
            with self.path.open("a") as file:
                file.write(_line(point))
        except OSError as error:
            raise InputError(f"cannot be written ({error.strerror}).", where=str(self.path)) from error


def _line(point: Point) -> str:
    return json.dumps({key: round(value, 5) for key, value in asdict(point).items()}) + "\n"


def read_log(path: Path) -> list[Point]:
    """The points of a log; none where there is none, and without a last line that was cut off."""
    lines = path.read_text().splitlines() if path.is_file() else []
    return [Point(**json.loads(line)) for line in lines if line.endswith("}")]


@dataclass(frozen=True)
class Step:
    """make: does the work, or takes it from the cache unless ``track.fresh``."""

    name: str
    make: Callable[[Track], None]


def run_steps(steps: Sequence[Step], track: Track, until: str | None = None, since: str | None = None) -> Iterator[Done]:
    """Run the steps up to ``until``; those from ``since`` on are made again, whatever the cache holds. Raises InputError: no such step."""
    names = [step.name for step in steps]
    for option, name in (("--until", until), ("--from", since)):
        if name is not None and name not in names:
            raise InputError(f"this recipe has no step '{name}'. {nearest(name, names)}", where=option, hint=f"It has: {', '.join(names)}.")
    last = names.index(until) if until else len(names) - 1
    first = names.index(since) if since else len(names)
    if since and first > last:
        raise InputError(f"'{since}' comes after '{until}'.", where="--from", hint=f"The order is: {', '.join(names)}.")
    for at, step in enumerate(steps[: last + 1]):
        started = time.monotonic()
        track.step, track.fresh, track.cached, track.log = step.name, at >= first, False, None
        step.make(track)
        yield Done(step.name, round(time.monotonic() - started, 2), track.cached, track.log)
