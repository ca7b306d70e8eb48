"""What an answer may be: intents, the combinations of slots that each takes, and what values stand for; as data and as an automaton.

The data is grammar.json of a bundle, made from home-assistant-intents by ``tinylm.lm.grammar_source`` when the model is trained:

    {"format": 1, "intents": {"HassTurnOn": [{"domain": ["light"], "area": {"kind": "area"}}, ...], "HassNevermind": [{}]}}

A combination maps each of its keys to a list of values (closed) or to what a span of the text must be: the name of an ``area``, ``floor``
or ``entity`` (of ``domains``, where they are given) of this home, a ``number`` (``low`` to ``high``; ``decimals``: one decimal is allowed),
or any ``text``. A key whose numbers are negative ("down by 20") has ``negative``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Literal

import msgspec

from tinylm.errors import InputError
from tinylm.lm.answers import KEY_ORDER, NONE
from tinylm.lm.home import DOMAINS, KINDS, SAME
from tinylm.lm.tokenizer import Tokenizer
from tinylm.schema import Strict

FORMAT = 1
MAX_SLOTS = 8  # tl_answer.h
MAX_STATES = 256
DONE = 0  # the state behind the end token
_PLACE = {key: place for place, key in enumerate(KEY_ORDER)}


class Span(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """What a span of the text must be. domains: of an entity; () for any. low, high: of a number."""

    kind: Literal["area", "floor", "entity", "number", "text"]
    domains: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    decimals: bool = False
    negative: bool = False

    @property
    def flags(self) -> frozenset[str]:
        """Flags of home.FLAGS of which the text must have one; empty for numbers and free text."""
        if self.kind in ("area", "floor"):
            return frozenset([f"{self.kind}_begin"])
        domains = {SAME.get(domain, domain) for domain in self.domains} if self.domains else set(DOMAINS)
        return frozenset(domain if domain in DOMAINS else "other" for domain in domains) if self.kind == "entity" else frozenset()


Combination = dict[str, tuple[str, ...] | Span]  # key: closed values, or what its span must be


class Grammar(Strict):
    """grammar.json."""

    intents: dict[str, list[Combination]]
    format: int = FORMAT

    @classmethod
    def load(cls, source: Path | bytes) -> Grammar:
        """Read grammar.json. Raises InputError."""
        where = "grammar.json" if isinstance(source, bytes) else str(source)
        try:
            grammar = msgspec.json.decode(source if isinstance(source, bytes) else source.read_bytes(), type=cls)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror}).", where=where) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(f"is not a grammar: {error}.", where=where) from error
        if grammar.format != FORMAT:
            raise InputError(f"its format is {grammar.format}, this tinylm reads {FORMAT}.", where=where)
        return grammar

    def dump(self) -> str:
        """The text of grammar.json: a line for each combination."""
        lines = []
        for intent, combinations in self.intents.items():
            rows = ",\n".join(f"   {msgspec.json.encode(combination).decode()}" for combination in combinations)
            lines.append(f'  "{intent}": [\n{rows}\n  ]')
        return f'{{\n "format": {self.format},\n "intents": {{\n' + ",\n".join(lines) + "\n }\n}\n"


@dataclass(frozen=True)
class Rule:
    """What the value of a key is. kind: 0 nothing (a closed token), then text, number, area, floor, entity.

    flags: bits of home.FLAGS; one of them must be in the text. low, high: of a number, in tenths.
    """

    kind: int
    flags: int = 0
    low: int = 0
    high: int = 0
    decimals: bool = False


CLOSED, TEXT, NUMBER, AREA, FLOOR, ENTITY = range(6)
_RULES = {"text": TEXT, "number": NUMBER} | {kind: AREA + at for at, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Edge:
    """From a state by a token to the next. rule: index in Automaton.rules."""

    token: int
    rule: int
    next: int


@dataclass
class Automaton:
    """states: the edges of each, by token; a state's edges lead to states before it. State 0 is behind the end; the last is the start."""

    rules: list[Rule] = field(default_factory=list)
    states: list[tuple[Edge, ...]] = field(default_factory=list)

    @property
    def start(self) -> int:
        return len(self.states) - 1

    @property
    def depth(self) -> int:
        """Tokens of the longest answer, the end left out."""
        longest = [0]
        for edges in self.states[1:]:
            longest.append(1 + max(longest[edge.next] for edge in edges))
        return longest[-1] - 1


