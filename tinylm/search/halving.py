"""Successive halving (Jamieson and Talwalkar, 2016, arXiv 1502.07943): many trials trained a little, the better ones on.

Every finished job is a line in a journal, so that a search that was stopped goes on where it was and no job is counted twice.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinylm.errors import InputError
from tinylm.search.executor import Executor, Failed, Function
from tinylm.search.space import Trial

Progress = Callable[[str, int, int, str], None]


@dataclass
class Outcome:
    """A trial and what is known of it. rung: the highest it finished (-1: not begun); figures: of that rung; failed: why it is out."""

    trial: Trial
    rung: int = -1
    figures: dict[str, Any] = field(default_factory=dict)
    failed: str = ""


class Journal:
    """Finished jobs, one JSON object a line. Raises InputError where the file is of another search."""

    def __init__(self, path: Path, identity: str) -> None:
        self.path, self._done = path, dict[str, Any]()
        lines = path.read_text().splitlines() if path.is_file() else []
        if lines and json.loads(lines[0]) != {"search": identity}:
            raise InputError("belongs to another search (recipe, board or limits differ).", where=str(path), hint="Give another --output.")
        for line in lines[1:]:
            if line.endswith("}"):  # a line that was cut off by a crash is a job that is not done
                entry = json.loads(line)
                self._done[entry["job"]] = entry["outcome"]
        if not lines:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"search": identity}) + "\n")

    def __contains__(self, job: str) -> bool:
        return job in self._done

    def get(self, job: str) -> Any:
        """The outcome of a job, None where it is not done."""
        return self._done.get(job)

    def add(self, job: str, outcome: Any) -> None:
        """Keep an outcome; a second one of the same job is dropped."""
        if job not in self._done:
            self._done[job] = outcome
            with self.path.open("a") as file:
                file.write(json.dumps({"job": job, "outcome": outcome}) + "\n")


def halve(
    trials: Sequence[Trial],
    rungs: Sequence[int],
    keep: int,
    score: str,
    costs: Sequence[str],
    job: Callable[[Trial, int], Any],
    function: Function,
    executor: Executor,
    journal: Journal,
    deadline: float = math.inf,
    progress: Progress = lambda *_: None,
) -> list[Outcome]:
    """Run ``function(job(trial, steps))`` for all trials at the first rung, for the best one in ``keep`` at the next, and so on.

    function returns figures; ``score`` names the one that is to be high, ``costs`` those that are to be low. Those that no other beats go
    on first, so that small models are not crowded out by good ones. deadline: time.monotonic() from which on nothing new is waited for.
    Returns an outcome a trial, in the order of ``trials``.
    """
    outcomes = {trial.name: Outcome(trial) for trial in trials}
    running = list(outcomes)
    for number, steps in enumerate(rungs):
        jobs = {f"{name}-{steps}": job(outcomes[name].trial, steps) for name in running}
        waiting = {key: argument for key, argument in jobs.items() if key not in journal}
        done = len(jobs) - len(waiting)
        results = executor.run(function, waiting)
        for key, outcome in results if waiting else ():
            journal.add(key, {"failed": outcome.reason} if isinstance(outcome, Failed) else outcome)
            done += 1
            progress(f"rung {number + 1}", done, len(jobs), f"{steps} steps")
            if time.monotonic() > deadline:
                break
        for name in running:
            _take(outcomes[name], number, journal.get(f"{name}-{steps}"))
        good = ranked([outcomes[name] for name in running if outcomes[name].rung == number], score, costs)
        running = [outcome.trial.name for outcome in good[: math.ceil(len(good) / keep)]]
        if not running or time.monotonic() > deadline:
            break
    return list(outcomes.values())


def _take(outcome: Outcome, rung: int, found: Any) -> None:
    if found is None:
        return
    if "failed" in found:
        outcome.failed = found["failed"]
    else:
        outcome.rung, outcome.figures = rung, found


def front(outcomes: Sequence[Outcome], score: str, costs: Sequence[str]) -> list[Outcome]:
    """Those of the highest rung that was reached (figures of different rungs cannot be compared) that no other one beats: none has a
    score as high at costs as low, and is better in one of them. Best score first."""
    best = max((outcome.rung for outcome in outcomes), default=-1)
    known = [outcome for outcome in outcomes if outcome.rung == best >= 0]
    return sorted(_unbeaten(known, score, costs), key=lambda outcome: (-outcome.figures[score], outcome.trial.name))


def ranked(outcomes: Sequence[Outcome], score: str, costs: Sequence[str]) -> list[Outcome]:
    """The front, then the front of the rest, and so on."""
    left, order = list(outcomes), list[Outcome]()
    while left:
        first = front(left, score, costs)
        order += first
        left = [outcome for outcome in left if outcome not in first]
    return order


def _unbeaten(known: Sequence[Outcome], score: str, costs: Sequence[str]) -> list[Outcome]:
    points = [(-outcome.figures[score], *(outcome.figures[cost] for cost in costs)) for outcome in known]
    return [
        outcome
        for outcome, point in zip(known, points, strict=True)
        if not any(other != point and all(x <= y for x, y in zip(other, point, strict=True)) for other in points)
    ]
