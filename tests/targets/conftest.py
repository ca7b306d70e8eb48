"""Small real images, built once a session with the compiler that tinylm depends on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tinylm import paths
from tinylm.boards import Board, board
from tinylm.cores import CORES

SOURCES = Path(__file__).parent / "firmware"
FLAGS = "-O1 -ffreestanding -fomit-frame-pointer -fno-sanitize=undefined -fno-unwind-tables -fno-asynchronous-unwind-tables -Wall -Wextra"


def compile_image(source: str, core: str, flash: int, out: Path, entry: str = "reset") -> Path:
    script = out.with_suffix(".ld")
    script.write_text((SOURCES / "link.ld").read_text().replace("FLASH_AT", hex(flash)))
    command = [sys.executable, "-m", "ziglang", "cc", *CORES[core].zig, *FLAGS.split(), str(SOURCES / source), "-T", str(script)]
    environment = {"ZIG_GLOBAL_CACHE_DIR": str(paths.cache_dir() / "zig"), **os.environ}
    subprocess.run([*command, f"-Wl,-e,{entry}", "-o", str(out)], check=True, env=environment)
    return out


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The image of a name, built at its first use."""
    folder = tmp_path_factory.mktemp("images")
    recipes = {"nrf": ("nrf.c", "cortex-m4", 0), "pico": ("pico.c", "cortex-m0plus", 0x1000_0000)}

    def image(name: str) -> Path:
        path = folder / f"{name}.elf"
        return path if path.exists() else compile_image(*recipes[name], path)

    return image


@pytest.fixture(scope="session")
def nrf() -> Board:
    return board("nrf52840")


@pytest.fixture(scope="session")
def pico() -> Board:
    return board("pico")
