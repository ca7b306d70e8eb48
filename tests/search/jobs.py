"""Jobs that worker processes can import."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from tinylm.errors import InputError


def square(value: int) -> int:
    return value * value


def picky(value: int) -> int:
    if value == 3:
        raise InputError("three is not to be had.", where="job")
    return value


def fatal(value: int) -> int:
    if value == 3:
        os._exit(9)
    return value


def noted(argument: tuple[str, int]) -> dict[str, Any]:
    """Leaves a line for every beginning, so that a test can see what ran twice."""
    folder, value = argument
    (Path(folder) / f"{value}-{os.getpid()}-{time.time_ns()}").touch()
    time.sleep(0.3)
    return {"score": -((value - 7) ** 2), "cost": value}


def quality(argument: tuple[dict[str, Any], int]) -> dict[str, Any]:
    """A toy model: wide is good and dear, deep is good only with training."""
    choices, steps = argument
    wide, deep = choices["student.wide"], choices["student.deep"]
    return {"score": wide**0.5 + deep * steps / 1000, "flash": wide * deep}
