"""The corpus of the commands model: training rows, and held-out rows whose templates, names and values training never saw."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tinylm.lm import augment, bpe
from tinylm.lm.answers import NONE, Row
from tinylm.lm.commands import Grammar, Marked, Sampler, Template, home_assistant
from tinylm.lm.home import Names
from tinylm.lm.household import Household
from tinylm.lm.names import Pools
from tinylm.lm.noncommands import chat, near_templates, with_number
from tinylm.lm.paraphrases import asides, paraphrases, voices
from tinylm.lm.tokenizer import Tokenizer
from tinylm.schema import Strict


class CorpusSpec(Strict):
    """The [corpus] table of a recipe. Shares are parts of 1.

    rows: in people's words (``varied`` of them changed by ``tinylm.lm.augment``); clean_rows: as the templates have them. home_rows: rows
    of one home, before the next one is drawn. voices: with the later paraphrases and asides, and with short forms ("it's") in what is
    varied. template_power: an intent with n templates weighs n to this power.
    """

    rows: int = 400_000
    clean_rows: int = 200_000
    home_rows: int = 40
    heldout_rows: int = 1_200
    noncommand_rows: int = 800
    heldout_templates: float = 0.1
    heldout_words: float = 0.2
    invented: float = 0.35
    noncommands: float = 0.12
    paraphrases: float = 0.25
    voices: bool = False
    varied: float = 0.6
    template_power: float = 0.6


@dataclass(frozen=True)
class Corpus:
    """structural: the texts of the structural tokens. houses, homes: what ``Row.home`` numbers, and their names.

    train: in people's words; clean: templates as they are. heldout: unseen templates and names; familiar: seen templates, unseen names;
    known: seen templates and names, in sentences that are not in train; wording, voices: unseen paraphrases (of the first and of the later
    ones), unseen names; chat, near, asides: what is no command.
    """

    structural: list[str]
    houses: list[Household]
    homes: list[Names]
    train: list[Row]
    clean: list[Row]
    heldout: list[Row]
    familiar: list[Row]
    known: list[Row]
    wording: list[Row]
    voices: list[Row]
    chat: list[Row]
    near: list[Row]
    asides: list[Row]


@dataclass(frozen=True)
class Split:
    """Templates by what they may be used for; paraphrases and chat sentences likewise."""

    train: list[Template]
    heldout: list[Template]
    wording: list[Template]
    heldout_wording: list[Template]
    heldout_voices: list[Template]
    heldout_asides: list[Template]
    chat: list[str]
    heldout_chat: list[str]


def split(spec: CorpusSpec, seed: int, grammar: Grammar) -> Split:
    """Hold out whole template texts per intent (none of an intent that has fewer than five), and a share of paraphrases and chat."""
    kept, held = _held_out([*grammar.templates, *near_templates()], spec.heldout_templates, f"split {seed}")
    share = spec.heldout_templates / 2
    words, held_words = _held_out(paraphrases(), share, f"wording {seed}")
    more, held_more = _held_out(voices() if spec.voices else [], share, f"voices {seed}")
    other, held_other = _held_out(asides() if spec.voices else [], share, f"asides {seed}")
    told = {(t.intent, t.text) for t in [*held, *held_words]}  # which the later ones may repeat
    words += [t for t in more if (t.intent, t.text) not in told]
    lines = chat()
    hidden = set(random.Random(f"chat {seed}").sample(range(len(lines)), round(spec.heldout_templates * len(lines))))
    said = [[line for at, line in enumerate(lines) if (at in hidden) == unseen] for unseen in (False, True)]
    return Split([*kept, *other], held, words, held_words, held_more, held_other, *said)


def _held_out(templates: Sequence[Template], share: float, seed: str) -> tuple[list[Template], list[Template]]:
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    for template in templates:
        texts[template.intent][template.text] = None
    held: set[tuple[str, str]] = set()
    for intent, all_texts in texts.items():
        count = max(1, round(share * len(all_texts))) if len(all_texts) >= 5 else 0
        held.update((intent, text) for text in random.Random(f"{seed} {intent}").sample(sorted(all_texts), count))
    every = sorted(templates, key=lambda template: list(texts).index(template.intent))
    return [t for t in every if (t.intent, t.text) not in held], [t for t in every if (t.intent, t.text) in held]


def build(spec: CorpusSpec, seed: int, progress: Callable[[int, int], None] = lambda *_: None) -> Corpus:
    """Everything from nothing; the same spec and seed give the same rows. progress: called with the training rows made and wanted.

    Raises MissingError without the train extra.
    """
    grammar = home_assistant()
    parts = split(spec, seed, grammar)
    town = _Town([], [], Tokenizer.make(bpe.ALPHABET, [], [], numbers=True))
    makers = _Makers(grammar, Pools(seed, spec.heldout_words), spec, town)
    inventive = _Makers(grammar, Pools(seed, spec.heldout_words, spec.invented), spec, town)
    commands = {"heldout": [t for t in parts.heldout if t.intent != NONE], "familiar": [t for t in parts.train if t.intent != NONE]}
    heldout = makers.evenly(commands["heldout"], spec.heldout_rows, f"heldout {seed}")
    familiar = makers.evenly(commands["familiar"], spec.heldout_rows, f"familiar {seed}")
    known = makers.evenly(commands["familiar"], spec.heldout_rows, f"known {seed}", held=False)
    wording = makers.evenly(parts.heldout_wording, spec.heldout_rows, f"wording {seed}")
    near = makers.evenly([t for t in parts.heldout if t.intent == NONE], spec.noncommand_rows // 2, f"near {seed}")
    said = random.Random(f"said {seed}").sample(parts.heldout_chat, min(len(parts.heldout_chat), spec.noncommand_rows // 2))
    chatter = [Row(text, NONE, template="chat", home=near[at % len(near)].home) for at, text in enumerate(said)]
    voiced = makers.evenly(parts.heldout_voices, spec.heldout_rows, f"voices {seed}")
    aside = makers.evenly(parts.heldout_asides, spec.noncommand_rows // 2, f"asides {seed}")
    unseen = {row.text.lower() for row in [*heldout, *familiar, *known, *wording, *voiced, *near, *aside, *chatter]}
    rows: dict[bool, list[Row]] = {True: [], False: []}
    total = spec.rows + spec.clean_rows
    for varied, count in ((True, spec.rows), (False, spec.clean_rows)):
        for drawn, row in enumerate(inventive.training(parts, count, f"train {varied} {seed}", varied)):
            if row and row.text.lower() not in unseen:
                rows[varied].append(row)
            if drawn % 10_000 == 0:
                progress(drawn + (0 if varied else spec.rows), total)
    structural = makers.commands.vocabulary()
    told = {"heldout": heldout, "familiar": familiar, "known": known, "wording": wording, "voices": voiced}
    return Corpus(structural, town.houses, town.homes, rows[True], rows[False], **told, chat=chatter, near=near, asides=aside)


@dataclass(frozen=True)
class _Town:
    """All homes so far, and the tokenizer that normalises text (it has no merges yet)."""

    houses: list[Household]
    homes: list[Names]
    plain: Tokenizer


class _Makers:
    """The two samplers (commands, near-domain requests), the homes, and the ways to draw from them."""

    def __init__(self, grammar: Grammar, pools: Pools, spec: CorpusSpec, town: _Town) -> None:
        self.commands, self.near, self.spec, self.pools = Sampler(grammar, pools), Sampler(with_number(grammar), pools), spec, pools
        self.town, self.left = town, 0

    def move(self, rng: random.Random, held: bool) -> None:
        """Into another home, when as many rows as the spec says were drawn in this one."""
        if self.left == 0:
            self.town.houses.append(Household.random(self.pools, rng, held))
            self.town.homes.append(self.town.houses[-1].names(self.town.plain.normalise))
            self.left = self.spec.home_rows
        self.left -= 1

    def marked(self, template: Template, rng: random.Random, held: bool) -> Marked:
        sampler = self.near if template.intent == NONE else self.commands
        row = sampler.row(template, rng, held, self.town.houses[-1])
        return replace(row, slots=[replace(slot, key="") for slot in row.slots]) if template.intent == NONE else row

    def row(self, template: Template, rng: random.Random, held: bool, varied: bool = False) -> Row | None:
        """A row in the home at hand; None where the home makes its answer wrong."""
        marked = self.marked(template, rng, held)
        row = (augment.vary(marked, rng, self.spec.voices) if varied else marked).row(len(self.town.homes) - 1)
        if template.intent == NONE:
            return replace(row, slots=())
        return row if consistent(row, self.town.homes[row.home], self.town.plain) else None

    def evenly(self, templates: Sequence[Template], count: int, seed: str, held: bool = True) -> list[Row]:
        """About the same number of rows from each template, all different; ``held``: with held-out names and values."""
        rng = random.Random(seed)
        rows: dict[str, Row] = {}
        order = list(templates)
        self.left = 0
        for _ in range(60):
            rng.shuffle(order)
            for template in order:
                if len(rows) == count:
                    break
                self.move(rng, held)
                row = self.row(template, rng, held)
                if row:
                    rows.setdefault(row.text.lower(), row)
        self.left = 0
        return list(rows.values())

    def training(self, parts: Split, count: int, seed: str, varied: bool) -> Iterator[Row | None]:
        """``count`` rows for training, None where one failed or came before: intents weighted by (number of templates)^template_power, a
        share of non-commands."""
        rng, spec = random.Random(seed), self.spec
        by_intent, worded = _by_intent(parts.train), _by_intent(parts.wording)
        near = by_intent.pop(NONE)
        intents, kinds = list(by_intent), list(worded)
        weights = [len(by_intent[intent]) ** spec.template_power for intent in intents]
        word_weights = [len(worded[intent]) ** spec.template_power for intent in kinds]
        seen: set[str] = set()
        for _ in range(count):
            self.move(rng, False)
            vary = varied and rng.random() < spec.varied
            chance = rng.random()
            if chance < spec.noncommands / 3:
                line = Marked(rng.choice(parts.chat), NONE, [], "chat")
                row: Row | None = (augment.vary(line, rng, spec.voices) if vary else line).row(len(self.town.homes) - 1)
            elif chance < spec.noncommands:
                row = self.row(rng.choice(near), rng, False, vary)
            elif chance < spec.noncommands + spec.paraphrases * (1 if varied else 0.5) and worded:
                row = self.row(rng.choice(worded[rng.choices(kinds, word_weights)[0]]), rng, False, vary)
            else:
                row = self.row(rng.choice(by_intent[rng.choices(intents, weights)[0]]), rng, False, vary)
            text = row.text.lower() if row else ""
            yield row if row and (not row.slots or text not in seen) else None
            seen.add(text)


def _by_intent(templates: Sequence[Template]) -> dict[str, list[Template]]:
    found: dict[str, list[Template]] = defaultdict(list)
    for template in templates:
        found[template.intent].append(template)
    return found


def consistent(row: Row, names: Names, plain: Tokenizer) -> bool:
    """Whether the answer is what the sentence means in this home: every entity's name in the sentence lies in a value, and a value that
    is a name of the home belongs to a key that takes such names."""

    def place(at: int) -> int:
        return len(plain.normalise(row.text[:at]))

    spans = [(slot.key, place(slot.start), place(slot.end)) for slot in row.slots if slot.free]
    exact: dict[tuple[int, int], set[str]] = defaultdict(set)
    for match in names.matches(plain.normalise(row.text)):
        within = [(key, low, high) for key, low, high in spans if low <= match.start and match.end <= high]
        if match.kind == "entity" and not within:
            return False
        for _, low, high in within:
            if match.start <= low + 1 and match.end == high:
                exact[low, high].add(match.kind)
    for key, low, high in spans:
        kinds, wanted = exact[low, high], {"name": "entity", "area": "area", "floor": "floor"}.get(key)
        if wanted and kinds and (wanted not in kinds or ("entity" in kinds and key != "name")):
            return False
    return True
