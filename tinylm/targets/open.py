"""Open a device: the one place that knows every kind of target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tinylm.boards import HOST, Board
from tinylm.errors import InputError, nearest
from tinylm.targets.session import Session

TARGETS = ("emulator", "qemu", "renode", "serial", HOST)
INVOKE = "tl_model_invoke"


@dataclass(frozen=True)
class Profile:
    """Sums over all finished calls of the model so far. cycles are estimated; stalls: cycles more for waiting for flash, where modelled."""

    calls: int
    instructions: int
    cycles: int
    stalls: int | None = None


@dataclass(frozen=True)
class Device:
    """A session with what is known of the device at its other end. profile: counts of the model's calls, None where nobody counts.

    build_id: of the image that should run there, "" where it is not known; end_token: of the language model's tokenizer;
    log: the file that keeps the transcript when the session is over; cycles_checked: of a core whose cycles are estimated.
    """

    board: str
    target: str
    clock_hz: int
    session: Session
    profile: Callable[[], Profile | None]
    build_id: str = ""
    end_token: int | None = None
    log: Path | None = None
    cycles_checked: str = ""


@contextmanager
def open_emulator(
    board: Board, elf: Path, build_id: str, end_token: int | None, timeout: float = 5.0, stalls: bool = False
) -> Iterator[Device]:
    """The embedded emulator running an image. Raises MissingError where the extra is not installed.

    stalls: count cycles of waiting for flash, too, where the SoC's TOML tells its timing (about half the speed).
    """
    from tinylm.targets.emulator import EmulatorStream, Machine
    from tinylm.targets.emulator.stalls import Stalls

    machine = Machine(board, elf)
    watch = machine.watch(INVOKE)
    waits = Stalls(machine, timing) if stalls and (timing := board.soc.flash_timing) else None

    def profile() -> Profile:
        return Profile(watch.calls, watch.instructions, watch.cycles, waits.fetch + waits.load if waits else None)

    with EmulatorStream(machine) as stream:
        yield Device(
            board=board.name,
            target="emulator",
            clock_hz=board.file.clock_hz,
            session=Session(stream, timeout),
            profile=profile,
            build_id=build_id,
            end_token=end_token,
            cycles_checked=board.core.cycles_checked,
        )


@contextmanager
def open_qemu(board: Board, elf: Path, build_id: str, end_token: int | None, timeout: float = 5.0) -> Iterator[Device]:
    """QEMU running an image. Raises MissingError where there is no QEMU with the board's machine."""
    from tinylm.targets.qemu import QemuStream

    with QemuStream(board, elf) as stream:
        yield Device(board.name, "qemu", board.file.clock_hz, Session(stream, timeout), lambda: None, build_id, end_token)


@contextmanager
def open_renode(
    board: Board, script: Path, build_id: str, end_token: int | None, timeout: float = 5.0, renode: Path | None = None
) -> Iterator[Device]:
    """Renode running the script beside an image. Raises MissingError where there is no usable Renode."""
    from tinylm.targets.renode import RenodeStream

    with RenodeStream(board, script, renode) as stream:
        yield Device(board.name, "renode", board.file.clock_hz, Session(stream, timeout), lambda: None, build_id, end_token)


@contextmanager
def open_serial(board: Board, port: str | None, build_id: str, end_token: int | None, timeout: float = 5.0) -> Iterator[Device]:
    """A real board on a serial port; without a port it is looked for by its USB ids. Raises MissingError, InputError."""
    from tinylm.targets.serial import find_port, open_port

    with open_port(port or find_port(board), board.file.console.baud) as stream:
        yield Device(board.name, "serial", board.file.clock_hz, Session(stream, timeout), lambda: None, build_id, end_token)


@contextmanager
def open_host(library: Path, build_id: str, end_token: int | None) -> Iterator[Device]:
    """The same C as a native library in this process."""
    from tinylm.targets.host import HostStream

    stream = HostStream(library)
    try:
        yield Device(HOST, HOST, 0, Session(stream), lambda: None, build_id, end_token)
    finally:
        stream.close()


def check_target(board: Board, target: str) -> None:
    """Raise InputError unless the board names this target."""
    if target not in TARGETS:
        raise InputError(f"unknown target '{target}'.", hint=nearest(target, TARGETS))
    if target == "renode" and board.soc.renode is None:
        hint = f"The {board.file.title} runs in: {', '.join(board.file.targets)}."
        raise InputError(f"stock Renode has no {board.soc.title}, or none that was written for here.", hint=hint)
    if target not in board.file.targets:
        raise InputError(f"the {board.file.title} has no target '{target}'.", hint=f"It has: {', '.join(board.file.targets)}.")
