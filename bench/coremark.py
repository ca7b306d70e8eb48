"""CoreMark per MHz by our cost tables, of an image of EEMBC's code that you built: python -m bench.coremark BOARD ELF [ITERATIONS].

EEMBC's code is not here. Build it for the board's core with a port of your own whose reset handler calls ``main`` and which neither
prints nor reads a clock; the cycles of ``iterate`` are counted. A published figure is of its own compiler, which may differ from yours
by more than the table is wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tinylm.boards import board
from tinylm.targets.emulator.machine import Machine

_LIMIT = 1_000_000_000  # cycles


def count(name: str, elf: Path) -> tuple[int, int]:
    """Instructions and estimated cycles of ``iterate``. Raises InputError: not an image of CoreMark for this board."""
    machine = Machine(board(name), elf)
    watch = machine.watch("iterate")
    machine.run(_LIMIT)
    return watch.instructions, watch.cycles


def main() -> None:
    name, elf, iterations = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 10
    instructions, cycles = count(name, elf)
    core = board(name).core.name
    one = f"{instructions // iterations} instructions, {cycles // iterations} cycles an iteration"
    print(f"{core}: {one}: {1e6 * iterations / cycles:.2f} CoreMark a MHz")


if __name__ == "__main__":
    main()
