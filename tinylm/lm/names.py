"""What a home holds: large pools of area, floor, entity and free-text names, made of words so that a model must copy, not remember.

The word lists are data (words.toml). Each reads "common words | rarer words"; a seeded share of the rarer words is held out of all lists:
no value that training draws is made with one of them, every held-out value holds at least one.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

# How values of each kind are put together; the more often a form is listed, the more often it is drawn.
_FORMS = {
    "area": ["room", "room", "room", "owner room", "manner room"],
    "floor": ["storey"],
    "message": ["speaker event"],
    "search_query": ["style work", "style work", "person style work", "style"],
    "item": ["food", "food", "quality food", "task"],
    "timer_name": ["timer", "timer", "owner timer", "quality timer"],
    "zone": ["zone", "zone", "manner zone"],
    "light": ["manner light", "place light", "owner light", "manner place light"],
    "switch": ["switch", "manner switch", "owner switch", "room switch"],
    "person": ["person"],
    "weather": ["weather"],
    "todo": ["todo", "owner todo"],
    "scene": ["scene", "scene", "owner scene"],
    "script": ["script"],
    "day": ["day"],
    "topic": ["topic"],
    "thing": ["thing", "manner thing"],
    "company": ["company"],
    "food": ["food", "quality food"],
    "style": ["style"],
    "work": ["work"],
    "quality": ["quality"],
}
_DEVICE_FORMS = ["{0}", "manner {0}", "owner {0}", "place {0}"]
_ALIASES = {"input_boolean": "switch", "input_button": "button", "todo_list_item": "item", "shopping_list_item": "item"}
Draw = Callable[[str, random.Random, bool], str]
_PLACEHOLDER = re.compile(r"\{([^}]*)\}")
# What people ask for with a delay; a list name (or a choice of them) in braces.
_COMMANDS = """
turn on the {light|switch|fan}
turn on {light|switch|fan}
turn off the {light|switch|fan|media_player}
turn off {light|switch|fan|media_player}
turn the {light|switch|fan} off
turn the {light|switch|fan} on
turn on the lights in the {area}
turn off the lights in the {area}
turn off the {area} lights
turn off all the lights
turn off the lights
lights off
lights on
open the {cover}
open the garage door
open the blinds in the {area}
close the {cover}
close the curtains
close the {area} blinds
lock the {lock}
lock {lock}
lock all doors
unlock the {lock}
start the {vacuum}
start {vacuum}
pause the music
stop the music
play {search_query}
set the {light} to 50 percent
dim the lights
activate {scene}
""".strip().splitlines()


@cache
def _lists() -> dict[str, str]:
    return tomllib.loads(files("tinylm.lm").joinpath("words.toml").read_text(encoding="utf-8"))


@dataclass
class Pools:
    """Draws values.

    held_share: the part of the rarer words that training never sees. invented: how often a training value has a made-up word in it, so that
    a model has to spell what it read; held-out values have real words only.
    """

    seed: int
    held_share: float = 0.2
    invented: float = 0.0
    seen: dict[str, list[str]] = field(default_factory=dict)
    held: dict[str, list[str]] = field(default_factory=dict)
    _chain: dict[str, list[str]] = field(default_factory=dict)
    _starts: list[str] = field(default_factory=list)
    _barred: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        lists = {name: [half.split() for half in text.split("|")] for name, text in _lists().items()}
        common = {word for first, _ in lists.values() for word in first}
        rare = sorted({word for _, second in lists.values() for word in second} - common)
        hidden = set(random.Random(f"pools {self.seed}").sample(rare, round(self.held_share * len(rare))))
        for _, second in lists.values():  # a list that the draw spared hides its last word: every kind has held-out values
            hidden |= set(second[-1:]) if hidden.isdisjoint(second) else set()
        for name, halves in lists.items():
            words = [word for half in halves for word in half]
            self.seen[name] = [word.replace("_", " ") for word in words if word not in hidden]
            self.held[name] = [word.replace("_", " ") for word in words if word in hidden]

    def draw(self, kind: str, rng: random.Random, held: bool = False) -> str:
        """A value of a kind (a list name or an entity's domain); ``held``: one that holds a held-out word."""
        if kind == "timer_command":
            return self.command(rng, self.draw, held)
        kind = _ALIASES.get(kind, kind)
        form = rng.choice(_FORMS.get(kind) or [form.format(kind) for form in _DEVICE_FORMS]).split()
        words = [rng.choice(self.seen[part]) for part in form]
        at = rng.randrange(len(form))
        if held:
            words[at] = rng.choice(self.held[form[at]])
        elif rng.random() < self.invented:
            words[at] = self.invent(rng)
        return " ".join(words)

    def command(self, rng: random.Random, draw: Draw, held: bool) -> str:
        """A command that may be said with a delay ("open the blinds"), its names drawn with ``draw``."""
        form = rng.choice(_COMMANDS)
        return _PLACEHOLDER.sub(lambda match: draw(rng.choice(match[1].split("|")), rng, held), form)

    def invent(self, rng: random.Random) -> str:
        """A word that does not exist, with the letter pairs of those that training sees; never a held-out word."""
        if not self._chain:
            for word in sorted({part for words in self.seen.values() for term in words for part in term.split() if part.isalpha()}):
                for at in range(len(word) - 1):
                    self._chain.setdefault(word[at : at + 2], []).append(word[at + 2 : at + 3])
            self._starts = [pair for pair in self._chain for _ in self._chain[pair]]
            self._barred = {part for words in self.held.values() for word in words for part in word.split()}
        while True:
            word = rng.choice(self._starts)
            while len(word) < 9 and (letter := rng.choice(self._chain[word[-2:]])):
                word += letter
            if len(word) >= 3 and word not in self._barred:
                return word

    def numbers(self, low: int, high: int, step: int, held: bool) -> list[int]:
        """The numbers of a range that training draws, or those that it never draws (about one in ten, none below 10)."""
        every = range(low, high + 1, step)
        hidden = set(random.Random(f"numbers {self.seed}").sample(range(10, 10001), 999))
        hidden |= {n * 100 for n in hidden if n <= 100}
        chosen = [n for n in every if (n in hidden) == held]
        return chosen or list(every)
