"""Boards: the shipped ones and a user's own, loaded with their SoC and checked.

A user's folder holds NAME.toml for each board, socs/NAME.toml for chips that tinylm does not know, ports/NAME.c.j2 for their C.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from tinylm import paths
from tinylm.board_files import BoardFile, FlashTiming, Memory, Peripheral, Renode, Soc, pin_number
from tinylm.cores import Core, core
from tinylm.errors import InputError, nearest
from tinylm.schema import Strict, load

__all__ = [
    "HOST",
    "Board",
    "BoardFile",
    "FlashTiming",
    "Memory",
    "Peripheral",
    "Renode",
    "Soc",
    "board",
    "load_board",
    "names",
    "own_folder",
    "pin_number",
    "soc",
]

HOST = "host"
PROJECT = "tinylm.toml"
_ENERGY_BAUD = 9600  # eembc/energyrunner, "Performance Mode vs. Energy Mode"


class Project(Strict):
    """tinylm.toml. boards_dir: the folder of the user's own boards, relative to the file."""

    boards_dir: str | None = None


@dataclass(frozen=True)
class Board:
    """A board with its SoC and core resolved. flash/ram: the regions that the image and its data use.

    own: the user's folder that it comes from, None for a shipped one. energy: its firmware is for the benchmark's energy mode, see
    ``for_energy``.
    """

    file: BoardFile
    soc: Soc
    core: Core
    path: Path
    own: Path | None = None
    energy: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def templates(self) -> list[Path]:
        """Folders in which templates are looked for, the user's own first."""
        return [folder for folder in (self.own, paths.TEMPLATES) if folder]

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def memory(self) -> list[Memory]:
        """The SoC's regions, with as much flash as the board has."""
        flash = self._first("flash")
        fitted = msgspec.structs.replace(flash, length=self.file.flash_length or flash.length)
        return [fitted if region is flash else region for region in self.soc.memory]

    @property
    def flash(self) -> Memory:
        region = next(region for region in self.memory if region.kind == "flash")
        offset = self.file.application
        return msgspec.structs.replace(region, start=region.start + offset, length=region.length - offset)

    @property
    def ram(self) -> Memory:
        return self._first("ram")

    @property
    def tx(self) -> int:
        """Number of the pin that the console sends on; see ``pin_number``."""
        return pin_number(self.file.console.tx or 0)

    @property
    def rx(self) -> int:
        return pin_number(self.file.console.rx or 0)

    @property
    def timestamp(self) -> int:
        """Number of the pin that marks the laps in energy mode."""
        return pin_number(self.file.timestamp_pin or 0)

    @property
    def console_functions(self) -> tuple[int, int]:
        """Alternate functions that connect the console to its pins, tx and rx; 0 where the chip has no such choice."""
        uart = self.peripheral(self.file.console.peripheral)
        tx, rx = ({pin_number(pin): function for pin, function in table.items()} for table in (uart.tx, uart.rx))
        return tx.get(self.tx, 0), rx.get(self.rx, 0)

    def peripheral(self, name: str) -> Peripheral:
        """The SoC's peripheral of that name. Raises InputError."""
        for peripheral in self.soc.peripherals:
            if peripheral.name == name:
                return peripheral
        known = [peripheral.name for peripheral in self.soc.peripherals]
        raise InputError(f"the {self.soc.title} has no peripheral '{name}'.", where=str(self.path), hint=nearest(name, known))

    def for_energy(self) -> Board:
        """The board as the benchmark's energy mode wants it: 9600 baud, laps as edges of a pin. Raises InputError: it names no pin."""
        if self.file.timestamp_pin is None:
            addable = "Add timestamp_pin to its TOML; its port has to implement tl_port_pin."
            hint = "Its chip has none that a program can move: choose another board." if self.soc.pins == 0 else addable
            raise InputError(f"the {self.file.title} has no pin for the energy mode's timestamps.", where=str(self.path), hint=hint)
        console = msgspec.structs.replace(self.file.console, baud=_ENERGY_BAUD)
        return replace(self, file=msgspec.structs.replace(self.file, console=console), energy=True)

    def _first(self, kind: str) -> Memory:
        return next(region for region in self.soc.memory if region.kind == kind)


