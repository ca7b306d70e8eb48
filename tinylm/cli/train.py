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
@click.option("--smoke", is_flag=True, help="A size that takes a minute: shows that the pipeline runs, not what the model can do.")
@options.as_json
def command(recipe: Path, output: Path | None, seed: int | None, smoke: bool, as_json: bool) -> None:
    """Make a bundle from a recipe: corpus, tokenizer, training, int8 export, figures, oracle vectors.

    Needs the train extra (pip install 'tinylm[train]'). Interrupted with Ctrl-C it goes on from its checkpoint when it is
    called again. The same seed on the same machine gives the same file, byte for byte.

    \b
    Example:
      python -m tinylm train models/commands/recipe.toml
    """
    from tinylm.lm.pipeline import train

    with show.progress(as_json) as report:
        result = train(recipe, output or recipe.parent, smoke=smoke, seed=seed, progress=report)
    if as_json:
        show.print_json(result)
        return
    print(
        f"{result['name']} in {result['folder']}: {show.number(result['bytes'])} bytes, {show.number(result['weights'])} weights, "
        f"made in {result['seconds']} s"
    )
    for key, value in result["quality"].items():
        print(f"  {key}: {value}")
