"""A whole search: sizes first, then successive halving among those that fit, then the front."""

from __future__ import annotations

import hashlib
import json
import math
import time
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinylm.errors import FitError, InputError
from tinylm.lm.recipe import load_recipe
from tinylm.lm.recipe_files import to_toml
from tinylm.paths import write_file
from tinylm.search.executor import Executor
from tinylm.search.halving import Journal, Outcome, Progress, front, halve
from tinylm.search.space import Trial, applied, draw
from tinylm.search.trial import SIZE_STEPS, Limits, Plan, run_trial

COSTS = ("flash", "instructions")


@dataclass(frozen=True)
class Found:
    """outcomes: of every trial; front: those that no other beats, best first. score: what was to be high."""

    outcomes: list[Outcome]
    front: list[Outcome]
    score: str
    seconds: float


def search(
    recipe: Path,
    board: str,
    limits: Limits,
    output: Path,
    executor: Executor,
    trials: int | None = None,
    seed: int | None = None,
    budget: float = math.inf,
    progress: Progress = lambda *_: None,
) -> Found:
    """Search the recipe's [search.choices]; leaves journal.jsonl, front.json and a recipe for each of the front in ``output``.

    budget: seconds after which nothing new is waited for. A search that was interrupted goes on from its journal.
    Raises InputError (recipe, journal of another search), FitError (nothing fits), MissingError (train extra, emulator).
    """
    started = time.monotonic()
    spec, plan = load_recipe(recipe), tomllib.loads(recipe.read_text())
    if spec.search is None:
        raise InputError("has no [search] table.", where=str(recipe), hint="Say what may be chosen: [search.choices] in docs/search.md.")
    score, deadline = spec.search.score, started + budget
    trial_plan = Plan(plan, board, limits, spec.search.overrides)
    drawn = draw(spec.search.choices, trials or spec.search.trials, spec.seed if seed is None else seed)
    journal = Journal(output / "journal.jsonl", _identity(plan, board, limits))
    sized = halve(drawn, [SIZE_STEPS], 1, "flash", (), trial_plan.job, run_trial, executor, journal, deadline, progress)
    fitting = [outcome.trial for outcome in sized if outcome.rung >= 0]
    if not fitting:
        raise FitError(f"none of {len(drawn)} trials fits; the first one: {_first_reason(sized)}", where=str(recipe))
    rungs, keep = spec.search.rungs, spec.search.keep
    outcomes = halve(fitting, rungs, keep, score, COSTS, trial_plan.job, run_trial, executor, journal, deadline, progress)
    best = front(outcomes, score, COSTS)
    _write(output, plan, best)
    refused = [outcome for outcome in sized if outcome.rung < 0]
    return Found([*outcomes, *refused], best, score, time.monotonic() - started)


def _identity(plan: dict[str, Any], board: str, limits: Limits) -> str:
    return hashlib.sha256(json.dumps([plan, board, asdict(limits)], sort_keys=True).encode()).hexdigest()[:16]


def _first_reason(outcomes: Sequence[Outcome]) -> str:
    return next((outcome.failed for outcome in outcomes if outcome.failed), "the time was over before it was measured")


def _write(output: Path, plan: dict[str, Any], best: Sequence[Outcome]) -> None:
    entries = [{"trial": outcome.trial.name, "choices": outcome.trial.choices, "figures": outcome.figures} for outcome in best]
    write_file(output / "front.json", json.dumps({"front": entries}, indent=1).encode() + b"\n")
    for outcome in best:
        write_file(output / f"{outcome.trial.name}.toml", to_toml(_recipe(plan, outcome.trial)).encode())


def _recipe(plan: dict[str, Any], trial: Trial) -> dict[str, Any]:
    """The recipe that trains this choice in full."""
    return {key: value for key, value in applied(plan, trial.choices).items() if key != "search"}
