"""python -m tinylm train"""

from __future__ import annotations

from pathlib import Path

import click

from tinylm.cli import options, show


@click.command("train")
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="Where the bundle goes.  [default: the recipe's folder]",
)
@click.option("--seed", type=int, help="Instead of the recipe's seed.")
@click.option("--until", metavar="STEP", help="Stop after this step; what it made stays in the cache.")
@click.option("--from", "since", metavar="STEP", help="Make this step and those after it again, whatever the cache holds.")
@click.option("--log", type=click.Path(path_type=Path), help="Where logs and loss curves go.  [default: build/train/NAME]")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where texts and checkpoints that the recipe names lie.  [default: as the recipe says, from its folder]",
)
@click.option("--smoke", is_flag=True, help="A size that takes a minute: shows that the pipeline runs, not what the model can do.")
@options.as_json
def command(
    recipe: Path,
    output: Path | None,
    seed: int | None,
    until: str | None,
    since: str | None,
    log: Path | None,
    data: Path | None,
    smoke: bool,
    as_json: bool,
) -> None:
    """Make a bundle from a recipe, step by step.

    The steps: corpus, tokenizer, teacher, student, prune, factorise, sparsify, quantise, export, evaluate; of the middle ones those that
    the recipe has tables for. What a step made is kept in the cache, and made again only where something that it depends on is another.

    Needs the train extra (pip install 'tinylm[train]'). Interrupted with Ctrl-C it goes on from its checkpoint when it is
    called again. A seed decides all that is drawn; the last bits of a sum can still differ from run to run (docs/training.md).

    \b
    Examples:
      python -m tinylm train models/commands/recipe.toml
      python -m tinylm train models/commands/recipe.toml --until student
    """
    from tinylm.lm.pipeline import train
    from tinylm.report.curve import Curves

    curves = Curves(log or Path("build/train") / recipe.resolve().parent.name)
    with show.progress(as_json) as report:
        result = train(recipe, output or recipe.parent, smoke, seed, report, until, since, curves.add, data)
    result["curves"] = str(curves.folder)
    if as_json:
        show.print_json(result)
        return
    for step in result["done"]:
        took = "as made before" if step["cached"] else f"{step['seconds']:,.1f} s"
        print(f"  {step['step']:10} {took}")
    if result["folder"]:
        print(
            f"{result['name']} in {result['folder']}: {show.number(result['bytes'])} bytes, {show.number(result['weights'])} weights, "
            f"made in {result['seconds']} s"
        )
    for key, value in result["quality"].items():
        print(f"  {key}: {value}")
    print(f"logs and loss curves: {curves.folder}")
