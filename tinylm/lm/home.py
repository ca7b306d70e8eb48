"""The user's home: names of areas, floors and entities, found in a sentence while it is read.

The names stay data: a model never learns them, it sees flags ("here begins the name of an area", "this belongs to a light") and points at
spans. The firmware does exactly the same with a trie in flash (firmware_templates/runtime/tl_home.c).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinylm.errors import InputError, nearest
from tinylm.schema import Strict, load

KINDS = ("area", "floor", "entity")
DOMAINS = (
    "light", "switch", "cover", "valve", "fan", "climate", "lock", "media_player", "vacuum", "lawn_mower", "todo", "scene", "script",
    "person", "weather", "sensor", "other",
)  # fmt: skip
#: The columns of ``Names.flags``: where names begin and go on, by kind, and the domain of the entity.
FLAGS = (*(f"{kind}_{part}" for kind in KINDS for part in ("begin", "inside")), *DOMAINS)
#: Domains that share a flag.
SAME = {"binary_sensor": "sensor", "input_boolean": "switch", "shopping_list": "todo"}
ARTICLES = ("the ", "a ", "an ", "my ")
NAME_LIMIT = 60  # bytes of a name: it has to fit a line of the console


class Entity(Strict):
    """A thing of the home. domain: light, switch, ...; one that no flag stands for counts as 'other'. area: where it is."""

    name: str
    domain: str
    area: str | None = None

    @property
    def flag(self) -> str:
        """The name of the domain's flag."""
        domain = SAME.get(self.domain, self.domain)
        return domain if domain in DOMAINS else "other"


class Home(Strict):
    """home.toml."""

    areas: list[str] = []
    floors: list[str] = []
    entities: list[Entity] = []

    def named(self) -> Iterator[tuple[str, str, str]]:
        """(kind, name, flag of the entity's domain or '')."""
        yield from (("area", name, "") for name in self.areas)
        yield from (("floor", name, "") for name in self.floors)
        yield from (("entity", entity.name, entity.flag) for entity in self.entities)


def load_home(path: Path) -> Home:
    """Read home.toml. Raises InputError: not TOML, an unknown key, a name that is empty, too long or listed twice, an unknown area."""
    home = load(path, Home)
    problem = _problem(home)
    if problem:
        raise InputError(f"{problem}.", where=str(path), hint="See docs/training.md for the format.")
    return home


def _problem(home: Home) -> str:
    for kind, name, _ in home.named():
        if not name.strip():
            return f"one of the names of kind '{kind}' is empty"
        if len(name.encode()) > NAME_LIMIT or not name.isprintable():
            return f"the name {name!r} is longer than {NAME_LIMIT} bytes or holds control characters"
    for title, names in (
        ("area", [name.casefold() for name in home.areas]),
        ("floor", [name.casefold() for name in home.floors]),
        ("entity", [f"{entity.name.casefold()} ({entity.domain})" for entity in home.entities]),
    ):
        twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
        if twice:
            return f"the {title} '{twice}' is listed twice"
    for entity in home.entities:
        if entity.area is not None and entity.area not in home.areas:
            near = nearest(entity.area, home.areas).rstrip(".")
            return f"the entity '{entity.name}' is in '{entity.area}', which is no area of this home. {near}"
        if not entity.domain:
            return f"the entity '{entity.name}' has no domain"
    return ""


@dataclass(frozen=True)
class Match:
    """A name found in a normalised text, at [start, end). name: as home.toml writes it. domains: flags of the entities called so."""

    kind: str
    start: int
    end: int
    name: str
    domains: tuple[str, ...] = ()


class Names:
    """The names of a home as they look in normalised text. normalise: the tokenizer's.

    An article in front of a name does not count ("the den" is found in "to my den"). Raises InputError for a name of which nothing is left.
    """

    def __init__(self, home: Home, normalise: Callable[[str], str]) -> None:
        self.normalise = normalise
        self.known: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {kind: {} for kind in KINDS}
        for kind, name, flag in home.named():
            plain = self.plain(name)
            if not plain:
                raise InputError(f"of the name '{name}' nothing is left that the model's alphabet knows.", where="home")
            first, domains = self.known[kind].get(plain, (name, ()))
            self.known[kind][plain] = first, (*domains, *([flag] if flag and flag not in domains else []))
        # Only names that start with the letters at hand are tried, longest first.
        self._starts: dict[str, list[tuple[str, str]]] = {}
        for kind, names in self.known.items():
            for plain in sorted(names, key=len, reverse=True):
                self._starts.setdefault(plain[:3], []).append((kind, plain))

    def plain(self, name: str) -> str:
        """A name as it looks in normalised text, from its first letter or digit on and without an article in front."""
        text = self.normalise(name).lstrip(" '-.%/")
        article = next((word for word in ARTICLES if text.startswith(word) and len(text) > len(word)), "")
        return text[len(article) :].lstrip(" '-.%/")

    def matches(self, text: str) -> list[Match]:
        """Names in a normalised text, in order of their start: of each kind the longest at a place; those of a kind do not overlap."""
        found: list[Match] = []
        until = dict.fromkeys(KINDS, 0)
        for start in _word_starts(text):
            ends = dict.fromkeys(KINDS, 0)
            for length in (1, 2, 3):
                for kind, plain in self._starts.get(text[start : start + length], ()):
                    end = start + len(plain)
                    if end > ends[kind] and text.startswith(plain, start) and not _letter(text[end : end + 1]):
                        ends[kind] = end
            for kind in KINDS:
                if ends[kind] and start >= until[kind]:
                    until[kind] = ends[kind]
                    name, domains = self.known[kind][text[start : ends[kind]]]
                    found.append(Match(kind, start, ends[kind], name, domains))
        return found

    def flags(self, pieces: Sequence[str]) -> NDArray[np.int8]:
        """[pieces, len(FLAGS)] of 0 and 1. pieces: the texts of a sentence's tokens, which joined are its normalised text.

        The piece in which a name begins has its kind's ``begin``, later pieces of it ``inside``; all of them the entity's domains.
        """
        out = np.zeros((len(pieces), len(FLAGS)), np.int8)
        ends = np.cumsum([len(piece) for piece in pieces])
        for match in self.matches("".join(pieces)):
            first, last = (int(np.searchsorted(ends, at, side="right")) for at in (match.start, match.end - 1))
            column = FLAGS.index(f"{match.kind}_begin")
            out[first, column] = 1
            out[first + 1 : last + 1, column + 1] = 1
            out[first : last + 1, [FLAGS.index(domain) for domain in match.domains]] = 1
        return out


def _letter(text: str) -> bool:
    return "a" <= text <= "z" or "0" <= text <= "9"


def _word_starts(text: str) -> Iterable[int]:
    return (at for at, letter in enumerate(text) if _letter(letter) and not (at and _letter(text[at - 1])))
