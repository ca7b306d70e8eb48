"""What a search may choose: values for keys of the recipe, drawn into trials."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinylm.errors import InputError


@dataclass(frozen=True)
class Trial:
    """One choice. key: of the recipe, dotted -> value. name: the same for the same choices, whoever draws them."""

    choices: Mapping[str, Any]

    @property
    def name(self) -> str:
        return hashlib.sha256(json.dumps(dict(self.choices), sort_keys=True).encode()).hexdigest()[:12]

    def __str__(self) -> str:
        return ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in self.choices.items())


def draw(choices: Mapping[str, Sequence[Any]], count: int, seed: int) -> list[Trial]:
    """``count`` different trials, or all there are, in an order that depends on the seed alone. Raises InputError: nothing to choose."""
    if not choices or not all(choices.values()):
        raise InputError("names no values to choose among.", where="[search.choices]", hint='Such as: "student.embedding" = [24, 32].')
    every = itertools.product(*choices.values())
    trials = [Trial(dict(zip(choices, values, strict=True))) for values in every]
    random.Random(seed).shuffle(trials)
    return trials[:count]


def applied(recipe: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's tables with values set at dotted keys; nothing else is touched. Raises InputError: a key that lies in no table."""
    result = json.loads(json.dumps(recipe))
    for key, value in values.items():
        table, (*path, last) = result, key.split(".")
        for part in path:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise InputError(f"'{key}' leads through '{part}', which is no table.", where="[search]")
        table[last] = value
    return result
