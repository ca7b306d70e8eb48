"""How fast the emulator runs a hot loop, with the native hook and without: python -m tests.targets.speed"""

import tempfile
import time
from pathlib import Path

from tests.targets.conftest import compile_image, start_on
from tinylm.boards import board


def hot_loop(native: bool) -> float:
    """Emulated instructions in a second of the processor's time."""
    with tempfile.TemporaryDirectory() as folder:
        elf = compile_image("nrf.c", "cortex-m4", 0, Path(folder) / "nrf.elf")
        device = start_on(board("nrf52840"), elf)(native=native)
        device.stream.timeout = 10.0
        before, started = device.machine.instructions, time.process_time()
        device("h", 5)
        return (device.machine.instructions - before) / (time.process_time() - started)


def main() -> None:
    for native in (True, False):
        print(f"{'native hook' if native else 'Python hook'}: {hot_loop(native) / 1e6:.0f} million instructions/s")


if __name__ == "__main__":
    main()
