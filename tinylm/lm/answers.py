"""Rows (a text and what it means) and how an answer is written as tokens: intent, closed key=value tokens, keys with copied text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tinylm.lm.tokenizer import Tokenizer

NONE = "none"
# Closed values first: they are decided while the sentence is fresh; then what has to be spelled.
KEY_ORDER = (
    "domain", "device_class", "media_class", "fan_mode", "color", "state", "name", "area", "floor", "item", "message", "search_query",
    "brightness", "temperature", "percentage", "position", "volume_level", "volume_step", "hours", "minutes", "seconds",
    "start_hours", "start_minutes", "start_seconds", "conversation_command",
)  # fmt: skip
_PLACE = {key: place for place, key in enumerate(KEY_ORDER)}


@dataclass(frozen=True)
class Slot:
    """key = value; free: the value is spelled (copied from the text), else key=value is one token."""

    key: str
    value: str
    free: bool

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
    """A sentence and its meaning. template: where it came from."""

    text: str
    intent: str
    slots: tuple[Slot, ...] = ()
    template: str = ""


@dataclass(frozen=True)
class Answer:
    """What a model wrote, read back: intent and {key: value}, all values as text."""

    intent: str
    slots: tuple[tuple[str, str], ...] = ()


def encode(tokenizer: Tokenizer, row: Row) -> list[int]:
    """Ids of the answer to a row: intent, slots, end."""
    ids = [tokenizer.structural[row.intent]]
    for slot in row.slots:
        ids.append(tokenizer.structural[slot.token])
        if slot.free:
            ids += tokenizer.encode(slot.value.removeprefix("-"))
    return [*ids, tokenizer.end]


def expected(tokenizer: Tokenizer, row: Row) -> Answer:
    """The answer to a row as ``parse`` would read it."""
    return parse(tokenizer, encode(tokenizer, row))


def parse(tokenizer: Tokenizer, ids: Sequence[int]) -> Answer:
    """Read an answer back; anything malformed (no intent, text outside a free slot) gives intent ''."""
    intent, slots = "", {}
    key = ""
    for id in ids:
        if id == tokenizer.end:
            break
        text = tokenizer.tokens[id]
        if id < tokenizer.first_structural:
            if not key:
                return Answer("")
            slots[key] += text
        elif not text.startswith(" "):
            if intent:
                return Answer("")
            intent, key = text, ""
        elif "=" in text:
            name, value = text[1:].split("=", 1)
            slots[name], key = value, ""
        else:
            key, sign = text[1:].split(":", 1)
            slots[key] = sign
    return Answer(intent, tuple(sorted((name, value.replace("- ", "-").strip()) for name, value in slots.items())))
