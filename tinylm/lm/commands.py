"""Home Assistant's sentence templates as a sampler of (text, intent, slots).

hassil's own sampler yields texts without slots, so this walks its expression tree and gathers text and slots together.
Data: home-assistant-intents (Apache-2.0) data/en.json; grammar: hassil 3.12 expression.py.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from tinylm.lm.answers import Row, Slot
from tinylm.lm.extra import need
from tinylm.lm.names import Pools

ANY_DOMAIN = ("light", "switch", "fan", "cover", "media_player", "climate")


@dataclass(frozen=True)
class Template:
    """One sentence template of one block. slots: closed slots that the block implies. domains: what {name} may be."""

    intent: str
    text: str
    slots: tuple[tuple[str, str], ...] = ()
    domains: tuple[str, ...] = ANY_DOMAIN


@dataclass
class Grammar:
    """The templates with the lists and rules that they refer to, parsed by hassil."""

    templates: list[Template]
    lists: dict[str, Any]
    rules: dict[str, Any]
    _parsed: dict[str, Any] = field(default_factory=dict)

    def expression(self, text: str) -> Any:
        """hassil's tree of a template text (parsed once)."""
        if text not in self._parsed:
            self._parsed[text] = need("hassil.parse_expression").parse_sentence(text).expression
        return self._parsed[text]


@cache
def home_assistant() -> Grammar:
    """All English templates, one entry per (intent, text, block). Raises MissingError without the train extra."""
    package = need("home_assistant_intents")
    data = json.loads(files(package).joinpath("data", "en.json").read_text(encoding="utf-8"))
    templates = []
    for intent, entry in data["intents"].items():
        for block in entry["data"]:
            domains = _domains(block.get("requires_context", {}).get("domain"))
            slots = tuple(sorted((key, str(value)) for key, value in block.get("slots", {}).items()))
            templates += [Template(intent, text, slots, domains) for text in block["sentences"]]
    return Grammar(templates, data["lists"], data["expansion_rules"])


def _domains(value: Any) -> tuple[str, ...]:
    return ANY_DOMAIN if value is None else (value,) if isinstance(value, str) else tuple(value)


class Source(Protocol):
    """Where names and values come from: the pools, or one home."""

    def draw(self, kind: str, rng: random.Random, held: bool = False) -> str: ...


MARK, CLOSE = 0xE000, "\uf000"  # chr(MARK + n) opens the value of slot n in a marked text, CLOSE ends it (private use characters)


@dataclass(frozen=True)
class Marked:
    """A sentence whose free values stand between marks, so that the words around them may change."""

    text: str
    intent: str
    slots: list[Slot]
    template: str

    def row(self, home: int = -1) -> Row:
        """The row: marks gone, the values' places known. A value is what stands between its marks now, with its slot's sign."""
        plain, found = "", {at: slot for at, slot in enumerate(self.slots) if not slot.free}
        opened: list[tuple[int, int]] = []
        for letter in _tidy(self.text):
            at = ord(letter) - MARK
            if letter == CLOSE:
                start, slot = opened.pop()
                sign = "-" if self.slots[slot].value.startswith("-") else ""
                found[slot] = Slot(self.slots[slot].key, sign + plain[start:].strip(), start, len(plain))
            elif 0 <= at < len(self.slots):
                opened.append((len(plain), at))
            else:
                plain += letter
        return Row(plain, self.intent, Slot.ordered(found.values()), self.template, home)


