"""What people say instead of the templates: hand-written sentences in the templates' own language.

paraphrases.txt came first; the files of wording/, one a subject, came later and are split on their own, so that what was held out of the
first stays held out. A line '# Intent key=value ... @domain,domain' says what the lines below it mean: closed slots, what {name} may be.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from tinylm.lm.answers import NONE
from tinylm.lm.commands import ANY_DOMAIN, Template

_SUBJECTS = ("cleaning", "climate", "devices", "lights", "lists", "media", "none", "openings", "states", "talk", "timers")
WORDING = tuple(f"wording/{name}.txt" for name in _SUBJECTS)


def paraphrases() -> list[Template]:
    """The first ones."""
    return _read(["paraphrases.txt"])


def voices() -> list[Template]:
    """The later ones, commands only."""
    return [template for template in _read(WORDING) if template.intent != NONE]


def asides() -> list[Template]:
    """What people say that is no command (wording/none.txt)."""
    return [template for template in _read(WORDING) if template.intent == NONE]


def _read(names: Iterable[str]) -> list[Template]:
    found: dict[tuple[str, str], Template] = {}
    for name in names:
        intent, slots = "", tuple[tuple[str, str], ...]()
        domains: tuple[str, ...] = ANY_DOMAIN
        for line in files("tinylm.lm").joinpath(name).read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                intent, *rest = line[1:].split()
                slots = tuple(sorted((key, value) for key, _, value in (word.partition("=") for word in rest if "=" in word)))
                domains = next((tuple(word[1:].split(",")) for word in rest if word[0] == "@"), ANY_DOMAIN)
            elif line.strip():
                found[intent, f"{line} {slots}"] = Template(intent, line.strip(), slots, domains)
    return list(found.values())
