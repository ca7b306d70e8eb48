"""The files for Renode beside an image: reviewed, for each board whose chip stock Renode knows; none for the others."""

import pytest

from tests.firmware import standin
from tinylm.boards import board, names
from tinylm.firmware.build import build
from tinylm.firmware.renode import renode_files
from tinylm.firmware.toolchain import Zig

KNOWN = [name for name in names() if board(name).soc.renode]


@pytest.mark.parametrize("name", KNOWN)
def test_rendered_files_are_the_reviewed_ones(name, tmp_path, golden):
    files = renode_files(board(name), standin.language_bundle(tmp_path), "0123abcd")
    assert set(files) == {f"{name}.repl", f"{name}.resc", f"{name}.robot"}
    for file, text in files.items():
        golden(f"renode/{file}", text)


def test_the_sure_ones_are_known_and_say_so_in_their_targets():
    assert {"nrf52840", "stm32f4-discovery"} <= set(KNOWN)
    assert all(("renode" in board(name).file.targets) == (name in KNOWN) for name in names())


def test_build_writes_them_beside_the_image(tmp_path):
    made = build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board("nrf52840"), tmp_path / "out", toolchain=Zig())
    folder = made.elf.parent / "renode"
    assert sorted(path.name for path in folder.iterdir()) == ["nrf52840.repl", "nrf52840.resc", "nrf52840.robot"]
    assert f"m-build-[{made.build_id}]" in (folder / "nrf52840.robot").read_text()


def test_nothing_for_a_chip_that_renode_does_not_know(tmp_path):
    assert renode_files(board("pico"), standin.add_one_bundle(tmp_path / "b"), "") == {}
