"""Which boards a test runs on: all of them, or one for each port or core; the first two always, the others in the slow suite."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tinylm.boards import Board, board, names

FIRST = ["nrf52840", "pico"]


def one_each(key: Callable[[Board], str], target: str = "emulator") -> list[str]:
    """The first board (those of FIRST come first) for each value of ``key``, of the boards that run in ``target``."""
    found: dict[str, str] = {}
    for name in [*FIRST, *names()]:
        if target in board(name).file.targets:
            found.setdefault(key(board(name)), name)
    return list(found.values())


def slow_but(fast: Iterable[str], all_names: Iterable[str]) -> list[Any]:
    """Parameters: every name, those that are not in ``fast`` marked slow."""
    return [name if name in fast else pytest.param(name, marks=pytest.mark.slow) for name in all_names]


EMULATED = [name for name in names() if "emulator" in board(name).file.targets]
PORTS = one_each(lambda one: f"{one.soc.port} {one.core.isa}")
CORES = one_each(lambda one: one.core.name)
