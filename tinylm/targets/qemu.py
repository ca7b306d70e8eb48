"""QEMU as a target: the unmodified image on a machine of QEMU's, its UART over a loopback TCP connection.

QEMU connects to us, so no port has to be guessed or waited for. One instruction takes one nanosecond of its virtual time
(-icount shift=0): runs are repeatable, and a lap of the firmware's clock counts instructions.
"""

from __future__ import annotations

import re
import select
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from tinylm.boards import Board
from tinylm.errors import MissingError, TargetError

INSTRUCTIONS_PER_US = 1000
_OLDEST = (6, 0)  # mps3-an547 came with it
_PACKAGES = {"arm": "qemu-system-arm", "riscv32": "qemu-system-misc"}
_START_SECONDS = 20.0


def find_qemu(board: Board) -> Path:
    """The QEMU that has this board's machine. Raises MissingError: not on PATH, too old, without that machine."""
    assert board.file.qemu is not None
    system, machine = board.file.qemu.system, board.file.qemu.machine
    name = f"qemu-system-{system}"
    get = f"Install it (Debian and Ubuntu: {_PACKAGES[system]}; elsewhere see qemu.org), or use another target."
    found = shutil.which(name)
    if found is None:
        raise MissingError(f"{name} is not on PATH.", hint=get)
    version = re.search(r"version (\d+)\.(\d+)", _ask(found, "--version"))
    if version is None:
        raise MissingError(f"'{name} --version' does not answer like QEMU.", where=found, hint=get)
    if (int(version[1]), int(version[2])) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise MissingError(f"QEMU {version[1]}.{version[2]} is too old, {oldest} or newer is needed.", where=found, hint=get)
    if not re.search(rf"^{re.escape(machine)}\s", _ask(found, "-machine", "help"), re.MULTILINE):
        raise MissingError(f"QEMU {version[1]}.{version[2]} has no machine '{machine}'.", where=found, hint=get)
    return Path(found)


def _ask(program: str, *arguments: str) -> str:
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, errors="replace", timeout=_START_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(f"does not run: {error}.", where=program, hint="Install QEMU again.") from error
    return done.stdout


class QemuStream:
    """A running QEMU and the console of its machine, with pyserial's interface. Leaving the block always ends the process.

    timeout: seconds on the wall that ``read`` waits; None: as long as it takes.
    """

    def __init__(self, board: Board, elf: Path, timeout: float | None = 5.0) -> None:
        """Start it. Raises MissingError: no usable QEMU, or one that ends at once, with its own words."""
        assert board.file.qemu is not None
        self.timeout, self._name = timeout, f"qemu:{board.name}"
        program = find_qemu(board)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._line: socket.socket | None = None
        with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
            serial = f"tcp:127.0.0.1:{server.getsockname()[1]}"
            options = ["-display", "none", "-monitor", "none", "-nodefaults", "-icount", "shift=0", *board.file.qemu.options]
            command = [str(program), "-machine", board.file.qemu.machine, *options, "-serial", serial, "-kernel", str(elf)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said)
            try:
                self._line = self._accept(server)
            except BaseException:
                self.close()
                raise

    @property
    def port(self) -> str:
        return self._name

    def _accept(self, server: socket.socket) -> socket.socket:
        deadline = time.monotonic() + _START_SECONDS
        while not select.select([server], [], [], 0.05)[0]:
            if self._process.poll() is not None:
                raise MissingError(f"QEMU ended while starting (exit code {self._process.returncode}): {self._words()}", where=self._name)
            if time.monotonic() > deadline:
                raise MissingError(f"QEMU did not open its console within {_START_SECONDS:g} s: {self._words()}", where=self._name)
        line, _ = server.accept()
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def _words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return " | ".join(lines[-3:]) or "it said nothing."

    def _open_line(self) -> socket.socket:
        if self._line is None:
            raise TargetError("the console of QEMU is closed.")
        return self._line

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once, at most 64 KiB."""
        line = self._open_line()
        return len(line.recv(1 << 16, socket.MSG_PEEK)) if select.select([line], [], [], 0)[0] else 0

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes; fewer where the timeout passes first. Raises TargetError: QEMU has ended."""
        line, data = self._open_line(), b""
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        while len(data) < size:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([line], [], [], left)[0]:
                break
            try:
                more = line.recv(size - len(data))
            except ConnectionError:
                more = b""
            if not more:
                raise self._ended()
            data += more
        return data

    def write(self, data: bytes) -> int:
        """Send bytes; QEMU holds back what the device has not taken yet. Raises TargetError: QEMU has ended."""
        try:
            self._open_line().sendall(data)
        except ConnectionError:
            raise self._ended() from None
        return len(data)

    def _ended(self) -> TargetError:
        try:
            code = f"exit code {self._process.wait(1)}"
        except subprocess.TimeoutExpired:
            code = "it closed the console"
        return TargetError(f"QEMU ended in the middle ({code}): {self._words()}", where=self._name)

    def flush(self) -> None:
        """Nothing is held back on this side."""

    def reset_input_buffer(self) -> None:
        """Drop what the device has sent so far."""
        while count := self.in_waiting:
            self.read(count)

    def close(self) -> None:
        if self._line:
            self._line.close()
            self._line = None
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._said.close()

    def __enter__(self) -> QemuStream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
