"""Rows (a text, what it means, where the values stand in it) and how an answer is written as tokens and pointers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from tinylm.lm.home import ARTICLES
from tinylm.lm.tokenizer import Tokenizer

NONE = "none"
# Closed values first: they are decided while the sentence is fresh; then what is pointed at.
KEY_ORDER = (
    "domain", "device_class", "media_class", "fan_mode", "color", "state", "name", "area", "floor", "item", "message", "search_query",
    "brightness", "temperature", "percentage", "position", "volume_level", "volume_step", "hours", "minutes", "seconds",
    "start_hours", "start_minutes", "start_seconds", "conversation_command",
)  # fmt: skip
_PLACE = {key: place for place, key in enumerate(KEY_ORDER)}


@dataclass(frozen=True)
class Slot:
    """key = value. start, end: the characters of the row's text that a free value stands in; -1 where key=value is one token."""

    key: str
    value: str
    start: int = -1
    end: int = -1

    @property
    def free(self) -> bool:
        """Whether the value is a span of the text."""
        return self.start >= 0

    @property
    def token(self) -> str:
        """The text of the structural token that starts (free) or is (closed) this slot. A minus sign belongs to the key's token."""
        if not self.free:
            return f" {self.key}={self.value}"
        return f" {self.key}:-" if self.value.startswith("-") else f" {self.key}:"

    @staticmethod
    def ordered(slots: Iterable[Slot]) -> tuple[Slot, ...]:
        """Slots in the one order in which answers are written; keys that it does not name come last."""
        return tuple(sorted(slots, key=lambda slot: (_PLACE.get(slot.key, len(_PLACE)), slot.key, slot.value)))


@dataclass(frozen=True)
class Row:
    """A sentence and its meaning. template: where it came from. home: the number of the home whose names it uses; -1: none."""

    text: str
    intent: str
    slots: tuple[Slot, ...] = ()
    template: str = ""
    home: int = -1


@dataclass(frozen=True)
class Answer:
    """What a model wrote, read back: intent and {key: value}, all values as text."""

    intent: str
    slots: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Encoded:
    """A row as a model learns it. prompt: pieces and the answer token; answer: intent, slots, end.

    spans: for each answer token, when it is fed, the (first, last) prompt positions that start and end point at; (-1, -1): nowhere.
    """

    prompt: list[int]
    answer: list[int]
    spans: list[tuple[int, int]]


def encode(tokenizer: Tokenizer, row: Row) -> Encoded | None:
    """A row as tokens and pointers; None where a value is no run of whole pieces of the normalised text."""
    prompt = tokenizer.prompt(row.text)
    answer, spans = [tokenizer.structural[row.intent]], [(-1, -1)]
    ends = list(accumulate(len(tokenizer.tokens[id]) for id in prompt))
    for slot in row.slots:
        answer.append(tokenizer.structural[slot.token])
        spans.append((-1, -1))
        if slot.free:
            low, high = (len(tokenizer.normalise(row.text[:place])) for place in (slot.start, slot.end))
            if low not in [0, *ends] or high not in ends:
                return None
            spans[-1] = (0 if low == 0 else ends.index(low) + 1, ends.index(high))
            if spans[-1][0] > spans[-1][1] or text_of(tokenizer, prompt, *spans[-1]) != tokenizer.normalise(said(slot)).strip():
                return None
    return Encoded(prompt, [*answer, tokenizer.end], [*spans, (-1, -1)])


def stated(tokenizer: Tokenizer, text: str, intent: str, slots: Mapping[str, str]) -> Encoded | None:
    """A sentence and its answer as ``encode`` makes them, of {key: value} whose places in the text are not known: a free value is pointed
    at where its words (an article apart), or its number, first stand. None where they do not, or the model has no token for it."""
    prompt = tokenizer.prompt(text)
    keys = sorted(slots, key=lambda key: (_PLACE.get(key, len(_PLACE)), key))
    tokens, spans = [tokenizer.structural.get(intent)], [(-1, -1)]
    for key in keys:
        slot = Slot(key, slots[key].removesuffix("%"))
        closed = tokenizer.structural.get(slot.token)
        found = (-1, -1) if closed is not None else _stands(tokenizer, prompt, said(slot))
        tokens.append(closed if closed is not None else tokenizer.structural.get(replace(slot, start=0).token))
        if found is None:
            return None
        spans.append(found)
    known = [token for token in tokens if token is not None]
    return Encoded(prompt, [*known, tokenizer.end], [*spans, (-1, -1)]) if len(known) == len(tokens) else None


def _stands(tokenizer: Tokenizer, prompt: Sequence[int], value: str) -> tuple[int, int] | None:
    """The first run of whole pieces that reads as the value without an article, or as it is written."""
    words = tokenizer.normalise(value.replace("_", " ")).strip()
    bare = next((words.removeprefix(article) for article in ARTICLES if words.startswith(article)), words)
    number = f"{float(words):g}" if words.replace(".", "", 1).isdigit() else words
    runs = [(first, last) for first in range(len(prompt) - 1) for last in range(first, len(prompt) - 1)]
    texts = [text_of(tokenizer, prompt, *run) for run in runs]
    return next((runs[texts.index(wanted)] for wanted in (bare, number, words) if wanted and wanted in texts), None)


def said(slot: Slot) -> str:
    """The value as the text has it: without the sign that the key's token carries."""
    return slot.value.removeprefix("-")


def text_of(tokenizer: Tokenizer, prompt: Sequence[int], first: int, last: int) -> str:
    """The text of prompt positions first..last (inclusive), without space around it; empty where the span is none."""
    return "".join(tokenizer.tokens[id] for id in prompt[first : last + 1]).strip()


def expected(tokenizer: Tokenizer, row: Row) -> Answer:
    """The answer to a row, with values as ``parse`` reads them."""
    slots = [replace(slot, value=_signed(slot, tokenizer.normalise(said(slot)).strip())) if slot.free else slot for slot in row.slots]
    return Answer(row.intent, tuple(sorted((slot.key, slot.value) for slot in slots)))


def _signed(slot: Slot, value: str) -> str:
    return f"-{value}" if slot.value.startswith("-") else value


def parse(tokenizer: Tokenizer, prompt: Sequence[int], ids: Sequence[int], spans: Sequence[tuple[int, int]]) -> Answer:
    """Read an answer back. spans: what start and end pointed at when each id was fed. Anything malformed gives intent ''."""
    if not ids or ids[0] < tokenizer.first_structural or tokenizer.tokens[ids[0]].startswith(" "):
        return Answer("")
    slots: dict[str, str] = {}
    for id, span in zip(ids[1:], spans[1:], strict=True):
        if id == tokenizer.end:
            break
        text = tokenizer.tokens[id]
        if id < tokenizer.first_structural or not text.startswith(" "):
            return Answer("")
        if "=" in text:
            key, value = text[1:].split("=", 1)
        else:
            key, sign = text[1:].split(":", 1)
            value = sign + text_of(tokenizer, prompt, *span)
        slots[key] = value
    return Answer(tokenizer.tokens[ids[0]], tuple(sorted(slots.items())))
