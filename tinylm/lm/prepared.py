"""What a training needs of a corpus: tokenizer, encoded rows, held-out rows and homes. Made once for a recipe's corpus, then cached."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tinylm.lm import bpe, corpus
from tinylm.lm.answers import Row
from tinylm.lm.dataset import Group, encode
from tinylm.lm.extra import need
from tinylm.lm.home import Home, Names
from tinylm.lm.paraphrases import WORDING
from tinylm.lm.recipe import Recipe
from tinylm.lm.tokenizer import Tokenizer
from tinylm.paths import cache_dir, write_file

SETS = ("heldout", "familiar", "known", "wording", "voices", "chat", "near", "asides")
# Where rows come from: when one of these changes, cached ones are not used.
_MODULES = "answers augment bpe commands corpus dataset home household names noncommands numbers paraphrases prepared tokenizer"
_SOURCES = [*(f"{module}.py" for module in _MODULES.split(" ")), "noncommands.txt", "paraphrases.txt", *WORDING, "words.toml"]
_PACKAGES = ("home_assistant_intents", "hassil", "chatterbot_corpus")
Progress = Callable[[str, int, int, str], None]


@dataclass(frozen=True)
class Prepared:
    """varied, clean: rows for training. sets: held-out rows by the names in SETS; homes: what their ``home`` numbers."""

    tokenizer: Tokenizer
    varied: list[Group]
    clean: list[Group]
    sets: dict[str, list[Row]]
    homes: dict[int, Home]

    def names(self) -> dict[int, Names]:
        """The homes' names as they look in normalised text."""
        return {at: Names(home, self.tokenizer.normalise) for at, home in self.homes.items()}


def prepare(plan: Recipe, progress: Progress) -> Prepared:
    """The corpus of a recipe, from the cache where it has been made before. Raises MissingError without the train extra."""
    path = cache_dir() / f"corpus-{_digest(plan)}.npz"
    if path.is_file():
        try:
            prepared = _load(path)
            progress("corpus", 1, 1, "as made before")
            return prepared
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, msgspec.MsgspecError):
            path.unlink()  # cut short, or of another version: it is made again
    prepared = _make(plan, progress)
    write_file(path, _dump(prepared))
    return prepared


def learn_tokenizer(plan: Recipe, rows: list[Row], structural: list[str]) -> Tokenizer:
    """The tokenizer of a recipe: merges learned on training text, then the structural tokens of the corpus."""
    plain = Tokenizer.make(bpe.ALPHABET, [], [], numbers=True)
    words = (f" {word}" for row in rows[: plan.tokenizer.sample] for word in plain.normalise(row.text).split())
    return Tokenizer.make(bpe.ALPHABET, bpe.learn(words, plan.tokenizer.merges), structural, numbers=True)


def _make(plan: Recipe, progress: Progress) -> Prepared:
    progress("corpus", 0, 1, "expanding the templates")
    made = corpus.build(plan.corpus, plan.seed, lambda done, total: progress("corpus", done, total, ""))
    progress("tokenizer", 0, 1, "learning merges")
    tokenizer = learn_tokenizer(plan, made.train, made.structural)
    done, total = 0, len(made.train) + len(made.clean)

    def tick() -> None:
        nonlocal done
        done += 1
        if done % 10_000 == 0 or done == total:
            progress("encode", done, total, "")

    varied, clean = (encode(rows, tokenizer, made.homes, plan.training.lengths, tick) for rows in (made.train, made.clean))
    sets: dict[str, list[Row]] = {name: getattr(made, name) for name in SETS}
    used = {row.home for rows in sets.values() for row in rows}
    return Prepared(tokenizer, varied, clean, sets, {at: made.houses[at].home() for at in sorted(used)})


def _digest(plan: Recipe) -> str:
    """Of everything that the rows depend on."""
    made = hashlib.sha256(repr((plan.seed, plan.corpus, plan.tokenizer, plan.training.lengths)).encode())
    for name in _SOURCES:
        made.update(files("tinylm.lm").joinpath(name).read_bytes())
    for package in _PACKAGES:
        made.update(str(getattr(need(package), "__version__", "")).encode())
    return made.hexdigest()[:16]


def _dump(prepared: Prepared) -> bytes:
    text: dict[str, Any] = {"tokenizer": prepared.tokenizer.dump(), "sets": prepared.sets, "homes": prepared.homes}
    arrays = {"text": np.frombuffer(msgspec.json.encode(text), np.uint8)}
    for kind in ("varied", "clean"):
        for at, group in enumerate(getattr(prepared, kind)):
            arrays |= {f"{kind}.{at}.{field.name}": getattr(group, field.name) for field in fields(Group)}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


class _Text(msgspec.Struct):
    tokenizer: str
    sets: dict[str, list[Row]]
    homes: dict[int, Home]


def _load(path: Path) -> Prepared:
    with np.load(path, allow_pickle=False) as file:
        text = msgspec.json.decode(file["text"].tobytes(), type=_Text)
        groups: dict[str, list[Group]] = {"varied": [], "clean": []}
        for kind, found in groups.items():
            while f"{kind}.{len(found)}.tokens" in file:
                found.append(Group(*(file[f"{kind}.{len(found)}.{field.name}"] for field in fields(Group))))
    return Prepared(Tokenizer.load(text.tokenizer.encode()), groups["varied"], groups["clean"], text.sets, text.homes)
