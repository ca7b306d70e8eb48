"""The ESP32-C3's start: what its ROM and its watchdogs ask of the firmware, and what the models refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("unicorn")

from tests.firmware import standin
from tinylm.boards import board
from tinylm.errors import TargetError
from tinylm.firmware.build import build
from tinylm.targets.emulator import EmulatorStream, Machine
from tinylm.targets.session import Session


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("c3")
    return build(standin.add_one_bundle(folder / "b"), standin.add_one(), board("esp32-c3"), folder / "out").elf


def test_the_firmware_sets_the_full_clock_and_stops_every_watchdog(elf: Path):
    machine = Machine(board("esp32-c3"), elf)
    Session(EmulatorStream(machine)).boot()
    assert machine.peripherals["system"].hz == 160_000_000
    assert not [name for name in ("rtc", "timg0", "timg1") if machine.peripherals[name].watched]


def test_the_rom_refuses_an_image_without_its_magic(elf: Path, tmp_path: Path):
    data = elf.read_bytes()
    spoiled = tmp_path / "spoiled.elf"
    spoiled.write_bytes(data.replace(bytes.fromhex("1d04dbae1d04dbae"), bytes(8), 1))
    with pytest.raises(TargetError, match="the boot ROM does not start this image: it begins with 0000000000000000"):
        Machine(board("esp32-c3"), spoiled)


def test_firmware_that_talks_at_another_clock_than_the_boards_is_stopped(elf: Path):
    slow = board("esp32-c3")
    slow = replace(slow, file=msgspec.structs.replace(slow.file, clock_hz=80_000_000))
    with pytest.raises(TargetError, match="sends while the core runs at 160000000 Hz; the board says 80000000"):
        Session(EmulatorStream(Machine(slow, elf))).boot()


def test_a_watchdog_takes_no_write_without_its_key(elf: Path):
    from tinylm.targets.emulator.bus import Unmodelled

    rtc = Machine(board("esp32-c3"), elf).peripherals["rtc"]
    with pytest.raises(Unmodelled, match="write-protected: its key was not written"):
        rtc.write(0x90, 0)
    rtc.write(0xA8, 0x50D8_3AA1)
    rtc.write(0x90, 0)