def own_folder(start: Path) -> Path | None:
    """The folder of the user's own boards that ``start``/tinylm.toml names; None where there is no such file or key. Raises InputError."""
    path = start / PROJECT
    named = load(path, Project).boards_dir if path.is_file() else None
    return path.parent / named if named else None


def names(own: Path | None = None) -> list[str]:
    """The short names of all boards that have firmware. own: the user's folder. Raises InputError: no such folder."""
    if own is not None and not own.is_dir():
        raise InputError("is not a folder with boards.", where=str(own), hint="Make it, or correct --boards-dir or boards_dir.")
    return sorted({*_stems(paths.BOARDS), *_stems(own)})


def board(name: str | Board, own: Path | None = None) -> Board:
    """The board of that name, shipped or in the user's folder ``own``; a Board is returned as it is.

    Raises InputError: unknown name (the nearest is offered) or bad data.
    """
    if isinstance(name, Board):
        return name
    if name not in names(own):
        raise InputError(f"unknown board '{name}'.", hint=nearest(name, [*names(own), HOST]))
    return load_board(_found("board", name, paths.BOARDS, own) / f"{name}.toml", paths.SOCS, own)


def _stems(folder: Path | None) -> set[str]:
    return {path.stem for path in folder.glob("*.toml") if path.name != PROJECT} if folder else set()


def _found(kind: str, name: str, shipped: Path, own: Path | None) -> Path:
    """The one folder that has it. Raises InputError: both have."""
    if own is None or name not in _stems(own):
        return shipped
    if name in _stems(shipped):
        raise InputError(f"a {kind} '{name}' comes with tinylm already.", where=str(own / f"{name}.toml"), hint="Give yours another name.")
    return own


def load_board(path: Path, socs: Path, own: Path | None = None) -> Board:
    """Load a board's TOML and its SoC's from ``socs`` or the user's folder; check what a schema cannot say. Raises InputError."""
    file = load(path, BoardFile)
    if file.name != path.stem:
        raise InputError(f"name '{file.name}' is not the file's, '{path.stem}'.", where=str(path))
    chip, soc_path = _load_soc(file.soc, socs, own, str(path))
    _check_board(file, chip, path)
    made = Board(file, chip, core(chip.core, str(soc_path)), path, own if own and own in path.parents else None)
    _check_templates(made, soc_path)
    return _check_reserve(made)


def soc(name: str, own: Path | None = None) -> Soc:
    """The chip of that name, shipped or in the user's folder. Raises InputError: unknown, or bad data."""
    return _load_soc(name, paths.SOCS, own, None)[0]


def _load_soc(name: str, shipped: Path, own: Path | None, where: str | None) -> tuple[Soc, Path]:
    own_socs = own / "socs" if own else None

    def found(name: str, where: str | None) -> Path:
        known = sorted({*_stems(shipped), *_stems(own_socs)})
        if name not in known:
            raise InputError(f"unknown SoC '{name}'.", where=where, hint=nearest(name, known))
        return _found("SoC", name, shipped, own_socs) / f"{name}.toml"

    path = found(name, where)
    chip = load(path, Soc, lambda base: found(base, str(path)))
    _check_soc(chip, path)
    return chip, path


def _check_templates(board: Board, soc_path: Path) -> None:
    for key, name in (("port", f"{board.soc.port}.c.j2"), ("boot2", board.soc.boot2)):
        if name and not any((folder / "ports" / name).is_file() for folder in board.templates):
            known = sorted(path.name.removesuffix(".c.j2") for folder in board.templates for path in (folder / "ports").glob("*.c.j2"))
            what = f"the template of {key} '{getattr(board.soc, key)}', ports/{name}, is missing."
            raise InputError(what, where=str(soc_path), hint=nearest(board.soc.port, known) if key == "port" else None)


def _check_soc(soc: Soc, path: Path) -> None:
    for region in soc.memory:
        if region.length <= 0 or region.start < 0 or region.end > 1 << 32:
            raise InputError(f"memory region {region} is not inside the 32-bit address space.", where=str(path))
    ordered = sorted(soc.memory, key=lambda region: region.start)
    for low, high in itertools.pairwise(ordered):
        if high.start < low.end:
            raise InputError(f"memory regions overlap: {low} and {high}.", where=str(path), hint="Correct start or length.")
    for peripheral in soc.peripherals:
        if peripheral.irq is not None and not 0 <= peripheral.irq < soc.interrupts:
            what = f"peripheral '{peripheral.name}': irq {peripheral.irq} is not below interrupts = {soc.interrupts}."
            raise InputError(what, where=str(path))
    timing = soc.flash_timing
    if timing and (timing.line_bytes < 4 or timing.line_bytes & (timing.line_bytes - 1) or timing.wait_states < 0):
        raise InputError("flash_timing: line_bytes is a power of two from 4 on, wait_states not negative.", where=str(path))
    for kind in ("flash", "ram"):
        if not any(region.kind == kind for region in soc.memory):
            raise InputError(f"no memory region of kind '{kind}'.", where=str(path))


