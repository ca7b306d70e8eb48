"""What the emulated cores have in common: unicorn, registers and memory by name, exact counts, and how a run ends."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Protocol

from tinylm.cores import Core
from tinylm.errors import MissingError, TargetError
from tinylm.targets.emulator.bus import Bus, Fault
from tinylm.targets.emulator.clock import Clock
from tinylm.targets.emulator.costs import Cost
from tinylm.targets.emulator.counter import Counter, NativeCounter, PythonCounter
from tinylm.targets.emulator.direct import Bank, Direct
from tinylm.targets.emulator.engine import unicorn

_NOWHERE = 1  # no instruction has an odd address, so a run never ends for having arrived there
_ERRORS: dict[int, Any] = {
    unicorn.UC_ERR_READ_UNMAPPED: "read",
    unicorn.UC_ERR_WRITE_UNMAPPED: "write",
    unicorn.UC_ERR_FETCH_UNMAPPED: "fetch",
    unicorn.UC_ERR_READ_PROT: "read",
    unicorn.UC_ERR_WRITE_PROT: "write",
    unicorn.UC_ERR_FETCH_PROT: "fetch",
}


class Pause(Enum):
    """Why the core came back without a fault. BLOCK: at the start of a block, as asked. WAIT: WFI. HINT: WFE."""

    BLOCK = auto()
    WAIT = auto()
    HINT = auto()


class Costs(Protocol):
    """Decodes the blocks of an instruction set."""

    def block(self, code: bytes, address: int) -> Cost:
        """The cost of the instructions in ``code``, which lie at ``address``."""


class Cpu:
    """One core. counter.state: instructions and cycles so far. Subclasses say what a stop means, and what an interrupt does."""

    _prefix = ""  # of unicorn's names of registers
    _thumb = 0

    def __init__(self, uc: Any, names: Any, core: Core, costs: Costs, hz: int, native: bool | None, link: str) -> None:
        """names: unicorn's constants. link: the register with the return address. native: True: the hook in C or MissingError; False: in
        Python; None: in C where it can be built."""
        self._direct = Direct(uc)
        self.uc, self.core, self.link, self._names, self._costs = uc, core, link, names, costs
        self._numbers: dict[str, int] = {}
        self.counter = self._count(native, link)
        self.state = self.counter.state
        self.clock = Clock(hz, lambda: self.state.cycles)
        self.clock.planned = self._planned
        self.bus = Bus(self.uc, self.clock, self.stop)
        self._event: tuple[int, int, int] = (0, 0, 0)
        self._interrupt = self._started = 0
        self._fault: Fault | None = None
        self.uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._invalid)
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._intr)

    def _count(self, native: bool | None, link: str) -> Counter:
        kinds = {True: (NativeCounter,), False: (PythonCounter,), None: (NativeCounter, PythonCounter)}[native]
        for kind in kinds:
            try:
                return kind(self.uc, self._decode, self._number(link), self._number("sp"))
            except MissingError:
                if kind is kinds[-1]:
                    raise
        raise AssertionError

    # Registers and memory, for the exception model and whoever else looks in.

    def _number(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = getattr(self._names, f"{self._prefix}{name.upper()}")
        return self._numbers[name]

    def get(self, name: str) -> int:
        """The register of that name as the manual calls it: r0, sp, lr, pc, xpsr, primask, s0 ..."""
        return self._direct.read(self._number(name))

    def set(self, name: str, value: int) -> None:
        self._direct.write(self._number(name), value)

    def bank(self, *names: str) -> Bank:
        """Several registers, to be read or written at once."""
        return Bank(self.uc, [self._number(name) for name in names])

    def load(self, address: int, count: int) -> bytes:
        """Bytes of memory. Raises TargetError: no memory there."""
        try:
            return self._direct.load(address, count)
        except unicorn.UcError:
            raise TargetError(f"the core reads {count} bytes at {address:#010x}, where no memory is.") from None

    def store(self, address: int, data: bytes) -> None:
        """Write memory. Raises TargetError: no memory there (a stack pointer that has run out of RAM, say)."""
        try:
            self.uc.mem_write(address, data)
        except unicorn.UcError:
            hint = "Did the stack overflow?"
            raise TargetError(f"the core writes {len(data)} bytes at {address:#010x}, where no memory is.", hint=hint) from None

    @property
    def pc(self) -> int:
        return self.get("pc") & ~1

    def jump(self, address: int) -> None:
        self.set("pc", address | self._thumb)

    # Execution.

    def stop(self) -> None:
        """Stop at the start of the next block."""
        self.state.stop = 1

    def _planned(self, when: int) -> None:
        self.state.limit = min(self.state.limit, max(0, when - self.clock.idle))

    def run(self, limit: int) -> Pause | Fault:
        """Execute until ``limit`` (cycles as counted), a stop that somebody asked for, a wait, or a fault."""
        self.state.limit, self._started = limit, self.state.instructions
        self._interrupt, self._fault, self.bus.fault = 0, None, None
        error = self._direct.run(self.pc | self._thumb, _NOWHERE)
        return self._judge(error, self.pc)

    @property
    def reset_asked(self) -> bool:
        """The firmware wants to start again."""
        return False

    def _judge(self, error: int, pc: int) -> Pause | Fault:
        """What a run that ended at ``pc`` with unicorn's ``error`` has met."""
        raise NotImplementedError

    def _memory_fault(self, error: int, pc: int) -> Fault | None:
        """The fault of an access that unicorn refused; None: it was something else."""
        if error not in _ERRORS:
            return None
        self._unwind(pc)
        kind, address, size = _ERRORS[error], self._event[0], self._event[1]
        writable = {"write": "this memory is read-only", "fetch": "no code can run there", "read": ""}
        prot = error in (unicorn.UC_ERR_WRITE_PROT, unicorn.UC_ERR_FETCH_PROT)
        return Fault(kind, address, size, self._event[2] if kind == "write" else None, writable[kind] if prot else "")

    # Called by unicorn.

    def _invalid(self, _uc: Any, _access: int, address: int, size: int, value: int, _data: Any) -> bool:
        self._event = (address, size, value & (1 << 8 * size) - 1)
        return False

    def _intr(self, uc: Any, number: int, _data: Any) -> None:
        self._interrupt = number
        uc.emu_stop()

    def _refuse(self, cost: Cost, address: int) -> Fault | None:
        """A block that must not run, and why."""
        return None

    def _decode(self, address: int, size: int) -> Cost | None:
        try:
            cost = self._costs.block(self._direct.load(address, size), address)
            self._fault = self._refuse(cost, address) or self._fault
            return None if self._fault else cost
        except BaseException as error:  # must not cross the C code above us
            self.bus.failure = error
            return None

    def _halfword(self, address: int) -> int:
        return int.from_bytes(self.load(address, 2), "little")

    def _unwind(self, pc: int) -> None:
        """The hook counted the whole block: take back what was not executed, from ``pc`` on."""
        state = self.state
        if state.address <= pc < state.end:
            rest = self._costs.block(self.load(pc, state.end - pc), pc)
            state.instructions -= rest.instructions
            state.cycles -= rest.cycles
            state.end, state.taken = pc, 0
