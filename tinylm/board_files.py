"""The TOML of boards and systems-on-chip: what it may say. tinylm.boards reads and checks it."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from tinylm.errors import InputError
from tinylm.schema import Strict


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
    """A peripheral. model: a name in targets/emulator/peripherals; none: the embedded emulator does not have it.

    tx, rx: the pins that can carry its signals, by name, and the number of the alternate function that connects them; empty: any.
    options: what port and model want to know of it besides.
    """

    name: str
    base: int
    model: str | None = None
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
    """A chip. A key ``like`` names another, whose values hold for what this one does not say. reference: the document (and revision)
    that the numbers come from. port: its C in firmware_templates/ports.

    interrupts: number of external interrupt vectors. uf2_family: id of the UF2 format's list. pins: how many there are, where
    any of them can carry the console (elsewhere the peripheral's tx and rx say which); 0: the console has pins of its own.
    alignment: of constants and arena, bytes; a cache line. boot_rom: what the emulator lets run before the image.
    data_window: where loads see the flash, on a chip that only fetches code from the flash region itself.
    crystal: a board has to say what its crystal_hz is.
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
    boot_rom: Literal["rp2040", "rp2350", "esp32-c3"] | None = None
    data_window: int | None = None
    pins: int | None = None
    alignment: int = 16
    crystal: bool = False
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


class Flash(Strict):
    """What the flashing tools want to know of the board. flash_methods says which are used, and in which order.

    pyocd: target type. openocd: configuration files, in order. uf2: Board-IDs in INFO_UF2.TXT. nrfjprog: family. dfu: 'vid:pid' of the
    bootloader. esptool: chip.
    """

    pyocd: str | None = None
    openocd: list[str] = []
    uf2: list[str] = []
    nrfjprog: str | None = None
    dfu: str | None = None
    esptool: str | None = None


class BoardFile(Strict):
    """The TOML of a board. flash_length: bytes of flash behind the SoC's window, where it is a chip of its own.

    application: where the image starts in flash, bytes; what lies before is a bootloader's. crystal_hz: of the oscillator that
    the clocks are made from, where the chip leaves the choice; crystal_bypass: a clock signal comes in instead of a crystal.
    timestamp_pin: the GPIO whose falling edges mark the laps in the benchmark's energy mode, as in ``pin_number``; None: no energy mode.
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
    flash: Flash = msgspec.field(default_factory=Flash)
    timestamp_pin: int | str | None = None
    targets: list[str] = []
    qemu: Qemu | None = None
    status: Status = msgspec.field(default_factory=Status)


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