_Path = tuple[tuple[int, Rule], ...]  # token, rule of each step


def automaton(grammar: Grammar, tokenizer: Tokenizer, flags: Sequence[str], named: bool = True) -> Automaton:
    """The smallest automaton of all answers. flags: home.FLAGS; named: False where no home is known: names are any text then.

    Raises InputError where the tokenizer lacks a token that the grammar needs, or where it is too large for the device.
    """
    paths: list[_Path] = []
    nothing: list[Combination] = [{}]
    for intent, combinations in [*grammar.intents.items(), (NONE, nothing)]:
        for combination in combinations:
            paths += _paths(intent, combination, tokenizer, flags, named)
    builder = _Builder(tokenizer.end)
    builder.state(frozenset(paths))
    made = builder.made
    if len(made.states) > MAX_STATES or len(made.rules) > 32:
        raise InputError(
            f"is too large: {len(made.states)} states, {len(made.rules)} rules; 256 and 32 are possible.", where="grammar.json"
        )
    if made.depth > MAX_SLOTS:
        raise InputError(f"has a combination of more than {MAX_SLOTS - 1} slots.", where="grammar.json")
    return made


def _paths(intent: str, combination: Combination, tokenizer: Tokenizer, flags: Sequence[str], named: bool) -> list[_Path]:
    """The answers of one combination; closed values of a key are alternatives."""
    paths: list[_Path] = [((_token(tokenizer, intent), Rule(CLOSED)),)]
    for key, value in sorted(combination.items(), key=lambda item: (_PLACE.get(item[0], len(_PLACE)), item[0])):
        if isinstance(value, Span):
            steps = [(_token(tokenizer, f" {key}:-" if value.negative else f" {key}:"), _rule(value, flags, named))]
        else:
            steps = [(_token(tokenizer, f" {key}={text}"), Rule(CLOSED)) for text in value]
        paths = [(*path, step) for path in paths for step in steps]
    return paths


def _rule(span: Span, flags: Sequence[str], named: bool) -> Rule:
    if span.kind == "number":
        return Rule(NUMBER, 0, 10 * span.low, 10 * span.high, span.decimals)
    if span.kind == "text" or not named:
        return Rule(TEXT)
    return Rule(_RULES[span.kind], sum(1 << flags.index(flag) for flag in span.flags))


def _token(tokenizer: Tokenizer, text: str) -> int:
    if text not in tokenizer.structural:
        raise InputError(f"needs the token '{text}', which the tokenizer lacks.", where="grammar.json", hint="They belong to one model.")
    return tokenizer.structural[text]


class _Builder:
    def __init__(self, end: int) -> None:
        self.end, self.made = end, Automaton([Rule(CLOSED)], [()])
        self.known: dict[tuple[Edge, ...], int] = {(): DONE}
        self.seen: dict[frozenset[_Path], int] = {}

    def state(self, tails: frozenset[_Path]) -> int:
        """The state from which exactly these answers are left."""
        if tails not in self.seen:
            by_token: dict[int, list[_Path]] = {}
            for tail in tails:
                if tail:
                    by_token.setdefault(tail[0][0], []).append(tail)
            edges = [Edge(self.end, CLOSED, DONE)] if () in tails else []
            for token, group in by_token.items():
                rule = reduce(_either, sorted({tail[0][1] for tail in group}, key=repr))
                edges.append(Edge(token, self.rule(rule), self.state(frozenset(tail[1:] for tail in group))))
            key = tuple(sorted(edges, key=lambda edge: edge.token))
            if key not in self.known:
                self.known[key] = len(self.made.states)
                self.made.states.append(key)
            self.seen[tails] = self.known[key]
        return self.seen[tails]

    def rule(self, rule: Rule) -> int:
        if rule not in self.made.rules:
            self.made.rules.append(rule)
        return self.made.rules.index(rule)


def _either(a: Rule, b: Rule) -> Rule:
    """A rule that allows what either allows."""
    if a.kind != b.kind:
        return Rule(TEXT)
    return Rule(a.kind, a.flags | b.flags, min(a.low, b.low), max(a.high, b.high), a.decimals or b.decimals)
