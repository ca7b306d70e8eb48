"""Everything that is not memory: register accesses go to the models, and what nothing models becomes a Fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from tinylm.targets.emulator.clock import Clock

Kind = Literal[
    "read",
    "write",
    "fetch",
    "unaligned access",
    "undefined instruction",
    "jump to an even address",
    "breakpoint",
    "FPU instruction",
]

_QUIET_READS = 48
_NEAR = 200
_PAGE = 0x1000


class Unmodelled(Exception):
    """A register, a width or a mode that the model of a peripheral leaves out. The text says which."""


@dataclass(frozen=True)
class Fault:
    """What a real core would answer with a fault. note: which peripheral's model refused, and why."""

    kind: Kind
    address: int
    size: int = 0
    value: int | None = None
    note: str = ""

    def __str__(self) -> str:
        if self.kind in ("read", "write", "fetch"):
            place = "to" if self.kind == "write" else "from" if self.kind == "fetch" else "of"
            of = f"{self.size}-byte {self.kind} {place} {self.address:#010x}"
            return f"{of}: {self.note}" if self.note else f"{of}, where nothing is"
        return f"{self.kind}{f': {self.note}' if self.note else ''}"


class Device(Protocol):
    """What the bus needs of a model. offset: bytes from its base.

    timed: what is read changes with time alone. external: it may change because of the world outside.
    """

    name: str
    timed: bool
    external: bool

    def access(self, offset: int, size: int, value: int | None) -> int:
        """A write of ``value``, or a read (None); returns what was read. Raises Unmodelled."""


class Bus:
    """failure: an exception out of a model, to be raised once the core has stopped. fault: an access nobody models.

    Code that waits by reading a register over and over would cost more than all the rest. Where it has read the same
    values some fifty times in a row, with nothing written and next to nothing computed in between, time goes on to the
    next event at once, as if the core had slept. The waiting is then shorter in instructions, not in time.

    Models may share a page; what lies between them is refused.
    """

    def __init__(self, uc: Any, clock: Clock, stop: Callable[[], None]) -> None:
        """stop: have the core stop at the next block."""
        self._uc, self._clock, self._stop = uc, clock, stop
        self.failure: BaseException | None = None
        self.fault: Fault | None = None
        self.skip_waiting = True
        self.waiting = False
        self._pages: dict[int, list[tuple[int, int, Device]]] = {}
        self._seen: dict[int, tuple[Device, int, int]] = {}  # by address: whose, at which offset, the value
        self._quiet = 0
        self._last = 0

    def attach(self, device: Device, base: int, span: int) -> None:
        """Give [base, base + span) to a model."""
        for page in range(base & -_PAGE, base + span, _PAGE):
            if page not in self._pages:
                self._pages[page] = []
                self._map(page)
            self._pages[page].append((base, base + span, device))

    def _map(self, page: int) -> None:
        owners = self._pages[page]

        def read(_uc: Any, offset: int, size: int, _data: Any) -> int:
            base, device = self._owner(owners, page + offset)
            if device is None:
                return self._refuse(Fault("read", page + offset, size))
            value = self._access(device, base, page + offset - base, size, None)
            if device.timed:
                self.awake()
            elif self.skip_waiting:
                self._watch_for_waiting(device, page + offset, page + offset - base, value)
            return value

        def write(_uc: Any, offset: int, size: int, value: int, _data: Any) -> None:
            self.awake()
            base, device = self._owner(owners, page + offset)
            if device is None:
                self._refuse(Fault("write", page + offset, size, value))
            else:
                self._access(device, base, page + offset - base, size, value)

        self._uc.mmio_map(page, _PAGE, read, None, write, None)

    @staticmethod
    def _owner(owners: list[tuple[int, int, Device]], address: int) -> tuple[int, Device | None]:
        for base, end, device in owners:
            if base <= address < end:
                return base, device
        return 0, None

    def _refuse(self, fault: Fault) -> int:
        self.fault = fault
        self._uc.emu_stop()
        return 0

    @property
    def stuck(self) -> str | None:
        """What the core reads over and over, in words, where nothing but the core itself could change it."""
        if not self.waiting or any(device.external for device, _, _ in self._seen.values()):
            return None
        return ", ".join(f"{device.name} (offset {offset:#x}) stays {value:#x}" for device, offset, value in self._seen.values()) or None

    def awake(self) -> None:
        """Something changed: the core does not wait in vain any more."""
        self.waiting = False
        self._quiet = 0
        self._seen.clear()

    def _access(self, device: Device, base: int, offset: int, size: int, value: int | None) -> int:
        # emu_stop here leaves the access undone and the program counter on it: right for what fails, and only for that.
        try:
            return device.access(offset, size, value)
        except Unmodelled as error:
            kind: Kind = "read" if value is None else "write"
            self.fault = Fault(kind, base + offset, size, value, f"{device.name} (offset {offset:#x}) {error}")
        except BaseException as error:  # an exception must not cross the C code above us; Ctrl-C comes here, too
            self.failure = error
        self._uc.emu_stop()
        return 0

    def _watch_for_waiting(self, device: Device, address: int, offset: int, value: int) -> None:
        now = self._clock.now
        if address in self._seen and self._seen[address][2] == value and now - self._last < _NEAR:
            self._quiet += 1
        else:
            self._quiet = 0
            self._seen[address] = (device, offset, value)
        self._last = now
        if self._quiet >= _QUIET_READS:
            self._quiet = 0
            self.waiting = True
            self._stop()
