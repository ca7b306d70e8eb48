"""Real boards: serial ports, found by their USB id, opened with errors that say what to do."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from types import TracebackType

import serial
from serial.tools import list_ports

from tinylm.boards import Board
from tinylm.errors import InputError, MissingError

_PULSE = 0.1  # seconds that the reset line is held
_RETRY = 0.1


class Port:
    """A serial port that can come back: a board with USB of its own takes its port away when it resets."""

    def __init__(self, port: str, baud: int, timeout: float) -> None:
        self.port, self.baud = port, baud
        self._limit = timeout
        self._serial = _open(port, baud, timeout)

    @property
    def timeout(self) -> float | None:
        return self._serial.timeout

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        self._serial.timeout = seconds

    @property
    def in_waiting(self) -> int:
        return int(self._serial.in_waiting)

    def read(self, size: int = 1) -> bytes:
        return bytes(self._serial.read(size))

    def write(self, data: bytes) -> int:
        return int(self._serial.write(data) or 0)

    def reset(self) -> None:
        """Pulse both control lines: adapters wire DTR or RTS to the reset pin, where they wire anything. What was received is dropped.

        Raises InputError: the port has no such lines.
        """
        try:
            self._lines(False)
            time.sleep(_PULSE)
            self._serial.reset_input_buffer()
            self._lines(True)
        except OSError as error:
            raise InputError("has no control lines to reset the board with.", where=self.port, hint="Press its reset button.") from error

    def _lines(self, level: bool) -> None:
        self._serial.dtr = level
        self._serial.rts = level

    def reopen(self, wait: float) -> None:
        """Close the port and open it again as soon as it is there. Raises MissingError: not within ``wait`` seconds."""
        self.close()
        end = time.monotonic() + wait
        while True:
            try:
                self._serial = _open(self.port, self.baud, self._limit)
                return
            except MissingError:
                if time.monotonic() >= end:
                    raise
                time.sleep(_RETRY)

    def close(self) -> None:
        self._serial.close()

    def __enter__(self) -> Port:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_port(port: str, baud: int, timeout: float = 5.0) -> Port:
    """Open a device ('/dev/ttyACM0', 'COM3') or a pyserial URL ('socket://host:port', 'rfc2217://host:port'), 8N1.

    Raises MissingError: not there, busy, or not permitted. InputError: not a port's name.
    """
    return Port(port, baud, timeout)


def _open(port: str, baud: int, timeout: float) -> serial.SerialBase:
    try:
        # exclusive: two programs on one port would steal each other's bytes (POSIX only; Windows always locks).
        # Port servers know no write timeout.
        options = {} if "://" in port else {"exclusive": True, "write_timeout": timeout}
        return serial.serial_for_url(port, baudrate=baud, timeout=timeout, **options)
    except ValueError as error:
        raise InputError(f"cannot be used as a serial port: {error}.", where=port) from error
    except OSError as error:  # SerialException is one
        raise _explain(port, error) from error


def _explain(port: str, error: OSError) -> MissingError:
    text = str(error)
    code = error.errno
    if code == errno.EACCES or "Permission" in text or "Access is denied" in text:
        group = _group(port)
        hint = f"On Linux join the group '{group}' (sudo usermod -aG {group} $USER) and log in again; or another program holds it."
        return MissingError("no permission to open the serial port.", where=port, hint=hint)
    if code in (errno.EBUSY, errno.EAGAIN) or "lock" in text.lower() or "busy" in text.lower():
        return MissingError("the serial port is busy.", where=port, hint="Close the other program that uses it (a terminal, another test).")
    if "://" in port:
        return MissingError("nothing answers at this address.", where=port, hint="Start the emulator or the port server first.")
    return MissingError("there is no such serial port.", where=port, hint=_listed())


def _group(port: str) -> str:
    """The group that owns a port; 'dialout', Debian's, where that cannot be found out."""
    try:
        return Path(os.path.realpath(port)).group()
    except (OSError, KeyError, NotImplementedError):
        return "dialout"


def _listed() -> str:
    ports = [f"{port.device} ({port.description})" for port in list_ports.comports()]
    return f"Ports here: {', '.join(ports)}." if ports else "This machine shows no serial port: is the board plugged in?"


def find_port(board: Board) -> str:
    """The port of the one connected board, by the USB ids of its console. Raises MissingError: none. InputError: several."""
    ids = {tuple(int(part, 16) for part in entry.split(":")) for entry in board.file.console.usb}
    found = sorted(port.device for port in list_ports.comports() if (port.vid, port.pid) in ids)
    if not found:
        known = ", ".join(board.file.console.usb) or "none known"
        raise MissingError(f"no serial port of a {board.file.title} (USB ids {known}).", hint=f"{_listed()} Name one with --port.")
    if len(found) > 1:
        raise InputError(f"several boards could be the {board.file.title}: {', '.join(found)}.", hint="Name one with --port.")
    return str(found[0])
