"""What the cells of a text student cost and learn: python -m bench.cells [RECIPE] [--steps N] [--data FOLDER] [--cells NAME ...].

Students of about as many weights as the recipe's, each of another cell, learn the same batches from the same teacher for as many steps.
Prints for each the file, the weights, bits/byte in TFLM on held-out texts, training time, and instructions a token on the boards.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from bench.ablation import BOARDS
from tinylm.bench.measure import measure
from tinylm.bundle import load_bundle
from tinylm.lm.pipeline import train
from tinylm.lm.recipe_files import to_toml
from tinylm.search.space import applied

HEADS = ("student", "file, bytes", "weights", "bits/byte", "float", "M4F", "M0+", "RAM, bytes", "ms a step")
STUDENTS: dict[str, dict[str, Any]] = {
    "attention": {"dim": 64, "hidden": 116, "layers": 2, "heads": 8, "kv_heads": 2},
    "attention, 2 share": {"dim": 64, "hidden": 116, "layers": 4, "heads": 8, "kv_heads": 2, "shared": 2},
    "mingru": {"cell": "mingru", "dim": 64, "hidden": 112, "layers": 3},
    "mingru, 2 share": {"cell": "mingru", "dim": 64, "hidden": 112, "layers": 6, "shared": 2},
    "gru": {"cell": "gru", "dim": 64, "hidden": 72, "layers": 2},
    "fastgrnn": {"cell": "fastgrnn", "dim": 64, "hidden": 128, "layers": 2, "rank": 56},
    "tcn": {"cell": "tcn", "dim": 64, "hidden": 32, "layers": 6},
}


def recipe(path: Path, student: dict[str, Any], steps: int, rows: int) -> dict[str, Any]:
    """The tables of a student: the recipe's, its own sizes, a short training."""
    tables: dict[str, Any] = msgspec.toml.decode(path.read_bytes())
    tables["student"] = {"window": 256, "start": "random", **student}
    short = {"training.steps": steps, "training.long": 0.0, "training.learning_rate": 0.005, "corpus.rows": rows, "corpus.heldout": 8_000}
    for key in ("checkpoint", "tokenizer"):
        tables["teacher"][key] = str((path.parent / tables["teacher"][key]).resolve())
    return applied(tables, short)


def row(name: str, tables: dict[str, Any], data: Path | None) -> str:
    with tempfile.TemporaryDirectory(prefix="tinylm-cells-") as folder:
        path, bundle = Path(folder) / "recipe.toml", Path(folder) / "bundle"
        path.write_text(to_toml(tables))
        began = time.monotonic()
        made = train(path, bundle, data=data)
        taken = next(step["seconds"] for step in made["done"] if step["step"] == "student")
        pace = f"{1000 * taken / made['steps']:.0f}" if not made["done"][2]["cached"] else ""
        measured = [measure(load_bundle(bundle), board, "balanced", Path(folder) / board) for board in BOARDS]
        assert not any(one.mismatched for one in measured), "an output differs from the oracle"
        quality = made["quality"]
        figures = [f"{made['bytes']:,}", f"{made['weights']:,}", f"{quality['bits_per_byte']:.3f}", f"{quality['float_bits_per_byte']:.3f}"]
        figures += [*(f"{one.instructions:,}" for one in measured), f"{measured[0].ram:,}", pace]
        print(f"| {name} | {' | '.join(figures)} |  ({time.monotonic() - began:.0f} s)", flush=True)
        return f"| {name} | {' | '.join(figures)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path, nargs="?", default=Path("models/stories/recipe.toml"))
    parser.add_argument("--cells", nargs="*", default=list(STUDENTS), help="only these")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rows", type=int, default=1024, help="that the teacher writes")
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    rows = [row(name, recipe(given.recipe, STUDENTS[name], given.steps, given.rows), given.data) for name in given.cells]
    print("\n".join(["", f"| {' | '.join(HEADS)} |", f"|{'---|' * len(HEADS)}", *rows]))


if __name__ == "__main__":
    main()
