"""Flashing: stand-ins for the tools are small real programs on PATH, drives are real folders, ports are real pseudo-terminals."""

from __future__ import annotations

import json
import os
import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from tests.cli.conftest import ROOT
from tests.cli.test_serial import line
from tests.firmware import standin
from tinylm.bench.make import open_device
from tinylm.boards import Board, board, names
from tinylm.bundle import load_bundle
from tinylm.errors import InputError, MissingError, TargetError
from tinylm.firmware.build import BuildResult, build
from tinylm.flashing import drives
from tinylm.flashing import flash as flashing
from tinylm.flashing.methods import METHODS, UF2

NEEDS = {"pyocd": "pyocd", "openocd": "openocd", "uf2": "uf2", "nrfjprog": "nrfjprog", "dfu-util": "dfu", "esptool": "esptool"}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], BuildResult]:
    made: dict[str, BuildResult] = {}

    def image(name: str) -> BuildResult:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            made[name] = build(standin.add_one_bundle(folder / "b"), standin.add_one(), board(name), folder / "out")
        return made[name]

    return image


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """An empty PATH (but for sh and its like); a call puts a program there that notes its arguments and then does as it is told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("TINYLM_DRIVES", "")

    def install(name: str, script: str = "") -> Path:
        noted = folder / f"{name}.arguments"
        program = folder / name
        program.write_text(f"#!/bin/sh\nfor argument; do printf '%s\\n' \"$argument\"; done >{shlex.quote(str(noted))}\n{script}\n")
        program.chmod(0o755)
        return noted

    return install


def drive(folder: Path, board_id: str, monkeypatch: pytest.MonkeyPatch | None = None) -> Path:
    folder.mkdir()
    (folder / drives.INFO).write_text(f"UF2 Bootloader v3.0\r\nModel: Something\r\nBoard-ID: {board_id}\r\n")
    if monkeypatch:
        before = os.environ.get("TINYLM_DRIVES", "")
        monkeypatch.setenv("TINYLM_DRIVES", f"{before}{os.pathsep}{folder}")
    return folder


@contextmanager
def device(state: Path) -> Iterator[str]:
    """An emulated board at the end of a pseudo-terminal. state: the name of the board and the ELF that is in its flash; empty: blank."""
    pytest.importorskip("unicorn")
    from tinylm.targets.emulator import EmulatorStream, Machine

    running: list[EmulatorStream] = []
    held: list[str] = []

    def serve(data: bytes) -> bytes:
        if (now := state.read_text().split()) != held:
            held[:] = now
            running[:] = [EmulatorStream(Machine(board(now[0]), Path(now[1])), timeout=0.05)]
        if not running:
            return b""
        if data:
            running[0].write(data)
        return running[0].read(4096)

    with line(serve) as port:
        yield port


def in_flash(built: BuildResult) -> str:
    return f"{built.board} {built.elf}"


# The data of the boards.


@pytest.mark.parametrize("name", [name for name in names() if board(name).file.flash_methods])
def test_every_method_of_a_board_is_known_and_has_what_it_needs(name: str, images):
    file = board(name).file
    for method in file.flash_methods:
        assert method in METHODS
        assert method not in NEEDS or getattr(file.flash, NEEDS[method]), f"{method} is given nothing"
        assert method != UF2 or board(name).soc.uf2_family is not None


@pytest.mark.parametrize(
    ("name", "method"), [(name, method) for name in names() for method in board(name).file.flash_methods if method != UF2]
)
def test_the_command_names_files_of_the_build_and_no_blank(name: str, method: str, images, tools, monkeypatch):
    target, built = board(name), images("pico" if name == "pico" else "nrf52840")
    tools(METHODS[method].programs[0])
    monkeypatch.setattr(list_ports, "comports", list)
    with device_or_none(METHODS[method].needs_port, tools) as port:
        chosen = flashing.plan(target, built, port, method)
    assert Path(chosen.command[0]).name == METHODS[method].programs[0]
    assert any(str(path) in part for path in built.files.values() for part in chosen.command)
    assert not [part for part in chosen.command if part in ("", "None")]
    assert not METHODS[method].needs_port or any(Path(port).name in part for part in chosen.command)


@contextmanager
def device_or_none(wanted: bool, tools) -> Iterator[str | None]:
    if not wanted:
        yield None
        return
    with line(lambda _: b"") as port:  # a blank board is silent
        yield port


# A UF2 drive.


def test_the_drive_is_found_by_its_board_id_and_gets_the_whole_image(images, tools, tmp_path, monkeypatch):
    built = images("pico")
    drive(tmp_path / "other", "SAMD21G18A-Metro-v0", monkeypatch)
    mounted = drive(tmp_path / "RPI-RP2", "RPI-RP2", monkeypatch)
    monkeypatch.setattr(list_ports, "comports", list)
    chosen = flashing.plan(board("pico"), built)
    assert chosen.method.name == UF2 and chosen.drive and chosen.drive.folder == mounted
    assert flashing.flash(chosen, built).verified is None
    assert (mounted / "firmware.uf2").read_bytes() == built.files["uf2"].read_bytes()
    assert not (tmp_path / "other/firmware.uf2").exists()


def test_two_boards_are_listed_and_one_asked_for(images, tools, tmp_path, monkeypatch):
    drive(tmp_path / "one", "RPI-RP2", monkeypatch)
    two = drive(tmp_path / "two", "RPI-RP2", monkeypatch)
    with pytest.raises(InputError, match=r"several boards wait for an image: .*one .*two .*--port"):
        flashing.plan(board("pico"), images("pico"))
    assert flashing.plan(board("pico"), images("pico"), str(two)).drive == drives.Drive(two, "RPI-RP2")


def test_the_drive_of_another_board_is_refused_before_anything_is_written(images, tools, tmp_path):
    other = drive(tmp_path / "drive", "RP2350")
    with pytest.raises(
        InputError, match=r"drive of another board: RP2350\. The Raspberry Pi Pico calls itself RPI-RP2\. Nothing was written"
    ):
        flashing.plan(board("pico"), images("pico"), str(other))
    assert [path.name for path in other.iterdir()] == [drives.INFO]


def test_a_drive_that_fills_up_leaves_no_valid_image_and_says_so(images, tools, tmp_path, monkeypatch):
    mounted = drive(tmp_path / "drive", "RPI-RP2")
    (mounted / "firmware.uf2").symlink_to("/dev/full")
    monkeypatch.setattr(list_ports, "comports", list)
    chosen = flashing.plan(board("pico"), images("pico"), str(mounted))
    with pytest.raises(TargetError, match=r"the drive is full after 0 of \d+ bytes: the board holds no valid image\. Hold BOOTSEL"):
        flashing.flash(chosen, images("pico"))


def test_a_drive_that_is_pulled_out_in_the_middle_is_noticed(images, tools, tmp_path, monkeypatch):
    mounted = drive(tmp_path / "drive", "RPI-RP2")
    os.mkfifo(mounted / "firmware.uf2")
    monkeypatch.setattr(list_ports, "comports", list)
    monkeypatch.setattr(drives, "_CHUNK", 1024)
    chosen = flashing.plan(board("pico"), images("pico"), str(mounted))

    def pull() -> None:
        with open(mounted / "firmware.uf2", "rb") as file:
            file.read(3000)

    thread = threading.Thread(target=pull)
    thread.start()
    with pytest.raises(TargetError, match=r"the drive went away \(.*\) after \d+ of \d+ bytes: the board holds no valid image"):
        # a pipe holds 64 KiB that nobody reads: more has to be sent to notice
        drives.copy(padded(images("pico").files["uf2"], tmp_path), chosen.drive, chosen.method.recover)
    thread.join()


def padded(image: Path, folder: Path) -> Path:
    path = folder / image.name
    path.write_bytes(image.read_bytes() + bytes(200_000))
    return path


def test_an_image_that_the_drive_has_no_room_for_is_not_begun(images, tools, tmp_path, monkeypatch):
    mounted = drive(tmp_path / "drive", "RPI-RP2")
    monkeypatch.setattr(drives.shutil, "disk_usage", lambda _: os.terminal_size((0, 0)) and type("Usage", (), {"free": 512})())
    with pytest.raises(InputError, match=r"512 bytes free, the image takes \d+\. Nothing was written"):
        drives.copy(images("pico").files["uf2"], drives.Drive(mounted, "RPI-RP2"), "")
    assert not (mounted / "firmware.uf2").exists()


# Tools.


def test_a_tool_gets_the_image_and_the_build_id_is_read_back(images, tools, tmp_path):
    built, state = images("nrf52840"), tmp_path / "state"
    state.write_text("")
    noted = tools("pyocd", f"echo flashing; echo {in_flash(built)} >{state}")
    with device(state) as port:
        done = flashing.flash(flashing.plan(board("nrf52840"), built, port), built)
    assert done.verified == built.build_id
    assert noted.read_text().split() == ["flash", "--target", "nrf52840", str(built.files["hex"])]
    assert built.elf.with_name("flash.log").read_text().splitlines() == [f"$ {done.plan.shown}", "flashing"]


def test_a_tool_that_fails_half_way_leaves_no_valid_image_and_says_so(images, tools, tmp_path, monkeypatch):
    monkeypatch.setattr(list_ports, "comports", list)
    tools("openocd", "echo Erasing...; echo Error: timed out >&2; exit 3")
    built = images("nrf52840")
    words = r"openocd failed \(exit code 3\): Erasing\.\.\. \| Error: timed out\. Take it that the board holds no valid image\..*flash\.log"
    with pytest.raises(TargetError, match=words):
        flashing.flash(flashing.plan(board("nrf52840"), built, method="openocd"), built)
    assert "Error: timed out" in built.elf.with_name("flash.log").read_text()


def test_the_first_tool_in_the_boards_order_is_taken(images, tools, monkeypatch):
    monkeypatch.setattr(list_ports, "comports", list)
    order = [name for name in board("nrf52840").file.flash_methods if name != UF2]
    for position in reversed(range(len(order))):
        tools(METHODS[order[position]].programs[0])
        assert flashing.plan(board("nrf52840"), images("nrf52840")).method.name == order[position]


def test_no_flasher_at_all_says_how_to_get_one(images, tools, monkeypatch):
    monkeypatch.setattr(list_ports, "comports", list)
    with pytest.raises(MissingError, match=r"nothing to flash the Nordic nRF52840 DK with.*pip install pyocd.*openocd") as missing:
        flashing.plan(board("nrf52840"), images("nrf52840"))
    assert missing.value.exit_code == 3
    with pytest.raises(MissingError, match=r"UF2 drive called RPI-RP2 \(hold BOOTSEL"):
        flashing.plan(board("pico"), images("pico"))


@pytest.mark.parametrize(
    ("name", "method", "words"),
    [
        ("pico", "pyocdd", "unknown method 'pyocdd'. Did you mean 'pyocd'"),
        ("pico", "bossac", "the Raspberry Pi Pico is not flashed with bossac. It is with: uf2"),
        ("mps2-an386", None, "it exists in emulators only"),
    ],
)
def test_a_method_that_cannot_be_is_refused(name: str, method: str | None, words: str, images, tools):
    with pytest.raises(InputError, match=words):
        flashing.plan(board(name), images(name), method=method)


def test_a_tool_over_a_serial_port_asks_for_the_port(images, tools, monkeypatch):
    monkeypatch.setattr(list_ports, "comports", list)
    tools("bossac")
    with pytest.raises(MissingError, match=r"bossac needs the board's serial port\. Name it with --port"):
        flashing.plan(board("nano33ble"), images("nano33ble"), method="bossac")


# Another board.


def test_the_firmware_of_another_board_is_noticed_before_anything_is_erased(images, tools, tmp_path):
    noted = tools("pyocd")
    state = tmp_path / "state"
    state.write_text(in_flash(images("pico")))
    with device(state) as port, pytest.raises(InputError, match=r"calls itself 'tinylm-pico'.*Nothing was erased.*--board pico"):
        flashing.plan(board("nrf52840"), images("nrf52840"), port)
    assert not noted.exists()


def usb(port: str, ids: str, description: str) -> ListPortInfo:
    entry = ListPortInfo(port, skip_link_detection=True)
    entry.vid, entry.pid = (int(part, 16) for part in ids.split(":"))
    entry.description = description
    return entry


def test_the_usb_id_of_another_board_is_noticed_before_anything_is_erased(images, tools, monkeypatch):
    noted = tools("pyocd")
    monkeypatch.setattr(list_ports, "comports", lambda: [usb("/dev/ttyACM7", "2341:0043", "Arduino Uno")])
    with pytest.raises(InputError, match=r"this is a Arduino Uno \(2341:0043\), not the port of a Nordic nRF52840 DK. Nothing was erased"):
        flashing.plan(board("nrf52840"), images("nrf52840"), "/dev/ttyACM7")
    assert not noted.exists()


def test_two_boards_on_usb_are_listed_and_one_asked_for(images, tools, monkeypatch):
    tools("pyocd")
    both = [usb("/dev/ttyACM0", "1366:1015", "J-Link"), usb("/dev/ttyACM1", "1366:1051", "J-Link")]
    monkeypatch.setattr(list_ports, "comports", lambda: both)
    with pytest.raises(InputError, match=r"several boards could be .*ttyACM0, /dev/ttyACM1.*--port"):
        flashing.plan(board("nrf52840"), images("nrf52840"))


def test_a_board_that_still_runs_another_build_is_not_taken_for_flashed(images, tools, tmp_path, monkeypatch):
    monkeypatch.setattr(flashing, "_BACK_SECONDS", 0.5)
    tools("pyocd")
    state = tmp_path / "state"
    old = images("nrf52840")
    state.write_text(in_flash(old))
    built = replace(old, build_id="01234567")
    words = f"pyocd ended well, but the board runs build {old.build_id}, not 01234567"
    with device(state) as port, pytest.raises(TargetError, match=words):
        flashing.flash(flashing.plan(board("nrf52840"), built, port), built)


# The image.


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "firmware.hex").unlink(), "the hex image is missing or empty. Nothing was erased"),
        (lambda folder: (folder / "firmware.bin").write_bytes(b"\0" * 200_000), "differ from its ELF. Nothing was erased"),
    ],
)
def test_a_damaged_image_is_refused_before_anything_is_erased(damage, words: str, tools, tmp_path, monkeypatch):
    monkeypatch.setattr(list_ports, "comports", list)
    noted = tools("pyocd")
    built = build_in(tmp_path)
    chosen = flashing.plan(board("nrf52840"), built)
    damage(built.elf.parent)
    with pytest.raises(InputError, match=words):
        flashing.flash(chosen, built)
    assert not noted.exists()


def build_in(folder: Path) -> BuildResult:
    return build(standin.add_one_bundle(folder / "b"), standin.add_one(), board("nrf52840"), folder / "out")


def test_an_image_for_another_place_in_flash_is_refused(images):
    good = board("nrf52840")
    moved: Board = replace(good, file=msgspec.structs.replace(good.file, application=0x10000))
    with pytest.raises(InputError, match=r"the image does not lie in FLASH \[0x00010000.*Nothing was erased"):
        flashing.check_image(moved, images("nrf52840"))


# The commands.


def test_test_flashes_first_and_then_tests_what_it_flashed(tools, tmp_path, monkeypatch):
    """The board is blank; the tool "flashes" what the command built; the test of the same command passes on it."""
    state, out = tmp_path / "state", tmp_path / "out"
    state.write_text("")
    tools("pyocd", f"echo nrf52840 {out / 'firmware.elf'} >{state}")
    with device(state) as port, open_device("nrf52840", load_bundle("commands"), port=port, output=out, flash=True) as opened:
        opened.session.boot()
        assert opened.session.build_id() == opened.build_id
    with pytest.raises(InputError, match="--flash writes to a real board; the target 'emulator' is none"):
        open_device("nrf52840", load_bundle("commands"), "emulator", output=out, flash=True).__enter__()


def test_a_dry_run_prints_the_command_and_changes_nothing(tmp_path: Path):
    import subprocess
    import sys

    folder = drive(tmp_path / "drive", "RPI-RP2")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TINYLM_DRIVES": str(folder)}
    command = [sys.executable, "-m", "tinylm", "flash", "--board", "pico", "--json"]
    dry = subprocess.run([*command, "--dry-run"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    result = json.loads(dry.stdout)
    assert dry.returncode == 0 and not result["flashed"] and result["command"][0] == "cp" and result["method"] == "uf2"
    assert not (folder / "firmware.uf2").exists()
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and json.loads(done.stdout)["flashed"] and (folder / "firmware.uf2").stat().st_size > 100_000
