"""The flashing tools: which program each is, what it is told, and where to get it. They are run, never imported."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinylm.boards import Board

UF2 = "uf2"


@dataclass(frozen=True)
class Job:
    """What a tool is told. files: the image by kind (elf, hex, bin, uf2). port: of the board, where the tool takes one."""

    program: str
    board: Board
    files: dict[str, Path]
    port: str | None

    @property
    def start(self) -> str:
        return f"{self.board.flash.start:#010x}"


@dataclass(frozen=True)
class Method:
    """programs: the first on PATH is taken. needs_port: talks over a serial port. touch: opening that port at 1200 baud starts its
    bootloader. recover: what to do with a board that was left half written."""

    name: str
    programs: tuple[str, ...]
    get: str
    arguments: Callable[[Job], list[str]]
    needs_port: bool = False
    touch: bool = False
    recover: str = "Check cable and power and flash again: the probe reaches the chip whatever its flash holds."

    def find(self) -> str | None:
        """Path of its program; None: not installed."""
        return next(filter(None, map(shutil.which, self.programs)), None)


_BOOTLOADER = "Start the board's bootloader again (docs/flashing.md says how) and flash again: it is in ROM or a part of flash of its own."


def _openocd(job: Job) -> list[str]:
    files = [part for file in job.board.file.flash.openocd for part in ("-f", file)]
    return [*files, "-c", f"program {{{job.files['elf']}}} verify reset exit"]


METHODS = {
    method.name: method
    for method in (
        Method(UF2, (), "", lambda job: [], recover="Hold BOOTSEL (or press reset twice) while plugging it in, and flash again."),
        Method(
            "pyocd",
            ("pyocd",),
            "python -m pip install pyocd",
            lambda job: ["flash", "--target", str(job.board.file.flash.pyocd), str(job.files["hex"])],
        ),
        Method("openocd", ("openocd",), "Debian and Ubuntu: openocd", _openocd),
        Method(
            "nrfjprog",
            ("nrfjprog",),
            "nRF Command Line Tools from nordicsemi.com",
            lambda job: [
                "-f",
                str(job.board.file.flash.nrfjprog),
                "--program",
                str(job.files["hex"]),
                "--sectorerase",
                "--verify",
                "--reset",
            ],
        ),
        Method(
            "nrfutil",
            ("nrfutil",),
            "nrfutil from nordicsemi.com, then: nrfutil install device",
            lambda job: ["device", "program", "--firmware", str(job.files["hex"]), "--options", "verify=VERIFY_READ,reset=RESET_SYSTEM"],
        ),
        Method(
            "stm32loader",
            ("stm32loader",),
            "python -m pip install stm32loader",
            lambda job: ["-p", str(job.port), "-e", "-w", "-v", "-a", job.start, str(job.files["bin"])],
            needs_port=True,
            recover=_BOOTLOADER,
        ),
        Method(
            "stm32flash",
            ("stm32flash",),
            "Debian and Ubuntu: stm32flash",
            lambda job: ["-w", str(job.files["bin"]), "-v", "-S", job.start, "-g", job.start, str(job.port)],
            needs_port=True,
            recover=_BOOTLOADER,
        ),
        Method(
            "dfu-util",
            ("dfu-util",),
            "Debian and Ubuntu: dfu-util",
            lambda job: ["-d", str(job.board.file.flash.dfu), "-a", "0", "-s", f"{job.start}:leave", "-D", str(job.files["bin"])],
            recover=_BOOTLOADER,
        ),
        Method(
            "bossac",
            ("bossac",),
            "Debian and Ubuntu: bossa-cli, or the one that the Arduino IDE brings",
            lambda job: [f"--port={Path(str(job.port)).name}", "-i", "-e", "-w", str(job.files["bin"]), "-v", "-R"],
            needs_port=True,
            touch=True,
            recover="Press reset twice: the bootloader waits; flash again.",
        ),
        Method(
            "picotool",
            ("picotool",),
            "picotool from raspberrypi/picotool",
            lambda job: ["load", "-v", "-x", str(job.files["uf2"])],
            recover="Hold BOOTSEL while plugging it in, and flash again.",
        ),
        Method(
            "esptool",
            ("esptool", "esptool.py"),
            "python -m pip install esptool",
            lambda job: ["--chip", str(job.board.file.flash.esptool), "--port", str(job.port), "write_flash", "0x0", str(job.files["bin"])],
            needs_port=True,
            recover="Hold BOOT while pressing reset, and flash again: the ROM loader cannot be overwritten.",
        ),
    )
}
