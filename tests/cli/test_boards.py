"""The boards command, and boards of the user's own in the other commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tinylm.boards import board, names


def test_the_list_names_every_board_with_its_figures(tinylm: Run) -> None:
    lines = tinylm("boards").stdout.splitlines()
    assert lines[0].split()[:4] == ["board", "chip", "core", "MHz"]
    for name in names():
        (line,) = (line for line in lines if line.startswith(f"{name} "))
        made = board(name)
        assert all(str(word) in line for word in (made.soc.title, made.core.name, made.flash.length // 1024, made.ram.length // 1024))
        assert "not tried" in line and ", ".join(made.file.targets) in line


def test_one_board_in_full(tinylm: Run) -> None:
    shown = tinylm("boards", "nano33ble").stdout
    words = ("Arduino Nano 33 BLE", "0x10000", "P1.03 sends, P1.10 receives", "Product Specification", "bossac")
    assert all(word in shown for word in words)
    assert json.loads(tinylm("boards", "nucleo-h743", "--json").stdout)["clock_hz"] == 480_000_000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nucleo-l4r6",), "unknown board 'nucleo-l4r6'. Did you mean 'nucleo-l4r5'?"),
        (("pico", "pico2"), "one board at a time, not 2"),
        (("new",), "'boards new' takes one name"),
        (("new", "mine", "--soc", "stm32f408"), "unknown SoC 'stm32f408'. Did you mean 'stm32f407'?"),
        (("pico", "--soc", "rp2040"), "--soc goes with 'new'"),
        (("--boards-dir", "nowhere"), "nowhere: is not a folder with boards"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(tinylm: Run, words: tuple[str, ...], said: str) -> None:
    done = tinylm("boards", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_from_a_new_board_to_a_passed_test(tinylm: Run, tmp_path: Path) -> None:
    pytest.importorskip("unicorn")
    assert tinylm("boards", "new", "mine", "--soc", "nrf52833").returncode == 0
    assert tinylm("boards", "new", "mine").returncode == 2
    assert "unknown board 'mine'" in tinylm("build", "--board", "mine").stderr
    Path(tmp_path, "tinylm.toml").write_text('boards_dir = "boards"\n')
    assert "mine " in tinylm("boards").stdout
    done = tinylm("test", "--board", "mine", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["board"] == "mine"
