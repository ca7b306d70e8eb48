"""Sentences that are no smart-home command: chat (chatterbot-corpus, BSD) and requests to other assistants, written here."""

from __future__ import annotations

from importlib.resources import files

from tinylm.lm.answers import NONE
from tinylm.lm.commands import Grammar, Template
from tinylm.lm.extra import need

# Greetings are HassRespond's; the other left-out files answer questions about the assistant itself, which it takes too.
_LEFT_OUT = {"greetings.yml", "botprofile.yml"}


def near_templates() -> list[Template]:
    """Requests to other assistants and small talk (noncommands.txt, in the templates' own language), as templates of the intent 'none'."""
    text = files("tinylm.lm").joinpath("noncommands.txt").read_text(encoding="utf-8")
    return [Template(NONE, line.strip()) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def with_number(grammar: Grammar) -> Grammar:
    """The same lists and rules with the {number} that these templates use."""
    return Grammar(near_templates(), {**grammar.lists, "number": {"range": {"from": 1, "to": 100}}}, grammar.rules)


def chat() -> list[str]:
    """Short English sentences of chatterbot-corpus, without repeats, in a fixed order."""
    yaml, folder = need("yaml"), files(need("chatterbot_corpus")).joinpath("data", "english")
    texts: dict[str, None] = {}
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".yml") or file.name in _LEFT_OUT:
            continue
        for conversation in yaml.safe_load(file.read_text(encoding="utf-8"))["conversations"]:
            texts.update({str(line).strip(): None for line in conversation if 8 <= len(str(line)) <= 60})
    return [text for text in texts if text.isascii()]
