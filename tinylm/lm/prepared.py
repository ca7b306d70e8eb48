"""What a training needs of a corpus: rows first, then tokenizer, encoded rows, held-out rows and homes. Both are kept in the cache."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tinylm.errors import InputError
from tinylm.lm import bpe, corpus
from tinylm.lm.answers import Row
from tinylm.lm.dataset import Group, encode
from tinylm.lm.extra import need
from tinylm.lm.home import Home, Names
from tinylm.lm.paraphrases import WORDING
from tinylm.lm.recipe import Recipe
from tinylm.lm.steps import Track
from tinylm.lm.tokenizer import Tokenizer
from tinylm.paths import cache_dir, write_file

SETS = ("heldout", "familiar", "known", "wording", "voices", "chat", "near", "asides")
# Where rows come from: when one of these changes, cached ones are not used.
_MODULES = "answers augment bpe commands corpus dataset home household names noncommands numbers paraphrases prepared tokenizer"
_SOURCES = [*(f"{module}.py" for module in _MODULES.split(" ")), "noncommands.txt", "paraphrases.txt", *WORDING, "words.toml"]
_PACKAGES = ("home_assistant_intents", "hassil", "chatterbot_corpus")


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


@dataclass(frozen=True)
class Rows:
    """A corpus as it is kept. structural: texts of the structural tokens; homes: what ``Row.home`` numbers; sets: as in Prepared."""

    structural: list[str]
    homes: list[Home]
    train: list[Row]
    clean: list[Row]
    sets: dict[str, list[Row]]


def make_rows(plan: Recipe, track: Track) -> Rows:
    """The step ``corpus``: the rows of a recipe. Raises MissingError without the train extra."""
    path = cache_dir() / f"rows-{_digest(plan)}.bin"
    if path.is_file() and not track.fresh:
        try:
            rows = msgspec.msgpack.decode(zlib.decompress(path.read_bytes()), type=Rows)
            track.kept()
            return rows
        except (OSError, zlib.error, msgspec.MsgspecError):
            path.unlink()  # cut short, or of another version: they are made again
    track("corpus", 0, 1, "expanding the templates")
    made = corpus.build(plan.corpus, plan.seed, lambda done, total: track("corpus", done, total))
    sets: dict[str, list[Row]] = {name: getattr(made, name) for name in SETS}
    rows = Rows(made.structural, [house.home() for house in made.houses], made.train, made.clean, sets)
    write_file(path, zlib.compress(msgspec.msgpack.encode(rows), 1))
    return rows


def prepare(plan: Recipe, rows: Callable[[], Rows], track: Track, given: Tokenizer | None = None) -> Prepared:
    """The step ``tokenizer``: merges learned, rows encoded. rows: asked for where the cache does not have it. given: a tokenizer to take
    instead of learning one; InputError where it lacks a structural token that the corpus needs."""
    path = _path(plan, given)
    if path.is_file() and not track.fresh:
        try:
            prepared = _load(path)
            track.kept()
            return prepared
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, msgspec.MsgspecError):
            path.unlink()  # cut short, or of another version: it is made again
    prepared = _make(plan, rows(), track, given)
    write_file(path, _dump(prepared))
    return prepared


def is_prepared(plan: Recipe, given: Tokenizer | None = None) -> bool:
    """Whether the cache has what ``prepare`` makes, so that the rows themselves are not needed."""
    return _path(plan, given).is_file()


def _path(plan: Recipe, given: Tokenizer | None) -> Path:
    return cache_dir() / f"corpus-{_digest(plan, given.dump() if given else plan.tokenizer, plan.training.lengths)}.npz"


def learn_tokenizer(plan: Recipe, rows: list[Row], structural: list[str]) -> Tokenizer:
    """The tokenizer of a recipe: merges learned on training text, then the structural tokens of the corpus."""
    plain = Tokenizer.make(bpe.ALPHABET, [], [], numbers=True)
    words = (f" {word}" for row in rows[: plan.tokenizer.sample] for word in plain.normalise(row.text).split())
    return Tokenizer.make(bpe.ALPHABET, bpe.learn(words, plan.tokenizer.merges), structural, numbers=True)


def _make(plan: Recipe, rows: Rows, track: Track, given: Tokenizer | None) -> Prepared:
    track("tokenizer", 0, 1, "learning merges")
    tokenizer = given or learn_tokenizer(plan, rows.train, rows.structural)
    lacking = sorted(set(rows.structural) - set(tokenizer.structural))
    if lacking:
        raise InputError(
            f"the tokenizer that it starts with has no token for {', '.join(map(repr, lacking[:3]))}, which its corpus needs.",
            where=plan.name,
            hint="It is of another version of the corpus: train its bundle again.",
        )
    done, total = 0, len(rows.train) + len(rows.clean)

    def tick() -> None:
        nonlocal done
        done += 1
        if done % 10_000 == 0 or done == total:
            track("tokenizer", done, total, "encoding")

    names = [Names(home, tokenizer.normalise) for home in rows.homes]
    varied, clean = (encode(some, tokenizer, names, plan.training.lengths, tick) for some in (rows.train, rows.clean))
    used = {row.home for some in rows.sets.values() for row in some}
    return Prepared(tokenizer, varied, clean, rows.sets, {at: rows.homes[at] for at in sorted(used)})


def _digest(plan: Recipe, *more: object) -> str:
    """Of everything that the rows depend on, and of ``more``."""
    made = hashlib.sha256(repr((plan.seed, plan.corpus, *more)).encode())
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
