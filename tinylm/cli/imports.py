"""python -m tinylm import"""

from __future__ import annotations

from pathlib import Path

import click

from tinylm.cli import options, show

_PATH = click.Path(path_type=Path)


@click.command("import")
@click.argument("kind", type=click.Choice(["llama2c", "hf"]))
@click.argument("checkpoint", type=_PATH)
@click.option("--tokenizer", type=_PATH, help="Of llama2c: the tokenizer it was trained with (tokenizer.bin).")
@click.option("--calibrate", type=_PATH, help="Text to set the scales by, paragraphs apart.  [default: text that the model writes]")
@click.option("--weights", type=click.Choice(["int8", "int4"]), default="int8", show_default=True, help="Of the matrices.")
@click.option(
    "--vocabulary",
    type=click.Choice(["whole", "used"]),
    default="whole",
    show_default=True,
    help="used: without the byte tokens that the model's own text never has; such bytes are read as <unk>.",
)
@click.option("--characters", type=click.IntRange(min=1), default=20_000, show_default=True, help="Of text that the loss is measured on.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the text that the model writes.")
@click.option("--output", "-o", type=_PATH, help="Folder of the bundle.  [default: the checkpoint's name, here]")
@options.as_json
def command(
    kind: str,
    checkpoint: Path,
    tokenizer: Path | None,
    calibrate: Path | None,
    weights: str,
    vocabulary: str,
    characters: int,
    seed: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Make a bundle of a model trained elsewhere: quantised, with its loss against float32 measured in TensorFlow Lite Micro.

    CHECKPOINT is a file of llama2.c, or with 'hf' a folder with config.json, model.safetensors and tokenizer.json of a Llama.

    \b
    Example:
      python -m tinylm import llama2c stories260K.bin --tokenizer tok512.bin -o stories
      python -m tinylm test --board nrf52840 --model stories
    """
    from tinylm.errors import InputError
    from tinylm.lm.llama_import import Plan, import_hf, import_llama2c

    if kind == "llama2c" and tokenizer is None:
        raise InputError("needs a tokenizer.", where=str(checkpoint), hint="Add --tokenizer tokenizer.bin.")
    name = (output.name if output else checkpoint.stem).lower()
    plan = Plan(name, weights, calibrate, characters, seed=seed, vocabulary=vocabulary)
    with show.progress(as_json) as report:
        where = output or Path(checkpoint.stem)
        if kind == "llama2c" and tokenizer is not None:
            result = import_llama2c(checkpoint, tokenizer, plan, where, report)
        else:
            result = import_hf(checkpoint, plan, where, report)
    if as_json:
        show.print_json(result)
        return
    print(f"{result['name']} in {result['folder']}: {show.number(result['bytes'])} bytes, {show.number(result['weights'])} parameters")
    for key, value in result["quality"].items():
        print(f"  {key}: {value}")
