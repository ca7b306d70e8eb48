"""What each step of compression costs and gains: python -m bench.ablation [BUNDLE] [--steps N] [--output FILE.md].

Every variant starts from the weights of the bundle (a shipped one, of commands or of text) and is trained on for the same few steps; the
first row is the bundle itself, the second the bundle trained on without a change, so that what the steps themselves give is seen. Each is
exported, judged in TensorFlow Lite Micro on held-out sentences or texts, built, and counted in the emulator. Variants are jobs of the
search's executor, and what they train is kept in the cache: a second call is done in a moment.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tinylm.bench.measure import measure
from tinylm.bundle import Bundle, load_bundle
from tinylm.errors import TinylmError
from tinylm.lm.pipeline import train
from tinylm.lm.read_back import read_back
from tinylm.lm.recipe_files import to_toml
from tinylm.paths import write_file
from tinylm.search.executor import Dask, Failed, Local
from tinylm.search.space import applied

BOARDS = ("nrf52840", "pico")  # Cortex-M4F, Cortex-M0+
QUALITY = ("bits_per_byte", "intent_accuracy", "exact_match", "wording_exact_match")
HEADS = ("variant", "file, bytes", "weights", "bits/byte", "intent", "exact match", "paraphrases", "M4F", "M0+")
#: Of a model that writes text: few rows of its teacher.
TEXT = {
    "corpus": {"rows": 256, "length": 512, "heldout": 8_000},
    "training": {"steps": 0, "batch": 16, "length": 128, "learning_rate": 2e-3},
}
CORPUS = {"rows": 36_000, "clean_rows": 12_000, "heldout_rows": 240, "noncommand_rows": 60}


@dataclass(frozen=True)
class Job:
    """recipe: its tables; bundle: the folder that it starts from."""

    recipe: Mapping[str, Any]
    bundle: str


def variants(spec: Mapping[str, Any], weights: int, steps: int) -> dict[str, dict[str, Any]]:
    """Name of a variant -> what it sets in the recipe, by dotted key. spec: the student of the bundle; weights: how many it has."""
    narrow = [round(0.8 * width / 4) * 4 for width in spec["layers"]]
    tuned = {"steps": steps}
    return {
        "as shipped": {},
        "trained on": {"training.steps": steps},
        f"units {narrow}": {"prune": {"layers": narrow, **tuned}},
        "factorised to 75 %": {"factorise": {"size": round(0.75 * weights), **tuned}},
        "half of the weights 0": {"sparsify": {"share": 0.5, **tuned}},
        "int4, not trained": {"quantise": {"bits": 4, "steps": 0}},
        "int4": {"quantise": {"bits": 4, **tuned}},
        "ternary": {"quantise": {"bits": 2, **tuned}},
        "binary": {"quantise": {"bits": 1, **tuned}},
        "units and int4": {"prune": {"layers": narrow, **tuned}, "quantise": {"bits": 4, **tuned}},
    }


def text_jobs(whole: Bundle, steps: int) -> dict[str, Job]:
    """The variants of a bundle that writes text, which its recipe's teacher wrote for."""
    recipe = tomllib.loads(whole.read("recipe.toml").decode())
    for key in ("checkpoint", "tokenizer"):
        recipe["teacher"][key] = str((whole.folder / recipe["teacher"][key]).resolve())
    recipe |= {"name": f"{whole.name}-ablation", "start": str(whole.folder.resolve()), **TEXT}
    tuned = {"steps": steps, "learning_rate": 2e-3}
    named: dict[str, dict[str, Any]] = {
        "as shipped": {},
        "trained on": {"training.steps": steps, "training.warmup": 40, "training.long": 0.0},
        "int4, not trained": {"quantise": {"bits": 4, "steps": 0}},
        "int4": {"quantise": {"bits": 4, **tuned}},
    }
    return {name: Job(applied(recipe, values), str(whole.folder)) for name, values in named.items()}


