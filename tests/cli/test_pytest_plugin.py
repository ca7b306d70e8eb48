"""A user's own test file, run by pytest with the plugin in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT

TESTS = """
def test_it_answers(dut):
    assert dut.name() == "tinylm-host"

def test_the_model_answers(dut):
    dut.feed("turn on the lights")
    assert dut.generate(20).stop == "end"

def test_that_fails(dut):
    assert dut.profile()[1] == "kws01"

def test_the_device(tinylm_device):
    assert tinylm_device.target == "host"
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_mine.py").write_text(TESTS)
    # The plugin by its module: the entry point is there only where tinylm is installed.
    plugin = ["-p", "no:tinylm", "-p", "tinylm.cli.pytest_plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plugin, *options, "test_mine.py"]
    return subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120)


def test_a_users_tests_get_the_device(tmp_path: Path) -> None:
    done = run(tmp_path, "--tinylm-board", "host")
    assert "3 passed" in done.stdout and "1 failed" in done.stdout
    shown = done.stdout[done.stdout.index("tinylm session ('>' sent") :]
    assert "> profile" in shown and "< m-model-[lm01]" in shown and "> lm feed" not in shown


def test_without_a_board_they_are_skipped_by_name(tmp_path: Path) -> None:
    done = run(tmp_path, "-rs")
    assert "4 skipped" in done.stdout and "pytest --tinylm-board BOARD" in done.stdout


@pytest.mark.parametrize(
    ("options", "words", "code"),
    [
        (["--tinylm-board", "nrf52841"], "Did you mean 'nrf52840'?", 2),
        (["--tinylm-board", "nrf52840", "--tinylm-port", "/dev/ttyNOSUCH"], "no such serial port", 3),
    ],
)
def test_a_device_that_cannot_be_had_ends_the_run_in_one_sentence(tmp_path: Path, options: list[str], words: str, code: int) -> None:
    done = run(tmp_path, *options)
    assert words in done.stdout + done.stderr and done.returncode == code
