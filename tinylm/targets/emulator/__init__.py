"""The embedded emulator: an unmodified image on an instruction-set simulator (unicorn) with small models of the chip around it.

    machine = Machine(board, elf)
    stream = EmulatorStream(machine)   # the console as a serial port
    session = Session(stream)

Importing this package raises MissingError where the optional extra is not installed.
"""

from __future__ import annotations

from tinylm.errors import MissingError

try:
    import capstone
    import unicorn
except ImportError as error:
    raise MissingError("the embedded emulator is not installed.", hint="Install it: pip install 'tinylm[emulator]'.") from error

from tinylm.targets.emulator.machine import Machine
from tinylm.targets.emulator.stream import EmulatorStream

__all__ = ["EmulatorStream", "Machine", "capstone", "unicorn"]
