"""Put an image on a board: checked before, the board recognised before anything is erased, the build id read back after."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import serial
from intelhex import IntelHex
from serial.tools import list_ports

from tinylm.boards import Board
from tinylm.errors import InputError, MissingError, TargetError, TinylmError, nearest
from tinylm.firmware import image
from tinylm.firmware.build import BuildResult
from tinylm.flashing import drives
from tinylm.flashing.methods import METHODS, UF2, Job, Method
from tinylm.paths import write_file
from tinylm.targets.serial import find_port, open_port
from tinylm.targets.session import Session

LOG = "flash.log"
_TOOL_SECONDS = 300.0
_BACK_SECONDS = 10.0


@dataclass(frozen=True)
class Plan:
    """How an image will get onto a board. command: exactly what will be run; for a UF2 drive its like. console: None: not found."""

    board: Board
    method: Method
    command: list[str]
    drive: drives.Drive | None
    port: str | None
    console: str | None

    @property
    def shown(self) -> str:
        return shlex.join(self.command)


@dataclass(frozen=True)
class Flashed:
    """What was done. verified: the build id that the firmware answered with; None: no console was found to ask."""

    plan: Plan
    verified: str | None


def check_image(board: Board, built: BuildResult) -> None:
    """Read the image back before anything is erased. Raises InputError: incomplete, damaged, or for another place in memory."""
    for kind, path in built.files.items():
        if not path.is_file() or not path.stat().st_size:
            raise InputError(f"the {kind} image is missing or empty. Nothing was erased.", where=str(path), hint="Build it again.")
    elf = built.elf.read_bytes()
    flash = {part.address + offset: byte for part in image.segments(elf) for offset, byte in enumerate(part.data)}
    start = min(flash)
    binary = built.files["bin"].read_bytes()
    same = IntelHex(str(built.files["hex"])).todict() == flash and all(binary[at - start] == byte for at, byte in flash.items())
    if not same:
        raise InputError(
            "the images of this build differ from its ELF. Nothing was erased.", where=str(built.elf.parent), hint="Build again."
        )
    if not (board.flash.start <= start and max(flash) < board.flash.end):
        raise InputError(
            f"the image does not lie in {board.flash}. Nothing was erased.", where=str(built.elf), hint="Build it for this board."
        )


def plan(board: Board, built: BuildResult, port: str | None = None, method: str | None = None) -> Plan:
    """Choose the way, and look at what is there; nothing is changed.

    port: of the board's console or bootloader, or the folder of its UF2 drive. method: None for the first of the board's that can be used.
    Raises MissingError: nothing to flash it with, with what to get; InputError: unknown method, another board, several boards.
    """
    wanted = _allowed(board, method)
    for entry in wanted:
        drive = drives.choose(board.file.flash.uf2, port, board.file.title) if entry.name == UF2 else None
        program = entry.find()
        if drive is None and program is None:
            continue
        at_folder = port is not None and Path(port).is_dir()
        if at_folder and drive is None:
            continue
        console = None if at_folder else _console(board, port)
        if entry.needs_port and console is None:
            raise MissingError(f"{entry.name} needs the board's serial port.", hint="Name it with --port.")
        _recognise(board, console)
        if drive:
            return Plan(board, entry, ["cp", str(built.files["uf2"]), str(drive.folder)], drive, port, console)
        command = [str(program), *entry.arguments(Job(str(program), board, built.files, console))]
        return Plan(board, entry, command, None, port, console)
    raise _nothing(board, wanted, port)


def _allowed(board: Board, method: str | None) -> list[Method]:
    if not board.file.flash_methods:
        raise InputError(f"the {board.file.title} is not flashed: it exists in emulators only.", hint="Use 'python -m tinylm test'.")
    if method is None:
        return [METHODS[name] for name in board.file.flash_methods]
    if method not in METHODS:
        raise InputError(f"unknown method '{method}'.", hint=nearest(method, METHODS))
    if method not in board.file.flash_methods:
        raise InputError(
            f"the {board.file.title} is not flashed with {method}.", hint=f"It is with: {', '.join(board.file.flash_methods)}."
        )
    return [METHODS[method]]


def _nothing(board: Board, wanted: list[Method], port: str | None) -> MissingError:
    ways = []
    for entry in wanted:
        if entry.name == UF2:
            there = drives.drives()
            others = f"; mounted are {', '.join(map(str, there))}" if there else ""
            ways.append(f"a UF2 drive called {' or '.join(board.file.flash.uf2)} (hold BOOTSEL while plugging the board in{others})")
        else:
            ways.append(f"{entry.name} ({entry.get})")
    where = f" at {port}" if port and Path(port).is_dir() else ""
    return MissingError(f"nothing to flash the {board.file.title} with{where}.", hint=f"One of these will do: {'; '.join(ways)}.")


def _console(board: Board, port: str | None) -> str | None:
    """The board's serial port; None: none was found. Raises InputError: several."""
    if port is not None:
        return port
    try:
        return find_port(board)
    except MissingError:
        return None


