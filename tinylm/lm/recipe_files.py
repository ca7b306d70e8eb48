"""The texts of a bundle: model.toml, README.md, and the notes that say how its figures came about."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from tinylm.bundle import Manifest
from tinylm.errors import InputError
from tinylm.lm.recipe import Recipe

# Licences as their packages' metadata state them (read again for the README of each bundle).
SOURCES = {
    "home-assistant-intents": ("Apache-2.0", "sentence templates", "https://github.com/OHF-Voice/intents"),
    "hassil": ("Apache-2.0", "template grammar (used to expand them)", "https://github.com/OHF-Voice/hassil"),
    "chatterbot-corpus": (
        "BSD, as its metadata says",
        "chat, as sentences that are no command",
        "https://github.com/gunthercox/chatterbot-corpus",
    ),
}


def split_notes(plan: Recipe, smoke: bool) -> dict[str, Any]:
    """How the held-out rows were made, and the command that makes the bundle and its figures again."""
    spec = plan.corpus
    part, words, half = (f"{share:.0%}" for share in (spec.heldout_templates, spec.heldout_words, spec.heldout_templates / 2))
    later = f"; voices, asides: {half} of each intent's later paraphrases and of later sentences that are no command, by the same authors"
    return {
        "split": f"heldout: {part} of the template texts of each intent (at least 1, none of fewer than 5), never trained on, filled with "
        f"names and numbers that training never draws (each name holds one of the {words} of the rarer words kept from training); "
        f"in homes that training never saw; sentences in which a home's name means something else than the template does are drawn again; "
        f"familiar: training's templates with such held-out values; known: training's templates and words, other sentences; "
        f"wording: hand-written paraphrases that training never saw ({half} of each intent's); chat and near: {part} of the chat and of "
        f"the templates of requests to other assistants{later if spec.voices else ''}",
        "exact_match_is": "intent, slot keys and all values right, decoded as on the device: by the grammar and the home's names; "
        "undecoded_exact_match: without both",
        "threshold_is": f"the confidence that {plan.accept:.0%} of heldout{', wording and voices' if spec.voices else ' and wording'} "
        "reach; false_accepts: shares that got an intent and reach it; _any: whatever the confidence",
        "seed": plan.seed,
        "command": f"python -m tinylm train models/{plan.name}/recipe.toml{' --smoke' if smoke else ''}",
    }


def readme(manifest: Manifest) -> str:
    """Attribution and licences of the data, with the versions used."""
    lines = [f"# {manifest.title}", "", f"Weights and files of this bundle: {manifest.licence}. Made from:", ""]
    for package, (licence, use, home) in SOURCES.items():
        lines.append(f"- {package} {_version(package)} ({licence}): {use}. {home}")
    later = ", `wording/`" if "voices_rows" in manifest.quality else ""
    lines += [
        "- names, values, paraphrases, requests to other assistants (`words.toml`, `paraphrases.txt`, "
        f"`noncommands.txt`{later} in `tinylm/lm`): written for tinylm, Apache-2.0.",
        "",
        "`model.toml` states what was measured and how; `recipe.toml` makes the bundle again; `oracle.npz` holds what TensorFlow",
        "Lite Micro computed for real input (see `tinylm/lm/oracle.py`), so that tests work where its wheel does not exist.",
    ]
    return "\n".join(lines) + "\n"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def manifest_toml(manifest: Manifest) -> str:
    """model.toml of a manifest; empty and default fields are left out."""
    fields = {key: value for key, value in msgspec.to_builtins(manifest).items() if value not in (None, "", [], {})}
    return to_toml(fields)


def to_toml(tables: Mapping[str, Any]) -> str:
    """Tables of strings, numbers, lists and tables as TOML."""
    return "\n".join(_table("", tables)).lstrip("\n") + "\n"


def _table(name: str, fields: Mapping[str, Any]) -> list[str]:
    plain = {key: value for key, value in fields.items() if not isinstance(value, dict) and value is not None}
    lines = ["", f"[{name}]"] if name and plain else []
    for key, value in plain.items():
        lines.append(f"{key} = {_value(value)}")
    for key, value in fields.items():
        if isinstance(value, dict):
            lines += _table(f"{name}.{key}" if name else key, value)
    return lines


def _value(value: Any) -> str:
    if isinstance(value, bool | int | float | str):
        return json.dumps(value)
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "[\n" + "".join(f"    {_value(item)},\n" for item in value) + "]"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    raise InputError(f"a {type(value).__name__} has no place in a manifest.")
