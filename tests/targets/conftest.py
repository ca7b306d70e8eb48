"""Small real images, built once a session with the compiler that tinylm depends on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile

from tinylm import paths
from tinylm.boards import Board, board
from tinylm.cores import CORES
from tinylm.targets.emulator import EmulatorStream, Machine
from tinylm.targets.emulator.bootrom import stage_crc

SOURCES = Path(__file__).parent / "firmware"
FLAGS = "-O1 -ffreestanding -fomit-frame-pointer -fno-sanitize=undefined -fno-unwind-tables -fno-asynchronous-unwind-tables -Wall -Wextra"


def compile_image(source: str, core: str, flash: int, out: Path, entry: str = "reset") -> Path:
    script = out.with_suffix(".ld")
    script.write_text((SOURCES / "link.ld").read_text().replace("FLASH_AT", hex(flash)))
    command = [sys.executable, "-m", "ziglang", "cc", *CORES[core].zig, *FLAGS.split(), str(SOURCES / source), "-T", str(script)]
    environment = {"ZIG_GLOBAL_CACHE_DIR": str(paths.cache_dir() / "zig"), **os.environ}
    subprocess.run([*command, f"-Wl,-e,{entry}", "-o", str(out)], check=True, env=environment)
    return out


def put_crc(elf: Path, crc: int | None = None) -> Path:
    """Write the checksum of the second stage, or another one, into its last four bytes."""
    data = bytearray(elf.read_bytes())
    with elf.open("rb") as file:
        stage = next(part for part in ELFFile(file).iter_segments() if part["p_paddr"] == 0x1000_0000 and part["p_filesz"])["p_offset"]
    found = stage_crc(bytes(data[stage : stage + 252])) if crc is None else crc
    data[stage + 252 : stage + 256] = found.to_bytes(4, "little")
    elf.write_bytes(data)
    return elf


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The image of a name, built at its first use."""
    folder = tmp_path_factory.mktemp("images")
    recipes = {"nrf": ("nrf.c", "cortex-m4", 0), "pico": ("pico.c", "cortex-m0plus", 0x1000_0000)}

    def image(name: str) -> Path:
        path = folder / f"{name}.elf"
        if not path.exists():
            compile_image(*recipes[name], path)
            if name == "pico":
                put_crc(path)
        return path

    return image


@pytest.fixture(scope="session")
def nrf() -> Board:
    return board("nrf52840")


@pytest.fixture(scope="session")
def pico() -> Board:
    return board("pico")


@dataclass
class Device:
    """A machine that has greeted, and its console."""

    machine: Machine
    stream: EmulatorStream

    def __call__(self, program: str, size: int = 1000) -> bytes:
        """Start one of the image's programs and read what it says until it falls silent."""
        self.stream.write(program.encode())
        return self.stream.read(size)

    def word(self, name: str, index: int = 0) -> int:
        """A 32-bit variable of the image."""
        return int.from_bytes(self.machine.core.load(self.machine.image.symbols[name] + 4 * index, 4), "little")


Start = Callable[..., Device]


def start_on(board: Board, elf: Path) -> Start:
    def start(**options: Any) -> Device:
        machine = Machine(board, elf, **options)
        stream = EmulatorStream(machine, timeout=0.05)
        assert stream.read(7) == b"hello\r\n"
        return Device(machine, stream)

    return start


@pytest.fixture
def on_nrf(images: Callable[[str], Path], nrf: Board) -> Start:
    return start_on(nrf, images("nrf"))


@pytest.fixture
def on_pico(images: Callable[[str], Path], pico: Board) -> Start:
    return start_on(pico, images("pico"))


@pytest.fixture(params=["nrf", "pico"])
def on_either(request: pytest.FixtureRequest, images: Callable[[str], Path]) -> Start:
    return start_on(request.getfixturevalue(request.param), images(request.param))
