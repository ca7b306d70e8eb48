"""The command line as a user runs it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def tinylm(tmp_path: Path) -> Run:
    """Run ``python -m tinylm`` in an empty folder."""

    def run(*arguments: str, stdin: str = "", seconds: float = 240, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-m", "tinylm", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=variables, input=stdin, capture_output=True, text=True, timeout=seconds)

    return run
