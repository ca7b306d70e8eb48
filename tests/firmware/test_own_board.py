"""Boards of the user's own: from 'boards new' to a running image, with no change to the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.firmware import standin
from tests.shelf import FIRST, slow_but
from tinylm import paths
from tinylm.boards import Board, board, names
from tinylm.errors import FitError, InputError
from tinylm.firmware.build import BuildResult, build
from tinylm.firmware.new_board import write_board

CHIPS = sorted({board(name).soc.name for name in names()})
FIRST_CHIPS = [board(name).soc.name for name in FIRST]


def built(where: Board, folder: Path) -> BuildResult:
    return build(standin.add_one_bundle(folder / "b"), standin.add_one(), where, folder / "out")


def greeting(where: Board, image: BuildResult) -> str:
    emulator = pytest.importorskip("tinylm.targets.emulator")
    stream = emulator.EmulatorStream(emulator.Machine(where, image.elf))
    return stream.read(1000).decode()


@pytest.mark.parametrize("soc", slow_but(FIRST_CHIPS, CHIPS))
def test_a_new_board_works_as_it_is_written(soc: str, tmp_path: Path) -> None:
    path = write_board("mine", soc, tmp_path / "own")
    assert path == tmp_path / "own" / "mine.toml"
    text = path.read_text()
    keys = [line for line in text.splitlines() if "=" in line.partition("# ")[0]]
    assert keys and all("#" in line for line in keys if not line.startswith(("title", "peripheral", "note"))), "every key has its comment"
    mine = board("mine", tmp_path / "own")
    image = built(mine, tmp_path)
    if "emulator" in mine.file.targets and mine.core.emulator:
        assert "m-ready" in greeting(mine, image)


def test_what_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = write_board("mine", "rp2040", tmp_path)
    path.write_text("mine")
    with pytest.raises(InputError, match=r"mine\.toml: exists already and is left as it is"):
        write_board("mine", "rp2040", tmp_path)
    assert path.read_text() == "mine"


def test_a_name_with_toml_is_a_path(tmp_path: Path) -> None:
    assert write_board(str(tmp_path / "deep" / "other.toml"), "nrf52840") == tmp_path / "deep" / "other.toml"


@pytest.mark.parametrize(
    ("name", "soc", "words"),
    [
        ("pico", "rp2040", "a board 'pico' comes with tinylm already"),
        ("host", "rp2040", "a board 'host' comes with tinylm already"),
        ("My Board", "rp2040", "'My Board' is no name for a board. Small letters, digits and hyphens"),
        ("", "rp2040", "is no name for a board"),
        ("mine", "rp2041", "unknown SoC 'rp2041'. Did you mean 'rp2040'?"),
    ],
)
def test_what_cannot_be_a_new_board_is_refused(name: str, soc: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        write_board(name, soc, tmp_path)
    assert not list(tmp_path.iterdir())


def own_chip(folder: Path) -> Path:
    """A chip that tinylm does not know (it is an nRF52833 by another name) with a port of its own."""
    (folder / "socs").mkdir()
    (folder / "ports").mkdir()
    text = (paths.SOCS / "nrf52833.toml").read_text()
    (folder / "socs" / "mychip.toml").write_text(text.replace('"nrf52833"', '"mychip"').replace('"nrf52"', '"myport"'))
    port = (paths.TEMPLATES / "ports" / "nrf52.c.j2").read_text()
    (folder / "ports" / "myport.c.j2").write_text("/* mine */\n" + port)
    return write_board("mine", "mychip", folder)


def test_a_chip_and_a_template_of_ones_own(tmp_path: Path) -> None:
    own_chip(tmp_path)
    mine = board("mine", tmp_path)
    image = built(mine, tmp_path)
    assert "/* mine */" in (image.elf.parent / "src" / "myport.c").read_text()
    assert "m-ready" in greeting(mine, image)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{% if %}", r"myport.c.j2:1: the template is wrong: "),
        ("{{ boards.name }}", r"ports/myport.c.j2: the template cannot be rendered: 'boards' is undefined"),
        ('{% extends "ports/nowhere.j2" %}', r"the template 'ports/nowhere.j2' is missing"),
    ],
)
def test_what_is_wrong_with_a_template_of_ones_own_is_said(text: str, words: str, tmp_path: Path) -> None:
    own_chip(tmp_path)
    (tmp_path / "ports" / "myport.c.j2").write_text(text)
    with pytest.raises(InputError, match=words):
        built(board("mine", tmp_path), tmp_path)


def test_an_image_that_is_larger_than_the_application_region_is_refused(tmp_path: Path) -> None:
    path = write_board("mine", "nrf52840", tmp_path)
    path.write_text(path.read_text().replace("# application = 0 ", "application = 0xF_F800 "))
    with pytest.raises(FitError, match=r"needs \d+ bytes of flash .* the My board has 2048"):
        built(board("mine", tmp_path), tmp_path)
