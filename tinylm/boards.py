"""Boards and systems-on-chip: data in TOML, loaded and checked here."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from tinylm import paths
from tinylm.cores import Core, core
from tinylm.errors import InputError, nearest
from tinylm.schema import Strict, load

HOST = "host"


class Memory(Strict):
    """One region of the address space: [start, start + length), bytes."""

    name: str
    start: int
    length: int
    kind: Literal["flash", "ram"]

    @property
    def end(self) -> int:
        return self.start + self.length

    def __str__(self) -> str:
        return f"{self.name} [{self.start:#010x}, {self.end:#010x})"


class Peripheral(Strict):
    """A peripheral as the embedded emulator models it. model: a name in targets/emulator/peripherals."""

    name: str
    model: str
    base: int
    irq: int | None = None
    options: dict[str, int | str] = {}


class FlashTiming(Strict):
    """What reading flash costs at the board's clock. source: the document, and what is a guess.

    wait_states: cycles a line costs that neither cache nor line buffer holds. line_bytes: bytes in a line (a power of two).
    prefetch: the line behind the last one costs nothing. Caches in bytes, 0: none; unified: instruction_cache holds constants, too.
    """

    wait_states: int
    line_bytes: int
    source: str
    prefetch: bool = False
    instruction_cache: int = 0
    data_cache: int = 0
    unified: bool = False


class Soc(Strict):
    """A chip. reference: the document (and revision) that the numbers come from. port: its C in firmware_templates/ports.

    interrupts: number of external interrupt vectors. uf2_family: id of the UF2 format's list.
    """

    name: str
    title: str
    core: str
    max_clock_hz: int
    interrupts: int
    port: str
    reference: str
    memory: list[Memory]
    uf2_family: int | None = None
    boot2: str | None = None
    flash_timing: FlashTiming | None = None
    peripherals: list[Peripheral] = msgspec.field(default_factory=list, name="peripheral")


class Reserve(Strict):
    """Bytes kept free: flash (for other uses), stack, heap."""

    flash: int = 0
    stack: int = 4096
    heap: int = 0


class Console(Strict):
    """peripheral: a name in the SoC's list. tx, rx: GPIO numbers, where they can be chosen. usb: 'vid:pid' of the board's serial bridge."""

    peripheral: str
    tx: int | None = None
    rx: int | None = None
    baud: int = 115200
    usb: list[str] = []


class Qemu(Strict):
    """The machine of QEMU that is this board. system: of qemu-system-SYSTEM; options: more arguments."""

    system: Literal["arm", "riscv32"]
    machine: str
    options: list[str] = []


class Status(Strict):
    """What was verified. ci: targets that the tests run. hardware: true only if somebody tried it on the desk."""

    ci: list[str] = []
    hardware: bool = False
    note: str = ""


class BoardFile(Strict):
    """The TOML of a board. flash_length: bytes of flash behind the SoC's window, where it is a chip of its own."""

    name: str
    title: str
    soc: str
    clock_hz: int
    console: Console
    flash_length: int | None = None
    application: int = 0
    reserve: Reserve = msgspec.field(default_factory=Reserve)
    flash_methods: list[str] = []
    targets: list[str] = []
    qemu: Qemu | None = None
    status: Status = msgspec.field(default_factory=Status)


@dataclass(frozen=True)
class Board:
    """A board with its SoC and core resolved. flash/ram: the regions that the image and its data use."""

    file: BoardFile
    soc: Soc
    core: Core
    path: Path

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

    def peripheral(self, name: str) -> Peripheral:
        """The SoC's peripheral of that name. Raises InputError."""
        for peripheral in self.soc.peripherals:
            if peripheral.name == name:
                return peripheral
        known = [peripheral.name for peripheral in self.soc.peripherals]
        raise InputError(f"the {self.soc.title} has no peripheral '{name}'.", where=str(self.path), hint=nearest(name, known))

    def _first(self, kind: str) -> Memory:
        return next(region for region in self.soc.memory if region.kind == kind)


def names(target: str | None = None) -> list[str]:
    """The short names of all boards that have firmware; of those that run in ``target``."""
    found = sorted(path.stem for path in paths.BOARDS.glob("*.toml"))
    return [name for name in found if target is None or target in board(name).file.targets]


def board(name: str) -> Board:
    """The board of that name. Raises InputError: unknown name (the nearest is offered) or bad data."""
    if name not in names():
        raise InputError(f"unknown board '{name}'.", hint=nearest(name, [*names(), HOST]))
    return load_board(paths.BOARDS / f"{name}.toml", paths.SOCS)


def load_board(path: Path, socs: Path) -> Board:
    """Load a board's TOML and its SoC's from ``socs``; check what a schema cannot say."""
    file = load(path, BoardFile)
    known = sorted(entry.stem for entry in socs.glob("*.toml"))
    if file.soc not in known:
        raise InputError(f"unknown SoC '{file.soc}'.", where=str(path), hint=nearest(file.soc, known))
    soc_path = socs / f"{file.soc}.toml"
    soc = load(soc_path, Soc)
    _check_soc(soc, soc_path)
    _check_board(file, soc, path)
    return _check_reserve(Board(file, soc, core(soc.core, str(soc_path)), path))


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
    uarts = [peripheral.name for peripheral in soc.peripherals]
    if file.console.peripheral not in uarts:
        raise InputError(f"the {soc.title} has no '{file.console.peripheral}'.", where=where, hint=nearest(file.console.peripheral, uarts))
    flash = next(region for region in soc.memory if region.kind == "flash")
    if file.flash_length is not None and not 0 < file.flash_length <= flash.length:
        raise InputError(f"flash_length {file.flash_length:#x} is outside {flash}.", where=where)
    if not 0 <= file.application < (file.flash_length or flash.length):
        raise InputError(f"application offset {file.application:#x} is outside {flash}.", where=where)
    if file.application % 0x100:
        raise InputError(f"application offset {file.application:#x} is not a multiple of 0x100, as a vector table needs.", where=where)
    if min(file.reserve.flash, file.reserve.heap) < 0 or file.reserve.stack <= 0:
        raise InputError("reserve.stack must be positive, reserve.flash and reserve.heap not negative.", where=where)
    if file.console.baud <= 0:
        raise InputError(f"console.baud must be positive, not {file.console.baud}.", where=where)


def _check_reserve(board: Board) -> Board:
    reserve = board.file.reserve
    for region, bytes_kept in ((board.flash, reserve.flash), (board.ram, reserve.stack + reserve.heap)):
        if bytes_kept >= region.length:
            raise InputError(f"reserves of {bytes_kept} bytes leave nothing of {region}.", where=str(board.path))
    return board
