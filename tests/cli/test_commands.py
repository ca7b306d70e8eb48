"""Each command, as a user tries it: what it prints, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

COMMANDS = ["build", "flash", "test", "bench", "train", "run", "boards"]


def test_help_shows_the_usual_way(tinylm: Run) -> None:
    shown = tinylm("--help")
    assert shown.returncode == 0
    assert "python -m tinylm build --board nrf52840" in shown.stdout
    assert all(command in shown.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example_or_says_what_it_lists(tinylm: Run, command: str) -> None:
    shown = tinylm(command, "--help")
    assert shown.returncode == 0 and "--json" in shown.stdout
    assert f"python -m tinylm {command}" in shown.stdout


def test_boards_lists_every_board_with_the_stable_keys(tinylm: Run) -> None:
    listed = json.loads(tinylm("boards", "--json").stdout)["boards"]
    assert {"nrf52840", "pico"} <= {board["name"] for board in listed}
    for board in listed:
        assert {"name", "core", "clock_hz", "flash", "ram", "targets", "status"} <= set(board)


def test_build_writes_the_images_and_says_so_in_one_json_object(tinylm: Run, tmp_path: Path) -> None:
    done = tinylm("build", "--board", "pico", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert done.stderr == ""
    assert {"board", "core", "model", "runtime", "toolchain", "seconds", "files", "flash", "ram"} <= set(result)
    assert {"used", "limit", "model", "code"} <= set(result["flash"]) and {"used", "limit", "arena", "state", "stack"} <= set(result["ram"])
    for kind in ("elf", "hex", "bin", "uf2"):
        assert Path(tmp_path, result["files"][kind]).stat().st_size > 0


def test_test_reports_the_stable_keys_and_no_mismatch(tinylm: Run) -> None:
    pytest.importorskip("unicorn")
    done = tinylm("test", "--board", "nrf52840", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["passed"] and result["oracle"]["mismatched"] == 0 and result["oracle"]["compared"] >= 1000
    assert result["cycles_are"] == "estimated"
    assert result["cycles_checked"] == "CoreMark 3 % slower than published, by another compiler"
    assert {"instructions_per_inference", "cycles_per_inference", "latency_us", "clock_hz", "stack_used"} <= set(result)


def test_bench_counts_and_compares(tinylm: Run) -> None:
    pytest.importorskip("unicorn")
    done = tinylm("bench", "--board", "nrf52840", "--optimize", "speed", "--json")
    (row,) = json.loads(done.stdout)["measurements"]
    assert done.returncode == 0 and row["mismatched"] == 0
    assert row["instructions"] > row["macs"] / 4 > 0 and row["arena"] <= row["live_peak"]


def test_run_answers_piped_lines_on_the_device(tinylm: Run) -> None:
    pytest.importorskip("unicorn")
    done = tinylm("run", "--board", "pico", stdin="turn on the lights in the kitchen\n\nstart a 10 minute timer for pizza\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("tokens/s estimated") == 2 and done.stderr == ""


def test_run_gives_json_for_prompts(tinylm: Run) -> None:
    done = tinylm("run", "--board", "host", "--prompt", "turn on the lights in the kitchen", "--json")
    (answer,) = json.loads(done.stdout)["answers"]
    assert (answer["intent"], answer["slots"]) == ("HassTurnOn", {"domain": "light", "area": "kitchen"})
    assert 0.5 < answer["confidence"] <= 1
