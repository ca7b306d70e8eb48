"""The emulated console behaves like a serial port, in virtual time."""

import os
import signal
import threading
import time

import pytest

from tests.targets.conftest import Start
from tinylm.errors import TargetError


def test_a_timeout_is_virtual(on_nrf: Start):
    device = on_nrf()
    device.stream.timeout = 3600.0
    started, before = time.monotonic(), device.machine.clock.now
    assert device.stream.read(1) == b""
    assert device.machine.clock.now - before == 3600 * device.machine.clock.hz
    assert time.monotonic() - started < 5


def test_without_a_timeout_endless_silence_is_an_error(on_nrf: Start):
    device = on_nrf()
    device.stream.timeout = None
    with pytest.raises(TargetError, match="waits for input"):
        device.stream.read(1)
    device.stream.write(b"z")
    with pytest.raises(TargetError, match="waits for input"):
        device.stream.read(1)


def test_polling_in_waiting_lets_the_machine_run(on_nrf: Start):
    device = on_nrf()
    device.stream.write(b"f")
    received = b""
    for _ in range(100):
        received += device.stream.read(device.stream.in_waiting)
    assert received == b"00000145\r\ndone\r\n"


def test_reading_less_leaves_the_rest(on_nrf: Start):
    device = on_nrf()
    assert device("f", 4) == b"0000"
    assert device.stream.read(100) == b"0145\r\ndone\r\n"
    device("f", 4)
    device.stream.read(3)
    device.stream.in_waiting  # noqa: B018
    device.stream.reset_input_buffer()
    assert b"0145" not in device.stream.read(100)


def test_a_loop_without_end_meets_the_wall_limit(on_nrf: Start):
    device = on_nrf()
    device.stream.timeout, device.stream.wall_limit = None, 0.3
    with pytest.raises(TargetError, match=r"ran 0.3 s of real time"):
        device("l")


def test_ctrl_c_ends_a_long_run(on_nrf: Start):
    device = on_nrf()
    device.stream.timeout = None
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        device("l")
    assert time.monotonic() - started < 5


def test_a_closed_console_refuses(on_nrf: Start):
    device = on_nrf()
    with device.stream as stream:
        assert stream.is_open and stream.port == "emulator:nrf52840"
    assert not stream.is_open
    with pytest.raises(TargetError, match="closed"):
        stream.read(1)
