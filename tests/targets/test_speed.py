"""The emulator is fast: by the processor's time, so that a busy machine fails nothing."""

import subprocess
import sys

import pytest

from tests.targets.speed import hot_loop

pytest.importorskip("unicorn")

_TEST = """
import sys, time
from pathlib import Path
from tinylm.bench.check import run_checks
from tinylm.bench.make import open_device
from tinylm.bundle import load_bundle

bundle = load_bundle("commands")
with open_device("nrf52840", bundle, output=Path(sys.argv[1])) as device:
    started = time.process_time()
    assert run_checks(device, bundle, lambda *_: None).passed
    print(time.process_time() - started)
"""


@pytest.mark.slow
def test_two_hundred_million_instructions_a_second() -> None:
    assert max(hot_loop(native=True) for _ in range(3)) >= 200e6


@pytest.mark.slow
def test_the_shipped_model_is_tested_in_less_than_five_seconds(tmp_path) -> None:
    """In a process of its own, as a user's: here the garbage collector would walk all that other tests have left."""
    done = subprocess.run([sys.executable, "-c", _TEST, str(tmp_path / "out")], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 5