def jobs(bundle: str, steps: int) -> dict[str, Job]:
    """The variants of a bundle as jobs."""
    whole = load_bundle(bundle)
    if whole.manifest.commands is None:
        return text_jobs(whole, steps)
    spec, weights = read_back(whole.read(whole.graph.file))
    student = {**msgspec.to_builtins(spec), "layers": list(spec.layers)}
    corpus = {**tomllib.loads(whole.read("recipe.toml").decode()).get("corpus", {}), **CORPUS}
    training = {"steps": 0, "batch": 128, "learning_rate": 0.002, "warmup": 20, "quantised": 1.0, "clean": 0.3, "clean_end": 0.6}
    recipe = {
        "name": f"{whole.name}-ablation",
        "title": f"A variant of {whole.name}",
        "seed": 2026,
        "start": str(whole.folder.resolve()),
        "corpus": corpus,
        "student": student,
        "training": {**training, "lengths": [20, min(40, spec.window)]},
    }
    named = variants(student, sum(value.size for value in weights.values()), steps)
    return {name: Job(applied(recipe, values), str(whole.folder)) for name, values in named.items()}


def run(job: Job) -> dict[str, Any]:
    """Figures of one variant. Raises what training and building raise, and AssertionError where an output differs from the oracle."""
    with tempfile.TemporaryDirectory(prefix="tinylm-ablation-") as folder:
        recipe = Path(folder) / "recipe.toml"
        recipe.write_text(to_toml(job.recipe))
        made = train(recipe, Path(folder) / "bundle")
        figures = {"bytes": made["bytes"], "weights": made["weights"], **{key: made["quality"].get(key) for key in QUALITY}}
        for board in BOARDS:
            measured = measure(load_bundle(str(Path(folder) / "bundle")), board, "balanced", Path(folder) / board)
            assert not measured.mismatched, f"on {board}: {measured.mismatched} outputs differ"
            figures[board] = measured.instructions
    return figures


def table(title: str, rows: Mapping[str, dict[str, Any] | str]) -> str:
    """Markdown; a variant that failed has its reason in its row."""
    lines = [title, "", f"| {' | '.join(HEADS)} |", f"|{'---|' * len(HEADS)}"]
    for name, row in rows.items():
        if isinstance(row, str):
            lines.append(f"| {name} | {row} |{' |' * (len(HEADS) - 2)}")
            continue
        shares = ["" if row[key] is None else f"{row[key]:.1%}" for key in QUALITY[1:]]
        counts = [f"{row[board]:,}" for board in BOARDS]
        figures = [name, f"{row['bytes']:,}", f"{row['weights']:,}", f"{row['bits_per_byte']:.3f}", *shares, *counts]
        lines.append(f"| {' | '.join(figures)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", nargs="?", default="commands", help="the name or folder of a bundle of commands or of text")
    parser.add_argument("--steps", type=int, default=250, help="training steps of each variant")
    parser.add_argument("--workers", type=int, default=1, help="processes of this machine")
    parser.add_argument("--scheduler", help="a Dask scheduler instead of them, such as tcp://host:8786")
    parser.add_argument("--output", type=Path, help="a Markdown file for the table")
    options = parser.parse_args()
    started = time.monotonic()
    waiting = jobs(options.bundle, options.steps)
    executor = Dask(options.scheduler) if options.scheduler else Local(options.workers)
    found: dict[str, dict[str, Any] | str] = {}
    first = next(iter(waiting))
    for some in ({first: waiting[first]}, {name: job for name, job in waiting.items() if name != first}):  # the first one makes the corpus
        for name, outcome in executor.run(run, some):
            found[name] = outcome.reason if isinstance(outcome, Failed) else outcome
            print(f"{time.monotonic() - started:6.0f} s  {name}: {found[name]}", flush=True)
    command = f"python -m bench.ablation {options.bundle} --steps {options.steps}"
    text = table(f"`{command}`", {name: found[name] for name in waiting})
    print(text)
    if options.output:
        write_file(options.output, text)


if __name__ == "__main__":
    try:
        main()
    except TinylmError as error:
        raise SystemExit(f"error: {error}") from error
