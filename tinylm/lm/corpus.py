"""The corpus of the commands model: training rows, and held-out rows whose templates, names and values training never saw."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tinylm.lm.answers import NONE, Row
from tinylm.lm.commands import Grammar, Sampler, Template, home_assistant
from tinylm.lm.names import Pools
from tinylm.lm.noncommands import chat, near_templates, with_number
from tinylm.schema import Strict


class CorpusSpec(Strict):
    """The [corpus] table of a recipe. Shares are parts of 1."""

    rows: int = 300_000
    heldout_rows: int = 1_200
    noncommand_rows: int = 400
    heldout_templates: float = 0.1
    heldout_words: float = 0.2
    invented: float = 0.0
    noncommands: float = 0.12
    polite: float = 0.08
    template_power: float = 0.6


@dataclass(frozen=True)
class Corpus:
    """structural: the texts of the structural tokens. heldout: unseen templates and names; familiar: seen templates, unseen names;
    known: seen templates and words, in sentences that are not in train."""

    structural: list[str]
    train: list[Row]
    heldout: list[Row]
    familiar: list[Row]
    known: list[Row]
    noncommands: list[Row]


@dataclass(frozen=True)
class Split:
    """Templates by what they may be used for; chat sentences likewise."""

    train: list[Template]
    heldout: list[Template]
    chat: list[str]
    heldout_chat: list[str]


def split(spec: CorpusSpec, seed: int, grammar: Grammar) -> Split:
    """Hold out whole template texts per intent (none of an intent that has fewer than five), and a share of the chat."""
    by_intent: dict[str, list[Template]] = defaultdict(list)
    for template in [*grammar.templates, *near_templates()]:
        by_intent[template.intent].append(template)
    held: set[tuple[str, str]] = set()
    for intent, templates in by_intent.items():
        texts = sorted({template.text for template in templates})
        count = max(1, round(spec.heldout_templates * len(texts))) if len(texts) >= 5 else 0
        held.update((intent, text) for text in random.Random(f"split {seed} {intent}").sample(texts, count))
    every = [template for templates in by_intent.values() for template in templates]
    kept = [template for template in every if (template.intent, template.text) not in held]
    lines = chat()
    hidden = set(random.Random(f"chat {seed}").sample(range(len(lines)), round(spec.heldout_templates * len(lines))))
    return Split(
        kept,
        [template for template in every if (template.intent, template.text) in held],
        [line for at, line in enumerate(lines) if at not in hidden],
        [line for at, line in enumerate(lines) if at in hidden],
    )


def build(spec: CorpusSpec, seed: int) -> Corpus:
    """Everything from nothing; the same spec and seed give the same rows. Raises MissingError without the train extra."""
    grammar = home_assistant()
    parts = split(spec, seed, grammar)
    makers = _Makers(grammar, Pools(seed, spec.heldout_words), spec)
    inventive = _Makers(grammar, Pools(seed, spec.heldout_words, spec.invented), spec)
    heldout = makers.evenly([t for t in parts.heldout if t.intent != NONE], spec.heldout_rows, f"heldout {seed}")
    familiar = makers.evenly([t for t in parts.train if t.intent != NONE], spec.heldout_rows, f"familiar {seed}")
    known = makers.evenly([t for t in parts.train if t.intent != NONE], spec.heldout_rows, f"known {seed}", held=False)
    near = makers.evenly([t for t in parts.heldout if t.intent == NONE], spec.noncommand_rows // 2, f"near {seed}")
    said = random.Random(f"said {seed}").sample(parts.heldout_chat, min(len(parts.heldout_chat), spec.noncommand_rows - len(near)))
    noncommands = [*near, *(Row(text, NONE, template="chat") for text in said)]
    unseen = {row.text.lower() for row in [*heldout, *familiar, *known, *noncommands]}
    train = [row for row in inventive.training(parts, spec.rows, f"train {seed}") if row.text.lower() not in unseen]
    return Corpus(makers.commands.vocabulary(), train, heldout, familiar, known, noncommands)


class _Makers:
    """The two samplers (commands, near-domain requests) and the ways to draw from them."""

    def __init__(self, grammar: Grammar, pools: Pools, spec: CorpusSpec) -> None:
        self.commands, self.near, self.spec = Sampler(grammar, pools), Sampler(with_number(grammar), pools), spec

    def row(self, template: Template, rng: random.Random, held: bool) -> Row:
        if template.intent == NONE:
            row = self.near.row(template, rng, held)
            return Row(row.text, NONE, template=row.template)
        return self.commands.row(template, rng, held)

    def evenly(self, templates: Sequence[Template], count: int, seed: str, held: bool = True) -> list[Row]:
        """About the same number of rows from each template, all different; ``held``: with held-out names and values."""
        rng = random.Random(seed)
        rows: dict[str, Row] = {}
        order = list(templates)
        for _ in range(60):
            rng.shuffle(order)
            for template in order:
                row = self.row(template, rng, held)
                if len(rows) < count:
                    rows.setdefault(row.text.lower(), row)
        return list(rows.values())

    def training(self, parts: Split, count: int, seed: str) -> Iterator[Row]:
        """Rows for training, all different: intents weighted by (number of templates)^template_power, a share of non-commands."""
        rng = random.Random(seed)
        by_intent: dict[str, list[Template]] = defaultdict(list)
        for template in parts.train:
            by_intent[template.intent].append(template)
        near = by_intent.pop(NONE)
        intents = list(by_intent)
        weights = [len(by_intent[intent]) ** self.spec.template_power for intent in intents]
        seen: set[str] = set()
        for _ in range(count):
            if rng.random() < self.spec.noncommands:
                row = Row(rng.choice(parts.chat), NONE, template="chat") if rng.random() < 0.5 else self.row(rng.choice(near), rng, False)
            else:
                row = self.row(rng.choice(by_intent[rng.choices(intents, weights)[0]]), rng, False)
                row = _polite(row, rng) if rng.random() < self.spec.polite else row
            if row.text.lower() not in seen or row.template == "chat" or len(row.slots) == 0:
                seen.add(row.text.lower())
                yield row


def _polite(row: Row, rng: random.Random) -> Row:
    """The same request as people would put it."""
    before = rng.choice(["please ", "can you ", "could you please ", "hey ", "okay ", "i want you to ", ""])
    after = rng.choice([" please", " now", " thanks", ".", ""]) if before != "please " else ""
    return Row(f"{before}{row.text}{after}", row.intent, row.slots, row.template)
