"""python -m tinylm search"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinylm.cli import options, show

if TYPE_CHECKING:
    from tinylm.boards import Board
    from tinylm.search.executor import Executor
    from tinylm.search.run import Found

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "s": 1, "m": 60, "h": 3600}


class Amount(click.ParamType[float]):
    """A positive number with a unit: 64K, 1M bytes; 90s, 30m, 2h of time."""

    name = "amount"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMsmh]?)", str(value).strip())
        if found is None or float(found[1]) <= 0:
            self.fail(f"'{value}' is no amount such as 64K or 30m.", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


@click.command("search")
@click.argument("recipe", type=click.Path(path_type=Path))
@options.board
@click.option("--flash", type=Amount(), help="Most flash that the image may take, such as 64K.  [default: what the board has]")
@click.option("--ram", type=Amount(), help="Most RAM that the image may take.  [default: what the board has]")
@click.option("--tokens-per-second", type=click.FloatRange(min=0, min_open=True), help="Least speed, estimated, flash waits included.")
@click.option("--trials", type=click.IntRange(1, 10_000), help="How many choices to try.  [default: the recipe's]")
@click.option("--budget", type=Amount(), help="Time after which nothing new is begun, such as 30m.")
@click.option("--workers", type=click.IntRange(1, 1024), default=1, show_default=True, help="Processes of this machine.")
@click.option("--scheduler", help="A Dask scheduler instead of them, such as tcp://host:8786 (extra 'distributed').")
@click.option("--seed", type=int, help="Instead of the recipe's: which choices are drawn.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Journal, front and picture.  [default: build/search/RECIPE]")
@options.as_json
def command(
    recipe: Path,
    board: Board | str,
    flash: float | None,
    ram: float | None,
    tokens_per_second: float | None,
    trials: int | None,
    budget: float | None,
    workers: int,
    scheduler: str | None,
    seed: int | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Pick the sizes of a recipe's model under a board's limits, by training many a little and the better ones on.

    The recipe's [search] table says what may be chosen. Flash, RAM and speed of every trial are those of its real image in the embedded
    emulator; what does not fit is out before it is trained. Interrupted, it goes on from its journal. See docs/search.md.

    \b
    Example:
      python -m tinylm search models/commands/recipe.toml --board nrf52840 --flash 64K --tokens-per-second 150
    """
    from tinylm import boards
    from tinylm.paths import write_file
    from tinylm.report.pareto import pareto_svg
    from tinylm.search.run import search
    from tinylm.search.trial import Limits

    place = boards.board(board).name if isinstance(board, str) else board.name
    limits = Limits(int(flash) if flash else None, int(ram) if ram else None, tokens_per_second)
    folder = output or Path("build/search") / recipe.resolve().parent.name
    with show.progress(as_json) as report:
        found = search(recipe, place, limits, folder, _executor(workers, scheduler), trials, seed, budget or math.inf, report)
    picture = folder / "front.svg"
    write_file(picture, pareto_svg(found.outcomes, found.front, found.score, "flash", f"{recipe} on {place}").encode())
    if as_json:
        show.print_json(_json(found, picture))
    else:
        _print(found, folder)


def _executor(workers: int, scheduler: str | None) -> Executor:
    from tinylm.search.executor import Dask, Local

    return Dask(scheduler) if scheduler else Local(workers)


def _json(found: Found, picture: Path) -> dict[str, Any]:
    def entry(outcome: Any) -> dict[str, Any]:
        return {"trial": outcome.trial.name, "choices": dict(outcome.trial.choices), "rung": outcome.rung, "figures": outcome.figures}

    return {
        "score": found.score,
        "seconds": round(found.seconds, 1),
        "front": [entry(outcome) for outcome in found.front],
        "trials": [entry(outcome) | {"failed": outcome.failed} for outcome in found.outcomes],
        "picture": str(picture),
    }


def _print(found: Found, folder: Path) -> None:
    print(f"{len(found.outcomes)} trials, {sum(bool(outcome.failed) for outcome in found.outcomes)} out, {found.seconds:.0f} s; the front:")
    print(f"  {'trial':12} {found.score:>14} {'flash':>10} {'RAM':>8} {'instructions':>13} {'tokens/s':>9}  choices")
    for outcome in found.front:
        f = outcome.figures
        row = f"{f[found.score]:>14.4f} {f['flash']:>10,} {f['ram']:>8,} {f['instructions']:>13,} {f['tokens_per_second']:>9,.0f}"
        print(f"  {outcome.trial.name:12} {row}  {outcome.trial}")
    print(f"  train one in full: python -m tinylm train {folder}/TRIAL.toml; picture: {folder}/front.svg")