def _check_board(file: BoardFile, soc: Soc, path: Path) -> None:
    where = str(path)
    if not 0 < file.clock_hz <= soc.max_clock_hz:
        raise InputError(f"clock_hz {file.clock_hz} is not in 1 to {soc.max_clock_hz}, what the {soc.title} can do.", where=where)
    if soc.crystal and not file.crystal_hz:
        raise InputError(f"crystal_hz is missing: the {soc.title} makes its clocks from it.", where=where)
    uarts = [peripheral.name for peripheral in soc.peripherals]
    if file.console.peripheral not in uarts:
        raise InputError(f"the {soc.title} has no '{file.console.peripheral}'.", where=where, hint=nearest(file.console.peripheral, uarts))
    flash = next(region for region in soc.memory if region.kind == "flash")
    if file.flash_length is not None and not 0 < file.flash_length <= flash.length:
        raise InputError(f"flash_length {file.flash_length:#x} is outside {flash}.", where=where)
    if not 0 <= file.application < (file.flash_length or flash.length):
        raise InputError(f"application offset {file.application:#x} is outside {flash}.", where=where)
    if file.application % soc.vector_alignment:
        what = f"application offset {file.application:#x} is not a multiple of {soc.vector_alignment:#x}, as the vector table needs."
        raise InputError(what, where=where)
    if min(file.reserve.flash, file.reserve.heap) < 0 or file.reserve.stack <= 0:
        raise InputError("reserve.stack must be positive, reserve.flash and reserve.heap not negative.", where=where)
    if file.console.baud <= 0:
        raise InputError(f"console.baud must be positive, not {file.console.baud}.", where=where)
    uart = next(peripheral for peripheral in soc.peripherals if peripheral.name == file.console.peripheral)
    tx, rx, timestamp = file.console.tx, file.console.rx, file.timestamp_pin
    if timestamp is not None:
        _check_pin("timestamp_pin", timestamp, {}, file, soc, where)
    if soc.pins == 0 and tx is rx is None:
        return
    if tx is None or rx is None:
        raise InputError(f"console.{'rx' if tx is not None else 'tx'} is missing: the pin that carries it.", where=where)
    _check_pin("console.tx", tx, uart.tx, file, soc, where)
    _check_pin("console.rx", rx, uart.rx, file, soc, where)
    if pin_number(tx) == pin_number(rx):
        raise InputError(f"console.tx and console.rx are the same pin, {file.console.tx}.", where=where)
    if timestamp is not None and pin_number(timestamp) in (pin_number(tx), pin_number(rx)):
        raise InputError(f"timestamp_pin {timestamp} is a pin of the console.", where=where, hint="Take one that is free.")


def _check_pin(key: str, pin: int | str, possible: dict[str, int], file: BoardFile, soc: Soc, where: str) -> None:
    try:
        number = pin_number(pin)
    except InputError as error:
        raise InputError(f"{key}: {error.what}", where=where, hint=error.hint) from None
    if possible and number not in {pin_number(name) for name in possible}:
        what = f"{key}: the {file.console.peripheral} of the {soc.title} cannot be connected to {pin}."
        raise InputError(what, where=where, hint=f"It can be to: {', '.join(possible)}.")
    if number < 0 or (soc.pins is not None and number >= soc.pins):
        raise InputError(f"{key}: {pin} is no pin of the {soc.title}, which has {soc.pins}.", where=where)


def _check_reserve(board: Board) -> Board:
    reserve = board.file.reserve
    for region, bytes_kept in ((board.flash, reserve.flash), (board.ram, reserve.stack + reserve.heap)):
        if bytes_kept >= region.length:
            raise InputError(f"reserves of {bytes_kept} bytes leave nothing of {region}.", where=str(board.path))
    return board
