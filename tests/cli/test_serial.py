"""The commands over a serial line: a pseudo-terminal whose other end is the emulated image, then ends that misbehave."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Run
from tinylm import boards
from tinylm.firmware.make import make_image

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are not there on Windows")


@contextmanager
def line(serve: Callable[[bytes], bytes]) -> Iterator[str]:
    """A serial port (its path) at whose other end ``serve`` turns what comes (b"" when nothing does) into what is sent."""
    device, port = os.openpty()
    tty.setraw(port)
    stop = threading.Event()

    def pump() -> None:
        while not stop.is_set():
            ready, _, _ = select.select([device], [], [], 0.005)
            try:
                answer = serve(os.read(device, 4096) if ready else b"")
                while answer:
                    answer = answer[os.write(device, answer) :]
            except OSError:
                return

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    try:
        yield os.ttyname(port)
    finally:
        stop.set()
        thread.join(timeout=5)
        os.close(device)
        os.close(port)


@pytest.fixture
def emulated(tmp_path: Path) -> Callable[[bytes], bytes]:
    """An nRF52840 with the shipped model, running only while somebody listens."""
    pytest.importorskip("unicorn")
    from tinylm.targets.emulator import EmulatorStream, Machine

    image = make_image("nrf52840", "commands", tmp_path / "image", "balanced")
    stream = EmulatorStream(Machine(boards.board("nrf52840"), image.elf), timeout=0.05)

    def serve(data: bytes) -> bytes:
        if data:
            stream.write(data)
        return stream.read(max(stream.in_waiting, 64))

    return serve


def test_a_board_on_a_port_is_tested_like_the_emulator(tinylm: Run, emulated: Callable[[bytes], bytes]) -> None:
    with line(emulated) as port:
        done = tinylm("test", "--board", "nrf52840", "--port", port, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert (result["target"], result["cycles_are"], result["oracle"]["mismatched"]) == ("serial", "measured", 0)


def test_a_board_on_a_port_can_be_talked_to(tinylm: Run, emulated: Callable[[bytes], bytes]) -> None:
    with line(emulated) as port:
        done = tinylm("run", "--board", "nrf52840", "--port", port, "--prompt", "turn on the lights in the kitchen")
    assert done.returncode == 0 and "tokens/s measured" in done.stdout, done.stdout + done.stderr


def test_firmware_of_another_build_fails_the_test_by_name(tinylm: Run, emulated: Callable[[bytes], bytes]) -> None:
    with line(emulated) as port:
        done = tinylm("test", "--board", "nrf52840", "--optimize", "size", "--port", port)
    assert done.returncode == 1 and "FAIL  build: build" in done.stdout


def test_the_wrong_board_fails_the_test_by_name(tinylm: Run, emulated: Callable[[bytes], bytes]) -> None:
    with line(emulated) as port:
        done = tinylm("test", "--board", "pico", "--port", port)
    assert done.returncode == 1 and "the device is 'tinylm-nrf52840'" in done.stdout


BAD_ENDS = [
    ("silent", lambda data: b"", "is silent"),
    ("garbage", lambda data: bytes(range(128, 256)) if data else b"", "Check the baud rate"),
    ("half", lambda data: b"m-timestamp-mode-performance\r\nm-lap-us-1\r\nm-init" if data else b"", "fell silent"),
]


@pytest.mark.parametrize(("serve", "words"), [row[1:] for row in BAD_ENDS], ids=[row[0] for row in BAD_ENDS])
def test_an_end_that_misbehaves_gets_one_sentence(tinylm: Run, tmp_path: Path, serve: Callable[[bytes], bytes], words: str) -> None:
    with line(serve) as port:
        options = ["--port", port, "--timeout", "1", "--junit", "reports/x.xml"]
        done: subprocess.CompletedProcess[str] = tinylm("test", "--board", "pico", *options)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert words in done.stderr
    (case,) = ElementTree.parse(tmp_path / "reports/x.xml").getroot().iter("testcase")
    assert case.get("name") == "answers" and words in case[0].get("message", "")
