"""Damaged files, in a process of their own with 1 GB of address space: a sentence or a correct program, in time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.compiler.fuzz import BYTES, SECONDS

SEED = int(os.environ.get("TINYLM_FUZZ_SEED", "0"))


def fuzzed(*arguments: str) -> Any:
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.compiler.fuzz", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, f"the process ended with {result.returncode}: {result.stderr[-2000:]}"
    return json.loads(result.stdout)


def check(count: int, kept: int, folder: Path) -> None:
    report = fuzzed("--count", str(count), "--seed", str(SEED), "--keep", str(folder), "--most-kept", str(kept))
    assert report["failed"] == []
    assert report["tried"] == count and report["refused"] > count // 4 and report["compiled"] > count // 20
    assert report["slowest_seconds"] < SECONDS and report["peak_bytes"] < BYTES
    run = fuzzed("--run", str(folder))
    assert run["failed"] == [] and run["run"] == report["kept"] > 0


def test_damaged_files_are_refused_or_become_correct_programs(tmp_path: Path) -> None:
    check(400, 12, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_damaged_files(tmp_path: Path) -> None:
    check(10_000, 150, tmp_path)