def _recognise(board: Board, console: str | None) -> None:
    """Refuse a port with another board on it: by its USB id, or by the name that its firmware answers with."""
    if console is None:
        return
    found = next((entry for entry in list_ports.comports() if entry.device == console and entry.vid is not None), None)
    ids = board.file.console.usb
    if found and ids and f"{found.vid:04x}:{found.pid:04x}" not in ids:
        what = f"this is a {found.description} ({found.vid:04x}:{found.pid:04x}), not the port of a {board.file.title}. Nothing was erased."
        raise InputError(what, where=console, hint=f"Its ids: {', '.join(ids)}. Name another with --port.")
    name = _said(board, console)
    if name and name.startswith("tinylm-") and name != f"tinylm-{board.name}":
        hint = f"Use --board {name.removeprefix('tinylm-')}, or the right --port."
        raise InputError(
            f"the firmware there calls itself '{name}', not 'tinylm-{board.name}'. Nothing was erased.", where=console, hint=hint
        )


def _said(board: Board, console: str) -> str | None:
    """The name of the firmware that runs; None: silent, or not one of ours."""
    try:
        with open_port(console, board.file.console.baud) as stream:
            session = Session(stream, 0.5)
            session.boot()
            return session.name()
    except TargetError:
        return None


def flash(chosen: Plan, built: BuildResult, timeout: float = 5.0) -> Flashed:
    """Flash as planned and read the build id back over the console, if there is one.

    Raises TargetError: it failed, and what state the board is in; what the tool said is kept in flash.log beside the image.
    """
    check_image(chosen.board, built)
    if chosen.drive:
        drives.copy(built.files["uf2"], chosen.drive, chosen.method.recover)
    else:
        _run(chosen, built.elf.with_name(LOG))
    return Flashed(chosen, _verify(chosen, built, timeout))


def _run(chosen: Plan, log: Path) -> None:
    name, failed = chosen.method.name, ""
    if chosen.method.touch and chosen.console:
        _touch(chosen.console)
    try:
        done = subprocess.run(
            chosen.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_TOOL_SECONDS, check=False
        )
        said = done.stdout.decode(errors="replace")
        if done.returncode:
            failed = f"exit code {done.returncode}"
    except subprocess.TimeoutExpired as error:
        said, failed = (error.stdout or b"").decode(errors="replace"), f"no end within {_TOOL_SECONDS:g} s"
    except OSError as error:
        raise MissingError(
            f"does not run: {error.strerror}.", where=chosen.command[0], hint=f"Install it again: {chosen.method.get}."
        ) from error
    write_file(log, f"$ {chosen.shown}\n{said}")
    if failed:
        last = " | ".join(line.strip() for line in said.strip().splitlines()[-2:]) or "it said nothing"
        what = f"{name} failed ({failed}): {last}. Take it that the board holds no valid image."
        raise TargetError(what, where=chosen.board.name, hint=f"{chosen.method.recover} All it said: {log}")


def _touch(port: str) -> None:
    """Opening at 1200 baud asks the firmware of an Arduino to start its bootloader; what runs none ignores it."""
    try:
        serial.Serial(port, 1200).close()
    except (OSError, ValueError):
        return
    time.sleep(0.5)


def _verify(chosen: Plan, built: BuildResult, timeout: float) -> str | None:
    console = chosen.console or _console(chosen.board, None if chosen.drive else chosen.port)
    if console is None:
        return None
    end, problem = time.monotonic() + _BACK_SECONDS, ""
    while time.monotonic() < end:
        try:
            with open_port(console, chosen.board.file.console.baud, timeout) as stream:
                session = Session(stream, min(timeout, 2.0))
                session.boot()
                found = session.build_id()
            if found == built.build_id:
                return found
            problem = f"the board runs build {found}, not {built.build_id}"
        except (TinylmError, OSError) as error:
            problem = str(error)
        time.sleep(0.2)
    hint = f"Press its reset button, then: python -m tinylm test --board {chosen.board.name} --port {console}"
    raise TargetError(f"{chosen.method.name} ended well, but {problem}", where=os.fspath(console), hint=hint)
