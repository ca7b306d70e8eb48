"""Renode as a target: the unmodified image on its model of the chip, its UART over a TCP port of this machine.

Renode's exit code says little, so its log is what is believed. It runs headless, in a temporary folder of its own (it deletes every
``renode-*`` in TMPDIR when it starts), and is always ended. It opens the UART's port on all interfaces and has no option against that.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from tinylm.boards import Board
from tinylm.errors import InputError, MissingError, TargetError

VARIABLE = "RENODE"
_OLDEST = (1, 15)
_START_SECONDS = 120.0  # of wall time
_STANDSTILL = 120.0  # wall seconds without a report of virtual time that mean that Renode hangs
_PIECE, _PAUSE = 64, 0.05  # bytes and seconds: its UART takes all at once what a real line spreads, and loses the rest of a long burst
_CLOCK = re.compile(r"Elapsed Virtual Time: (?:(\d+)\.)?(\d+):(\d+):(\d+\.\d+)")
_GET = "Get it from renode.io (1.15 or newer) and name it with --renode, RENODE or PATH, or use the embedded emulator."
_FATAL = re.compile(r"CPU abort|\[ERROR\] (?:\S+/)?cpu\b|error executing command|Unhandled exception|Could not", re.IGNORECASE)


def find_renode(path: Path | None = None) -> Path:
    """Renode: ``path``, else the variable RENODE, else on PATH. Raises MissingError: not there, does not run, too old."""
    named = path or (Path(value) if (value := os.environ.get(VARIABLE)) else None)
    found = shutil.which(str(named) if named else "renode")
    if found is None:
        what = "there is no such program." if named else "renode is not on PATH."
        raise MissingError(what, where=str(named) if named else None, hint=_GET)
    try:
        done = subprocess.run([found, "--version"], capture_output=True, text=True, errors="replace", timeout=_START_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(f"does not run: {error}.", where=found, hint=_GET) from error
    version = re.search(r"v?(\d+)\.(\d+)(?:\.\d+)*", done.stdout)
    if "renode" not in done.stdout.lower() or version is None:
        raise MissingError("does not answer '--version' like Renode.", where=found, hint=_GET)
    if (int(version[1]), int(version[2])) < _OLDEST:
        raise MissingError(f"Renode {version[0].lstrip('v')} is too old, 1.15 or newer is needed.", where=found, hint=_GET)
    return Path(found)


class RenodeStream:
    """A running Renode and the console of its board, with pyserial's interface. Leaving the block always ends the process.

    timeout: seconds that ``read`` waits by the device's own clock, so that a slow machine fails nothing; None: as long as it takes.
    """

    def __init__(self, board: Board, script: Path, renode: Path | None = None, timeout: float | None = 5.0) -> None:
        """Start ``script``. Raises InputError: stock Renode does not know the chip. MissingError: no Renode, or it ends while starting."""
        if board.soc.renode is None:
            hint = f"Use another target: {', '.join(target for target in board.file.targets if target != 'renode')}."
            raise InputError(f"stock Renode has no {board.soc.title}.", hint=hint)
        self.timeout, self._name = timeout, f"renode:{board.name}"
        program = find_renode(renode)
        self._folder = tempfile.TemporaryDirectory(prefix="tinylm-", ignore_cleanup_errors=True)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._line: socket.socket | None = None
        port = _free_port()
        uart = board.soc.renode.uarts[board.file.console.peripheral]
        monitor = [f"include @{script.resolve()}", f'emulation CreateServerSocketTerminal {port} "line" false']
        monitor.append(f"connector Connect sysbus.{uart} line")
        command = [str(program), "--disable-xwt", "--console", "--plain", "-e", "; ".join(monitor)]
        self._process = subprocess.Popen(
            command,
            cwd=self._folder.name,
            env={**os.environ, "TMPDIR": self._folder.name},
            stdin=subprocess.PIPE,
            stdout=self._said,
            stderr=self._said,
            start_new_session=True,
        )
        try:
            self._line = self._connect(port)
            self._tell("start")  # only now, or the greeting would be lost
        except BaseException:
            self.close()
            raise

    @property
    def port(self) -> str:
        return self._name

    def _connect(self, port: int) -> socket.socket:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", port), timeout=1.0)
            if self._process.poll() is not None:
                raise MissingError(f"Renode ended while starting: {self._words()}", where=self._name)
            if fatal := self._fatal():
                raise MissingError(f"Renode could not start the board: {fatal}", where=self._name)
            if time.monotonic() > deadline:
                raise MissingError(f"Renode did not open its console within {_START_SECONDS:g} s: {self._words()}", where=self._name)
            time.sleep(0.1)

    def _tell(self, command: str) -> None:
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.write(f"{command}\n".encode())
            self._process.stdin.flush()

    def _log(self) -> list[str]:
        self._said.seek(0)
        return [line for line in self._said.read().decode(errors="replace").splitlines() if line.strip()]

    def _words(self) -> str:
        return " | ".join(self._log()[-3:]) or "it said nothing."

    def _fatal(self) -> str | None:
        """The first line of the log that says that the run is worth nothing."""
        return next((line for line in self._log() if _FATAL.search(line)), None)

    def _clocks(self) -> list[float]:
        """Every virtual time that the monitor has reported so far, seconds."""
        found = _CLOCK.findall("\n".join(self._log()))
        return [86400 * int(days or 0) + 3600 * int(hours) + 60 * int(minutes) + float(seconds) for days, hours, minutes, seconds in found]

    def _open_line(self) -> socket.socket:
        if self._line is None:
            raise TargetError("the console of Renode is closed.")
        return self._line

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once, at most 64 KiB."""
        line = self._open_line()
        return len(line.recv(1 << 16, socket.MSG_PEEK)) if select.select([line], [], [], 0)[0] else 0

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes; fewer where the timeout passes first. Raises TargetError: Renode has ended, or its log tells of a fault."""
        line, data = self._open_line(), b""
        silence = None
        while len(data) < size:
            if not select.select([line], [], [], 0.0 if self.timeout == 0 else 0.2)[0]:
                if fatal := self._fatal():
                    raise TargetError(f"Renode reports: {fatal}", where=self._name)
                if self.timeout == 0:
                    break
                silence = silence or _Silence(self)
                if silence.lasts(self.timeout):
                    break
                continue
            try:
                more = line.recv(size - len(data))
            except OSError:
                more = b""
            if not more:
                raise self._ended()
            data += more
            silence = None
        return data

    def write(self, data: bytes) -> int:
        """Send bytes. Raises TargetError: Renode has ended."""
        line = self._open_line()
        try:
            for start in range(0, len(data), _PIECE):
                if start:
                    time.sleep(_PAUSE)
                line.sendall(data[start : start + _PIECE])
        except OSError:
            raise self._ended() from None
        return len(data)

    def _ended(self) -> TargetError:
        return TargetError(f"Renode ended in the middle: {self._fatal() or self._words()}", where=self._name)

    def close(self) -> None:
        """End Renode and all that it started."""
        if self._line is not None:
            self._line.close()
            self._line = None
        self._tell("quit")
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            kill = getattr(os, "killpg", None)
            with contextlib.suppress(OSError):
                kill(self._process.pid, signal.SIGKILL) if kill else self._process.kill()
            self._process.wait()
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._said.close()
        self._folder.cleanup()

    def __enter__(self) -> RenodeStream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class _Silence:
    """Measures how long the device has been silent by its own clock: the monitor is asked, and its answers are read in the log."""

    def __init__(self, stream: RenodeStream) -> None:
        self._stream, self._asked = stream, len(stream._clocks())
        self._start: float | None = None
        self._ask()

    def _ask(self) -> None:
        self._heard = time.monotonic()
        self._asked += 1
        self._stream._tell("machine ElapsedVirtualTime")

    def lasts(self, timeout: float | None) -> bool:
        """Whether it has been silent for ``timeout`` seconds. Raises TargetError: Renode no longer says what time it is."""
        clocks = self._stream._clocks()
        if len(clocks) < self._asked:
            if time.monotonic() - self._heard > _STANDSTILL:
                raise TargetError(f"Renode hangs: it has not told its time for {_STANDSTILL:g} s.", where=self._stream.port)
            return False
        self._start = clocks[-1] if self._start is None else self._start
        if timeout is not None and clocks[-1] - self._start >= timeout:
            return True
        self._ask()
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
