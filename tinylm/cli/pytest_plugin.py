"""A pytest plugin: ``pytest --tinylm-board BOARD [--tinylm-port PORT]`` and a fixture ``dut``, for tests of your own. docs/testing.md."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tinylm.targets.open import Device
    from tinylm.targets.session import Session

_DEVICE = "_tinylm_device"
_SHOWN = 60  # lines of the transcript under a failed test


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tinylm", "a device that runs tinylm's firmware")
    group.addoption("--tinylm-board", metavar="BOARD", help="build and test on this board; without it tests that use 'dut' are skipped")
    group.addoption("--tinylm-model", metavar="MODEL", default="commands", help="as for 'tinylm test' (default: commands)")
    group.addoption("--tinylm-target", metavar="TARGET", help="emulator, qemu, renode or serial (default: emulator; serial with a port)")
    group.addoption("--tinylm-port", metavar="PORT", help="a real device on this serial port")
    group.addoption("--tinylm-output", metavar="DIR", type=Path, help="where to build (default: build/BOARD/MODEL)")
    group.addoption("--tinylm-timeout", metavar="SECONDS", type=float, default=5.0, help="silence that means no answer (default: 5)")


@pytest.fixture(scope="session")
def tinylm_device(request: pytest.FixtureRequest) -> Iterator[Device]:
    """The device of this run, built and opened once: its session, target, clock, counts of instructions (``profile()``)."""
    option = request.config.getoption
    board = option("--tinylm-board")
    if not board:
        pytest.skip("needs a device: pytest --tinylm-board BOARD")
    from tinylm.bench.make import open_device
    from tinylm.bundle import load_bundle
    from tinylm.errors import TinylmError

    try:
        bundle = load_bundle(option("--tinylm-model"))
        opened = open_device(
            board, bundle, option("--tinylm-target"), option("--tinylm-port"), option("--tinylm-output"), timeout=option("--tinylm-timeout")
        )
        with opened as device:
            device.session.boot()
            yield device
    except TinylmError as error:
        pytest.exit(f"tinylm: {error}", returncode=error.exit_code)


@pytest.fixture
def dut(tinylm_device: Device, request: pytest.FixtureRequest) -> Iterator[Session]:
    """The session with the device under test, answering. Where the test before left it silent, the line is opened again."""
    from tinylm.errors import TargetError

    session = tinylm_device.session
    try:
        session.name()
    except TargetError:
        session.reconnect()
    session.transcript.clear()
    setattr(request.node, _DEVICE, session)
    yield session


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    session = getattr(item, _DEVICE, None)
    if report.failed and session is not None:
        report.sections.append(("tinylm session ('>' sent, '<' received)", "\n".join(list(session.transcript)[-_SHOWN:])))
