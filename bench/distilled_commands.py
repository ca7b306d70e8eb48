"""Is a student better for a teacher? The same student, trained plainly and by a bundle's scores, with several seeds:
python -m bench.distilled_commands [--teacher BUNDLE] [--steps N] [--seeds N] [--weight W] [--temperature T].

The teacher is a shipped bundle (read back from its .tflite), so it has converged and has never seen the held-out rows. Seeds are of the
student's starting weights and batches; corpus, split, tokenizer, number of steps and schedule are the same in both arms. The margin is the
mean of the differences, seed by seed, with its standard error.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from bench.ablation import CORPUS
from tinylm.bundle import Bundle, load_bundle
from tinylm.errors import TinylmError
from tinylm.lm.pipeline import train
from tinylm.lm.recipe_files import to_toml
from tinylm.search.executor import Failed, Local

FIGURES = ("bits_per_byte", "intent_accuracy", "exact_match", "wording_intent_accuracy", "wording_exact_match")
STUDENT = {"embedding": 14, "inner": 48, "layers": [56, 56], "attention": 24, "window": 48, "bits": 8}


def recipe(teacher: Bundle, seed: int, steps: int, weight: float, temperature: float) -> dict[str, Any]:
    """The tables of one run. weight: of the teacher's scores; 0: plainly trained."""
    return {
        "name": "distilled",
        "title": "A student of a bundle",
        "seed": 2026,
        "student_seed": seed,
        "corpus": {**tomllib.loads(teacher.read("recipe.toml").decode()).get("corpus", {}), **CORPUS},
        "student": STUDENT,
        "training": {"steps": steps, "batch": 96, "learning_rate": 0.006, "warmup": 30, "quantised": 0.2, "lengths": [20, 40]},
        "teacher": {"recipe": str(teacher.folder.resolve()), "weight": weight, "temperature": temperature},
    }


def run(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of one run."""
    with tempfile.TemporaryDirectory(prefix="tinylm-distilled-") as folder:
        path = Path(folder) / "recipe.toml"
        path.write_text(to_toml(tables))
        quality = train(path, Path(folder) / "bundle")["quality"]
        return {key: quality[key] for key in FIGURES}


def margins(plain: Sequence[dict[str, Any]], taught: Sequence[dict[str, Any]]) -> dict[str, tuple[float, float, float, float]]:
    """Of each figure: mean of the plain ones, of the taught ones, of the differences, and the standard error of that."""
    found = {}
    for key in FIGURES:
        gaps = [b[key] - a[key] for a, b in zip(plain, taught, strict=True)]
        error = stdev(gaps) / math.sqrt(len(gaps)) if len(gaps) > 1 else math.nan
        found[key] = (mean(row[key] for row in plain), mean(row[key] for row in taught), mean(gaps), error)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", default="commands", help="the name or folder of a bundle of a commands model")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--weight", type=float, default=0.5)
    parser.add_argument("--temperature", type=float, default=2.0)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    teacher = load_bundle(options.teacher)
    jobs = {
        f"{arm} {seed}": recipe(teacher, seed, options.steps, weight, options.temperature)
        for seed in range(1, options.seeds + 1)
        for arm, weight in (("plain", 0.0), ("taught", options.weight))
    }
    found: dict[str, Any] = {}
    for name, outcome in Local(options.workers).run(run, jobs):
        if isinstance(outcome, Failed):
            raise SystemExit(f"{name}: {outcome.reason}")
        found[name] = outcome
        print(name, outcome, flush=True)
    arms = [[found[f"{arm} {seed}"] for seed in range(1, options.seeds + 1)] for arm in ("plain", "taught")]
    print(f"{'':24} {'plain':>8} {'taught':>8} {'margin':>8} {'± error':>8}  over {options.seeds} seeds")
    for key, (plain, taught, gap, error) in margins(*arms).items():
        print(f"{key:24} {plain:8.4f} {taught:8.4f} {gap:+8.4f} {error:8.4f}")


if __name__ == "__main__":
    try:
        main()
    except TinylmError as error:
        raise SystemExit(f"error: {error}") from error
