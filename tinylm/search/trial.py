"""One trial: the recipe with its choices trained for some steps, then built for the board and measured in the emulator."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinylm import boards
from tinylm.bench.measure import measure
from tinylm.bundle import load_bundle
from tinylm.errors import FitError
from tinylm.lm.pipeline import train
from tinylm.lm.recipe_files import to_toml
from tinylm.search.space import Trial, applied

#: what a trial that only asks for size and speed trains with
SIZE_STEPS = 0


@dataclass(frozen=True)
class Limits:
    """Of the whole image: flash and RAM in bytes, tokens a second at the board's clock (estimated). None: only the board limits it."""

    flash: int | None = None
    ram: int | None = None
    tokens_per_second: float | None = None

    def check(self, figures: Mapping[str, Any]) -> None:
        """Raises FitError where a figure is beyond its limit."""
        for name in ("flash", "ram"):
            limit = getattr(self, name)
            if limit is not None and figures[name] > limit:
                raise FitError(f"needs {figures[name]:,} bytes of {name}, {limit:,} are allowed.")
        if self.tokens_per_second is not None and figures["tokens_per_second"] < self.tokens_per_second:
            raise FitError(f"reaches {figures['tokens_per_second']:.0f} tokens/s, {self.tokens_per_second:g} are asked for.")


@dataclass(frozen=True)
class Job:
    """What a worker needs. recipe: its tables; values: those of the search and of the trial, by dotted key."""

    recipe: Mapping[str, Any]
    values: Mapping[str, Any]
    board: str
    limits: Limits
    steps: int


@dataclass(frozen=True)
class Plan:
    """A search's trials on one board. overrides: values that all trials use instead of the recipe's."""

    recipe: Mapping[str, Any]
    board: str
    limits: Limits = Limits()
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def job(self, trial: Trial, steps: int) -> Job:
        values = {**self.overrides, **trial.choices, "training.steps": steps}
        return Job(self.recipe, values, self.board, self.limits, steps)


def run_trial(job: Job) -> dict[str, Any]:
    """Figures of a trial: the quality that training states, and flash, ram (bytes), instructions, tokens_per_second on the board.

    Raises FitError where it is beyond the limits, and what training and building raise.
    """
    with tempfile.TemporaryDirectory(prefix="tinylm-trial-") as folder:
        recipe = Path(folder) / "recipe.toml"
        recipe.write_text(to_toml(applied({k: v for k, v in job.recipe.items() if k not in ("search", "home")}, job.values)))
        made = train(recipe, Path(folder) / "bundle", until=None if job.steps else "export")
        row = measure(load_bundle(Path(folder) / "bundle"), job.board, "balanced", Path(folder) / "image")
    clock = boards.board(job.board).file.clock_hz
    figures = {
        **{key: value for key, value in made["quality"].items() if isinstance(value, int | float)},
        "model_bytes": made["bytes"],
        "flash": row.flash,
        "ram": row.ram,
        "instructions": row.instructions,
        "tokens_per_second": round(clock / (row.flash_cycles or row.cycles), 1),
    }
    job.limits.check(figures)
    return figures
