"""Boards and systems-on-chip: data in TOML, loaded and checked here."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

from tinylm import paths
from tinylm.cores import Core, core
from tinylm.errors import InputError, nearest
from tinylm.schema import Strict, load

HOST = "host"
_ENERGY_BAUD = 9600  # eembc/energyrunner, "Performance Mode vs. Energy Mode"


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
    """A peripheral as the embedded emulator models it. model: a name in targets/emulator/peripherals.

    tx, rx: the pins that can carry its signals, by name, and the number of the alternate function that connects them; empty: any.
    options: what port and model want to know of it besides.
    """

    name: str
    model: str
    base: int
    irq: int | None = None
    options: dict[str, int | str] = {}
    tx: dict[str, int] = {}
    rx: dict[str, int] = {}


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


class Renode(Strict):
    """What stock Renode calls the chip. platform: its .repl; uarts: our peripherals' names -> its; clocks: its peripherals whose frequency
    has to be told -> divisor of the core's clock."""

    platform: str
    uarts: dict[str, str]
    clocks: dict[str, int] = {}


class Soc(Strict):
    """A chip. reference: the document (and revision) that the numbers come from. port: its C in firmware_templates/ports.

    interrupts: number of external interrupt vectors. uf2_family: id of the UF2 format's list. pins: how many there are, where
    any of them can carry the console (elsewhere the peripheral's tx and rx say which); 0: the console has pins of its own.
    alignment: of constants and arena, bytes; a cache line. boot_rom: what the emulator lets run before the image.
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
    boot_rom: Literal["rp2040", "rp2350"] | None = None
    pins: int | None = None
    alignment: int = 16
    flash_timing: FlashTiming | None = None
    renode: Renode | None = None
    peripherals: list[Peripheral] = msgspec.field(default_factory=list, name="peripheral")

    @property
    def vector_alignment(self) -> int:
        """What the vector table's address has to be a multiple of: its size rounded up to a power of two (ARMv7-M manual B3.2.5)."""
        return 1 << (4 * (16 + self.interrupts) - 1).bit_length()


class Reserve(Strict):
    """Bytes kept free: flash (for other uses), stack, heap."""

    flash: int = 0
    stack: int = 4096
    heap: int = 0


class Console(Strict):
    """peripheral: a name in the SoC's list. tx, rx: pins, e.g. "P0.06", "PD8", "GP0"; none where the chip leaves no choice.

    usb: 'vid:pid' of the board's serial bridge.
    """

    peripheral: str
    tx: int | str | None = None
    rx: int | str | None = None
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
    """The TOML of a board. flash_length: bytes of flash behind the SoC's window, where it is a chip of its own.

    application: where the image starts in flash, bytes; what lies before is a bootloader's. crystal_hz: of the oscillator that
    the clocks are made from, where the chip leaves the choice; crystal_bypass: a clock signal comes in instead of a crystal.
    timestamp_pin: the GPIO whose falling edges mark the laps in the benchmark's energy mode; None: no energy mode.
    """

    name: str
    title: str
    soc: str
    clock_hz: int
    console: Console
    flash_length: int | None = None
    application: int = 0
    crystal_hz: int | None = None
    crystal_bypass: bool = False
    reserve: Reserve = msgspec.field(default_factory=Reserve)
    flash_methods: list[str] = []
    timestamp_pin: int | None = None
    targets: list[str] = []
    qemu: Qemu | None = None
    status: Status = msgspec.field(default_factory=Status)


@dataclass(frozen=True)
class Board:
    """A board with its SoC and core resolved. flash/ram: the regions that the image and its data use.

    energy: its firmware is for the benchmark's energy mode, see ``for_energy``.
    """

    file: BoardFile
    soc: Soc
    core: Core
    path: Path
    energy: bool = False

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
            hint = "Add timestamp_pin to its TOML; its port has to implement tl_port_pin."
            raise InputError(f"the {self.file.title} has no pin for the energy mode's timestamps.", where=str(self.path), hint=hint)
        console = msgspec.structs.replace(self.file.console, baud=_ENERGY_BAUD)
        return replace(self, file=msgspec.structs.replace(self.file, console=console), energy=True)

    def _first(self, kind: str) -> Memory:
        return next(region for region in self.soc.memory if region.kind == kind)


_PIN = re.compile(r"P([A-K])(1[0-5]|\d)|P(\d)\.(3[01]|[0-2]\d)|GP(\d{1,2})")


def pin_number(pin: int | str) -> int:
    """A pin's number: "PD8" (STM32) is 16 * 3 + 8, "P1.08" (Nordic) 32 * 1 + 8, "GP4" (Raspberry Pi) 4. Raises InputError."""
    if isinstance(pin, int):
        return pin
    match = _PIN.fullmatch(pin)
    if not match:
        raise InputError(f"'{pin}' is no pin.", hint="Pins are called PD8 (STM32), P1.08 (Nordic), GP4 (Raspberry Pi), or by number.")
    letter, of_letter, port, of_port, plain = match.groups()
    if letter:
        return 16 * (ord(letter) - ord("A")) + int(of_letter)
    return 32 * int(port) + int(of_port) if port else int(plain)


def names() -> list[str]:
    """The short names of all boards that have firmware."""
    return sorted(path.stem for path in paths.BOARDS.glob("*.toml"))


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
    if file.application % soc.vector_alignment:
        what = f"application offset {file.application:#x} is not a multiple of {soc.vector_alignment:#x}, as the vector table needs."
        raise InputError(what, where=where)
    if min(file.reserve.flash, file.reserve.heap) < 0 or file.reserve.stack <= 0:
        raise InputError("reserve.stack must be positive, reserve.flash and reserve.heap not negative.", where=where)
    if file.console.baud <= 0:
        raise InputError(f"console.baud must be positive, not {file.console.baud}.", where=where)
    uart = next(peripheral for peripheral in soc.peripherals if peripheral.name == file.console.peripheral)
    tx, rx = file.console.tx, file.console.rx
    if soc.pins == 0 and tx is rx is None:
        return
    if tx is None or rx is None:
        raise InputError(f"console.{'rx' if tx is not None else 'tx'} is missing: the pin that carries it.", where=where)
    _check_pin("tx", tx, uart.tx, file, soc, where)
    _check_pin("rx", rx, uart.rx, file, soc, where)
    if pin_number(tx) == pin_number(rx):
        raise InputError(f"console.tx and console.rx are the same pin, {file.console.tx}.", where=where)


def _check_pin(key: str, pin: int | str, possible: dict[str, int], file: BoardFile, soc: Soc, where: str) -> None:
    try:
        number = pin_number(pin)
    except InputError as error:
        raise InputError(f"console.{key}: {error.what}", where=where, hint=error.hint) from None
    if possible and number not in {pin_number(name) for name in possible}:
        what = f"console.{key}: the {file.console.peripheral} of the {soc.title} cannot be connected to {pin}."
        raise InputError(what, where=where, hint=f"It can be to: {', '.join(possible)}.")
    if number < 0 or (soc.pins is not None and number >= soc.pins):
        raise InputError(f"console.{key}: {pin} is no pin of the {soc.title}, which has {soc.pins}.", where=where)


def _check_reserve(board: Board) -> Board:
    reserve = board.file.reserve
    for region, bytes_kept in ((board.flash, reserve.flash), (board.ram, reserve.stack + reserve.heap)):
        if bytes_kept >= region.length:
            raise InputError(f"reserves of {bytes_kept} bytes leave nothing of {region}.", where=str(board.path))
    return board
