"""Real boards: serial ports, found by their USB id, opened with errors that say what to do."""

from __future__ import annotations

import errno

import serial
from serial.tools import list_ports

from tinylm.boards import Board
from tinylm.errors import InputError, MissingError


def _listed() -> str:
    ports = [f"{port.device} ({port.description})" for port in list_ports.comports()]
    return f"Ports here: {', '.join(ports)}." if ports else "This machine shows no serial port: is the board plugged in?"


def open_port(port: str, baud: int, timeout: float = 5.0) -> serial.Serial:
    """Open a device ('/dev/ttyACM0', 'COM3') or a pyserial URL ('socket://host:port'), 8N1.

    Raises MissingError: not there, busy, or not permitted. InputError: not a port's name.
    """
    try:
        # exclusive: two programs on one port would steal each other's bytes (POSIX only; Windows always locks)
        options = {} if "://" in port else {"exclusive": True}
        return serial.serial_for_url(port, baudrate=baud, timeout=timeout, write_timeout=timeout, **options)
    except ValueError as error:
        raise InputError(f"cannot be used as a serial port: {error}.", where=port) from error
    except serial.SerialException as error:
        raise _explain(port, error) from error


def _explain(port: str, error: serial.SerialException) -> MissingError:
    text = str(error)
    code = error.errno
    if code == errno.EACCES or "Permission" in text or "Access is denied" in text:
        hint = "On Linux join the group that owns it (sudo usermod -aG dialout $USER) and log in again; or another program holds it."
        return MissingError("no permission to open the serial port.", where=port, hint=hint)
    if code in (errno.EBUSY, errno.EAGAIN) or "lock" in text.lower() or "busy" in text.lower():
        return MissingError("the serial port is busy.", where=port, hint="Close the other program that uses it (a terminal, another test).")
    if "://" in port:
        return MissingError("nothing answers at this address.", where=port, hint="Start the emulator or the port server first.")
    return MissingError("there is no such serial port.", where=port, hint=_listed())


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
