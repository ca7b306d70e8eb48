"""What people say instead of the templates: hand-written sentences (paraphrases.txt) in the templates' own language."""

from __future__ import annotations

from importlib.resources import files

from tinylm.lm.commands import ANY_DOMAIN, Template


def paraphrases() -> list[Template]:
    """All of them. A line '# Intent key=value ... @domain,domain' says what the lines below it mean: closed slots, what {name} may be."""
    found: dict[tuple[str, str], Template] = {}
    intent, slots = "", tuple[tuple[str, str], ...]()
    domains: tuple[str, ...] = ANY_DOMAIN
    for line in files("tinylm.lm").joinpath("paraphrases.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            intent, *rest = line[1:].split()
            slots = tuple(sorted((key, value) for key, _, value in (word.partition("=") for word in rest if "=" in word)))
            domains = next((tuple(word[1:].split(",")) for word in rest if word[0] == "@"), ANY_DOMAIN)
        elif line.strip():
            found[intent, f"{line} {slots}"] = Template(intent, line.strip(), slots, domains)
    return list(found.values())
