"""recipe.toml: everything that makes a bundle again from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from tinylm.errors import InputError
from tinylm.lm.corpus import CorpusSpec
from tinylm.lm.student import StudentSpec
from tinylm.lm.training import TrainingSpec
from tinylm.schema import Strict, load


class TokenizerSpec(Strict):
    """merges: how many byte-pair merges are learned; each costs a row of the output head. sample: training rows that they come from."""

    merges: int = 150
    sample: int = 60_000


class SearchSpec(Strict):
    """The [search] table, for ``tinylm search``. choices: dotted key of the recipe -> values it may have; overrides: what trials use
    instead of the recipe's values (a smaller corpus, say). rungs: training steps; one trial in ``keep`` goes on from each. score: the
    figure of the bundle's quality that is to be high."""

    choices: dict[str, list[Any]]
    overrides: dict[str, Any] = msgspec.field(default_factory=dict)
    trials: int = 16
    rungs: list[int] = msgspec.field(default_factory=lambda: [300, 900, 2700])
    keep: int = 3
    score: str = "intent_accuracy"


class Recipe(Strict):
    """A whole recipe. examples: sentences that show what the model does; their answers are stored with the oracle's vectors."""

    name: str
    title: str
    seed: int
    licence: str = "Apache-2.0"
    mlperf: str = "lm01"
    examples: list[str] = msgspec.field(default_factory=list)
    corpus: CorpusSpec = msgspec.field(default_factory=CorpusSpec)
    tokenizer: TokenizerSpec = msgspec.field(default_factory=TokenizerSpec)
    student: StudentSpec = msgspec.field(default_factory=StudentSpec)
    training: TrainingSpec = msgspec.field(default_factory=TrainingSpec)
    search: SearchSpec | None = None


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises InputError naming the key and what it may be."""
    recipe = load(path, Recipe)
    for key, value, low, high in _limits(recipe):
        if not low <= value <= high:
            raise InputError(f"key '{key}' is {value}; it may be {low} to {high}.", where=str(path))
    if not recipe.student.layers or not recipe.training.lengths or list(recipe.training.lengths) != sorted(set(recipe.training.lengths)):
        raise InputError("student.layers needs a width, and training.lengths rising lengths.", where=str(path))
    return recipe


def smoke(recipe: Recipe) -> Recipe:
    """The same recipe at a size that takes well under a minute: it shows that every stage works, not that the model is any good."""
    replace = msgspec.structs.replace
    return replace(
        recipe,
        corpus=replace(recipe.corpus, rows=4_000, heldout_rows=60, noncommand_rows=30),
        tokenizer=replace(recipe.tokenizer, merges=40, sample=4_000),
        training=replace(recipe.training, steps=40, batch=32, warmup=5, lengths=(32, 64), checkpoint_every=20),
    )


def _limits(recipe: Recipe) -> list[tuple[str, float, float, float]]:
    corpus, training = recipe.corpus, recipe.training
    return [
        ("seed", recipe.seed, 0, 2**32 - 1),
        ("corpus.rows", corpus.rows, 1_000, 10_000_000),
        ("corpus.heldout_rows", corpus.heldout_rows, 10, 100_000),
        ("corpus.noncommand_rows", corpus.noncommand_rows, 10, 100_000),
        ("corpus.heldout_templates", corpus.heldout_templates, 0.01, 0.5),
        ("corpus.heldout_words", corpus.heldout_words, 0.05, 0.5),
        ("corpus.invented", corpus.invented, 0, 1),
        ("corpus.noncommands", corpus.noncommands, 0, 0.9),
        ("corpus.polite", corpus.polite, 0, 1),
        ("tokenizer.merges", recipe.tokenizer.merges, 0, 4_000),
        ("student.embedding", recipe.student.embedding, 1, 1_024),
        *((f"student.layers[{at}]", width, 1, 1_024) for at, width in enumerate(recipe.student.layers)),
        ("training.steps", training.steps, 1, 10_000_000),
        ("training.batch", training.batch, 1, 65_536),
        ("training.learning_rate", training.learning_rate, 1e-7, 1e3),
        ("training.quantised", training.quantised, 0, 1),
        ("training.text_weight", training.text_weight, 0, 1),
        ("training.checkpoint_every", training.checkpoint_every, 1, 10_000_000),
    ]
