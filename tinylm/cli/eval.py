"""python -m tinylm eval"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import msgspec

from tinylm.cli import options, show
from tinylm.errors import InputError

HELD_OUT = "heldout.jsonl"


@click.command("eval")
@click.argument("model", default=options.DEFAULT_MODEL)
@click.option(
    "--set",
    "rows",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"JSONL of text, intent, slots.  [default: the bundle's {HELD_OUT}]",
)
@options.home
@click.option("--threshold", type=float, help="Answer none below this confidence, instead of the bundle's threshold.")
@click.option("--limit", type=click.IntRange(1), help="Only so many sentences, spread over the set.")
@options.device_or_host
@options.as_json
def command(
    place: options.Place, model: str, rows: Path | None, home: Path | None, threshold: float | None, limit: int | None, as_json: bool
) -> None:
    """How good a language model is on a set of sentences.

    Asks the model every sentence of the set: as a native library on this machine, or on a device (--board, --target,
    --port) with the same result. Intents and slots: accuracy, exact match, commands that were not understood, requests
    that are no command and got an intent; bits/byte and perplexity of the right answers. Models that write text: of the texts.

    \b
    Examples:
      python -m tinylm eval commands --set sentences.jsonl --home home.toml
      python -m tinylm eval commands --set sentences.jsonl --board nrf52840 --limit 50
      python -m tinylm eval stories --set texts.jsonl --json
    """
    from tinylm.bench.evaluate import evaluate, load_set
    from tinylm.bundle import load_bundle

    bundle = load_bundle(model, home)
    path = rows or bundle.path(HELD_OUT)
    if rows is None and not path.is_file():
        raise InputError(f"'{bundle.name}' has no {HELD_OUT} of its own.", hint="Give a set with --set FILE.jsonl.")
    sentences = load_set(path)
    if limit is not None and limit < len(sentences):
        sentences = [sentences[at * len(sentences) // limit] for at in range(limit)]
    if threshold is not None:
        if not 0 <= threshold <= 1 or bundle.manifest.commands is None:
            raise InputError(f"--threshold {threshold:g} needs a model with a grammar, and is between 0 and 1.")
        commands = msgspec.structs.replace(bundle.manifest.commands, threshold=threshold)
        bundle = replace(bundle, manifest=msgspec.structs.replace(bundle.manifest, commands=commands))
    with show.working(f"Building for {place.board}", as_json):
        opened = place.open(bundle)
    with opened as device, show.progress(as_json) as tick:
        device.session.boot()
        quality = evaluate(device, bundle, sentences, tick)
        target = device.target
    if as_json:
        show.print_json({"model": bundle.name, "board": str(place.board), "target": target, "set": str(path), **quality.to_json()})
        return
    lines = [
        ("intent accuracy", quality.intent_accuracy, "share of the commands with the right intent"),
        ("  over intents", quality.intent_macro, "its mean over the intents of the set"),
        ("exact match", quality.exact_match, "intent and all slots right"),
        ("accepted", quality.accepted, "commands that were not answered with none"),
        ("false accepts", quality.false_accepts, "requests that are no command and got an intent"),
    ]
    table = [(name, f"{value:.1%}", text) for name, value, text in lines if value is not None]
    if quality.bits_per_byte is not None:
        told = "right answers" if quality.commands else "texts"
        table += [("bits/byte", f"{quality.bits_per_byte:.3f}", f"how well it predicts the {told}")]
        table += [("perplexity", f"{quality.perplexity:.2f}", "of a token")]
    title = f"{bundle.name} on {quality.rows} sentences ({quality.commands} commands), {target}"
    show.table(title, table)
    for row, answer in quality.wrong[:5]:
        wanted = " ".join([str(row.intent), *(f"{key}={value}" for key, value in row.slots.items())])
        got = " ".join([answer.intent, *(f"{key}={value}" for key, value in answer.slots)])
        print(f"  '{row.text}': {got} ({answer.confidence:.2f}), wanted {wanted}")
