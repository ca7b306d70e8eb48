"""The grammar of Home Assistant's English intents: which slots go together, read off templates and paraphrases (train extra)."""

from __future__ import annotations

from typing import Any

from tinylm.lm.commands import ANY_DOMAIN, Template, home_assistant
from tinylm.lm.commands import Grammar as Templates
from tinylm.lm.extra import need
from tinylm.lm.grammar import Combination, Grammar, Span
from tinylm.lm.paraphrases import paraphrases, voices

_Slots = frozenset[tuple[str, tuple[str, ...] | Span]]


def grammar(later: bool = False) -> Grammar:
    """The combinations of slots of every intent. later: of the later paraphrases too. Raises MissingError without the train extra."""
    reader = _Reader(home_assistant())
    found: dict[str, set[_Slots]] = {}
    for template in [*reader.templates.templates, *paraphrases(), *(voices() if later else [])]:
        implied: _Slots = frozenset((key, (value,)) for key, value in template.slots)
        choices = reader.choices(reader.templates.expression(template.text), template)
        found.setdefault(template.intent, set()).update(implied | choice for choice in choices)
    return Grammar(intents={intent: _merged(found[intent]) for intent in sorted(found)})


def _merged(choices: set[_Slots]) -> list[Combination]:
    """In a fixed order, fewest keys first."""
    ordered = [sorted(choice, key=str) for choice in choices]
    return [dict(choice) for choice in sorted(ordered, key=lambda choice: (len(choice), str(choice)))]


class _Reader:
    """Walks hassil's expression trees for the slots alone."""

    def __init__(self, templates: Templates) -> None:
        self.templates, self.tree = templates, need("hassil.expression")

    def choices(self, node: Any, template: Template) -> set[_Slots]:
        """All sets of slots that sentences of a tree can have."""
        tree, templates = self.tree, self.templates
        if isinstance(node, tree.ListReference):
            return {frozenset([(node.slot_name, self.value(node.list_name, template))])}
        if isinstance(node, tree.RuleReference):
            return self.choices(templates.expression(templates.rules[node.rule_name]), template)
        if isinstance(node, tree.Alternative):
            return {choice for item in node.items for choice in self.choices(item, template)}
        made: set[_Slots] = {frozenset()}
        for item in getattr(node, "items", ()):
            made = {before | more for before in made for more in self.choices(item, template)}
        return made

    def value(self, name: str, template: Template) -> tuple[str, ...] | Span:
        """What a list stands for."""
        entry = self.templates.lists.get(name, {})
        if "values" in entry:
            return tuple(sorted({value if isinstance(value, str) else str(value["out"]) for value in entry["values"]}))
        if "range" in entry:
            span = entry["range"]
            negative = int(span.get("multiplier", 1)) < 0
            return Span("number", low=span["from"], high=span["to"], decimals=bool(span.get("fractions")), negative=negative)
        if name == "area":
            return Span("area")
        if name == "floor":
            return Span("floor")
        if name == "name":
            return Span("entity", () if template.domains == ANY_DOMAIN else template.domains)
        return Span("text")
