"""The emulator is fast: by the processor's time, so that a busy machine fails nothing."""

import time

import pytest

from tests.targets.speed import hot_loop
from tinylm.bench.check import run_checks
from tinylm.bench.make import open_device
from tinylm.bundle import load_bundle

pytest.importorskip("unicorn")


@pytest.mark.slow
def test_two_hundred_million_instructions_a_second() -> None:
    assert max(hot_loop(native=True) for _ in range(3)) >= 200e6


@pytest.mark.slow
def test_the_shipped_model_is_tested_in_less_than_five_seconds(tmp_path) -> None:
    with open_device("nrf52840", load_bundle("commands"), output=tmp_path / "out") as device:
        started = time.process_time()
        assert run_checks(device, load_bundle("commands"), lambda *_: None).passed
        assert time.process_time() - started < 5
