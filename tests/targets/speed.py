"""How fast the emulator runs a hot loop, with the native hook and without: python -m tests.targets.speed"""

import tempfile
import time
from pathlib import Path

from tests.targets.conftest import compile_image, start_on
from tinylm.boards import board


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        elf = compile_image("nrf.c", "cortex-m4", 0, Path(folder) / "nrf.elf")
        for native in (True, False):
            device = start_on(board("nrf52840"), elf)(native=native)
            device.stream.timeout = 10.0
            before, started = device.machine.instructions, time.perf_counter()
            device("h", 5)
            rate = (device.machine.instructions - before) / (time.perf_counter() - started) / 1e6
            print(f"{'native hook' if native else 'Python hook'}: {rate:.0f} million instructions/s")


if __name__ == "__main__":
    main()
