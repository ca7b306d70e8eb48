"""Board by toolchain: flash, RAM and instructions of one token of the shipped language model: python -m bench.toolchains [BOARD ...].

Instructions are counted by the embedded emulator, or told by QEMU's clock where a board runs there only. GCC has to be on PATH.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tinylm import boards
from tinylm.bench.make import open_device
from tinylm.bundle import load_bundle
from tinylm.errors import MissingError
from tinylm.firmware.make import make_image
from tinylm.firmware.toolchain import TOOLCHAINS
from tinylm.targets.qemu import INSTRUCTIONS_PER_US

_RUNS = 10


def instructions(board: str, toolchain: str, folder: Path) -> tuple[int, float]:
    """Of one token, and tokens a second at the board's clock (0: only an emulator's clock was there)."""
    with open_device(board, load_bundle("commands"), output=folder, toolchain=toolchain) as device:
        device.session.boot()
        before = device.profile()
        elapsed = device.session.infer(_RUNS, 1).elapsed_us / _RUNS
        after = device.profile()
    if before is None or after is None:
        return round(elapsed * INSTRUCTIONS_PER_US), 0.0
    return round((after.instructions - before.instructions) / (after.calls - before.calls)), 1e6 / elapsed


def row(board: str, toolchain: str) -> str:
    with tempfile.TemporaryDirectory() as name:
        image = make_image(board, "commands", Path(name) / "out", "balanced", toolchain)
        count, rate = instructions(board, toolchain, Path(name) / "out")
    sizes = image.sizes
    shown = f"{rate:,.0f}" if rate else "-"
    return f"| {board} | {image.core} | {image.toolchain} | {sizes.flash_used:,} | {sizes.ram_used:,} | {count:,} | {shown} |"


def main() -> None:
    print("| board | core | toolchain | flash, B | RAM, B | instructions a token | tokens/s, estimated |")
    print("|---|---|---|---:|---:|---:|---:|")
    for board in sys.argv[1:] or boards.names():
        for toolchain in TOOLCHAINS:
            try:
                print(row(board, toolchain), flush=True)
            except MissingError as error:
                print(f"| {board} | | {toolchain} | {error} | | | |", flush=True)


if __name__ == "__main__":
    main()