class Sampler:
    """Draws rows from a grammar's templates."""

    def __init__(self, grammar: Grammar, pools: Pools) -> None:
        self.grammar, self.pools = grammar, pools
        self.tree = need("hassil.expression")
        self._numbers: dict[tuple[str, bool], list[int]] = {}

    def row(self, template: Template, rng: random.Random, held: bool = False, source: Source | None = None) -> Marked:
        """One sentence of a template, its values marked; ``held``: with held-out names and values only."""
        walk = _Walk(self, template, rng, held, source or self.pools)
        text = walk.text(self.grammar.expression(template.text))
        return Marked(_tidy(text), template.intent, walk.slots, template.text)

    def closed(self, name: str) -> list[tuple[str, str]]:
        """The (input template, output) pairs of a closed list."""
        values = self.grammar.lists.get(name, {}).get("values", [])
        return [(v, v) if isinstance(v, str) else (v["in"], str(v["out"])) for v in values]

    def numbers(self, name: str, held: bool) -> list[int]:
        """The numbers that a range list may draw."""
        if (name, held) not in self._numbers:
            span = self.grammar.lists[name]["range"]
            self._numbers[name, held] = self.pools.numbers(span["from"], span["to"], span.get("step", 1), held)
        return self._numbers[name, held]

    def vocabulary(self) -> list[str]:
        """The structural tokens: every intent, every key that takes free text, every closed key=value; in a fixed order."""
        found: set[str] = set()
        for template in self.grammar.templates:
            found.add(template.intent)
            found.update(Slot(key, value).token for key, value in template.slots)
            self._collect(self.grammar.expression(template.text), found)
        return ["none", *sorted(found - {"none"}, key=lambda token: (token[0] == " ", token.endswith(":"), token))]

    def _collect(self, node: Any, found: set[str]) -> None:
        tree = self.tree
        if isinstance(node, tree.ListReference):
            closed = self.closed(node.list_name)
            found.update(Slot(node.slot_name, out).token for _, out in closed)
            if not closed:
                found.add(Slot(node.slot_name, "-" if self.multiplier(node.list_name) < 0 else "", 0).token)
        elif isinstance(node, tree.RuleReference):
            self._collect(self.grammar.expression(self.grammar.rules[node.rule_name]), found)
        elif isinstance(node, tree.Group):
            for item in node.items:
                self._collect(item, found)

    def multiplier(self, name: str) -> int:
        """What a spoken number is multiplied with to give the slot's value (1 or -1)."""
        return int(self.grammar.lists.get(name, {}).get("range", {}).get("multiplier", 1))


class _Walk:
    """One pass over an expression tree: builds the text, its free values between marks, and fills ``slots`` on the way."""

    def __init__(self, sampler: Sampler, template: Template, rng: random.Random, held: bool, source: Source) -> None:
        self.sampler, self.template, self.rng, self.held, self.source = sampler, template, rng, held, source
        self.slots = [Slot(key, value) for key, value in template.slots]

    def text(self, node: Any) -> str:
        tree, grammar = self.sampler.tree, self.sampler.grammar
        if isinstance(node, tree.TextChunk):
            return str(node.original_text)
        if isinstance(node, tree.ListReference):
            return self.value(node)
        if isinstance(node, tree.RuleReference):
            return self.text(grammar.expression(grammar.rules[node.rule_name]))
        if isinstance(node, tree.Alternative):
            return self.text(self.rng.choice(node.items))
        items = list(node.items)
        if isinstance(node, tree.Permutation):
            self.rng.shuffle(items)
        return "".join(self.text(item) for item in items)

    def value(self, node: Any) -> str:
        sampler, name = self.sampler, node.list_name
        closed = sampler.closed(name)
        if closed:
            said, out = self.rng.choice(closed)
            self.slots.append(Slot(node.slot_name, out))
            return self.text(sampler.grammar.expression(said))
        if "range" in sampler.grammar.lists.get(name, {}):
            said = str(self.rng.choice(sampler.numbers(name, self.held)))
            if sampler.grammar.lists[name]["range"].get("fractions") and self.rng.random() < 0.1:
                said += ".5"
            out = f"-{said}" if sampler.multiplier(name) < 0 else said
        else:
            kind = self.rng.choice(self.template.domains) if name == "name" else name
            said = out = self.source.draw(kind, self.rng, self.held)
        self.slots.append(Slot(node.slot_name, out, 0))
        return f"{chr(MARK + len(self.slots) - 1)}{said}{CLOSE}"


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
