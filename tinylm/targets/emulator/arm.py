"""A Cortex-M core: unicorn executes the instructions, this adds what unicorn leaves out of the architecture.

UC_MODE_THUMB with an explicit CPU model (UC_MODE_MCLASS would force a Cortex-M33). Unicorn ends a run at WFI; reports
WFE as an invalid instruction, with the program counter after it; and an exception return as a fault at 0xFFFFFFxx.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from tinylm.cores import Core
from tinylm.errors import MissingError, TargetError
from tinylm.targets.emulator.bank import Bank
from tinylm.targets.emulator.bus import Bus, Fault
from tinylm.targets.emulator.clock import Clock
from tinylm.targets.emulator.costs import Cost, ThumbCosts
from tinylm.targets.emulator.counter import Counter, NativeCounter, PythonCounter
from tinylm.targets.emulator.engine import arm_const, unicorn
from tinylm.targets.emulator.exceptions import SVCALL, Exceptions
from tinylm.targets.emulator.private import Dwt, SystemControl

_NOWHERE = 1  # no instruction has an odd address, so a run never ends for having arrived there
_EXC_RETURN = 0xFFFF_FF00
_WFE, _WFI = 0xBF20, 0xBF30
_THUMB = 1 << 24  # of xPSR
_SVC_INTERRUPT, _ABORT_INTERRUPT, _BREAKPOINT_INTERRUPT = 2, 4, 7  # unicorn's numbers
_ERRORS: dict[int, Any] = {
    unicorn.UC_ERR_READ_UNMAPPED: "read",
    unicorn.UC_ERR_WRITE_UNMAPPED: "write",
    unicorn.UC_ERR_FETCH_UNMAPPED: "fetch",
    unicorn.UC_ERR_READ_PROT: "read",
    unicorn.UC_ERR_WRITE_PROT: "write",
    unicorn.UC_ERR_FETCH_PROT: "fetch",
}
# Bits of CFSR (ARMv7-M manual, B3.2.15), and whether BFAR holds the address.
_STATUS = {
    "read": (1 << 15 | 1 << 9, True),
    "write": (1 << 15 | 1 << 9, True),
    "fetch": (1 << 8, False),
    "unaligned access": (1 << 24, False),
    "undefined instruction": (1 << 16, False),
    "jump to an even address": (1 << 17, False),
    "FPU instruction": (1 << 19, False),
    "breakpoint": (0, False),
}


class Pause(Enum):
    """Why the core came back without a fault. BLOCK: at the start of a block, as asked. WAIT: WFI. HINT: WFE."""

    BLOCK = auto()
    WAIT = auto()
    HINT = auto()


class ArmCore:
    """registers: get/set by name. instructions, cycles: see counter.state."""

    def __init__(self, core: Core, hz: int, native: bool | None) -> None:
        """native: True: the hook in C or MissingError; False: in Python; None: in C where it can be built."""
        self.core = core
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        self.uc.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{core.emulator}"))
        self._costs = ThumbCosts(core)
        self.counter = self._count(native)
        self.state = self.counter.state
        self.clock = Clock(hz, lambda: self.state.cycles)
        self.clock.planned = self._planned
        self.bus = Bus(self.uc, self.clock, self.stop)
        self._numbers: dict[str, int] = {}
        self.exceptions = Exceptions(self)
        full = core.name not in ("cortex-m0", "cortex-m0plus")
        self.control = SystemControl(core.name, self.clock, self.exceptions, full, self.stop)
        self.bus.attach(self.control, 0xE000_E000, 0x1000)
        if full:
            self.bus.attach(Dwt(self.clock), 0xE000_1000, 0x1000)
        self._event: tuple[int, int, int] = (0, 0, 0)
        self._interrupt = 0
        self._happened = False  # the event register: WFE after an exception does not wait; SEV is not seen
        self._fault: Fault | None = None
        self.uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._invalid)
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._intr)

    def _count(self, native: bool | None) -> Counter:
        kinds = {True: (NativeCounter,), False: (PythonCounter,), None: (NativeCounter, PythonCounter)}[native]
        for kind in kinds:
            try:
                return kind(self.uc, self._decode, arm_const.UC_ARM_REG_LR, arm_const.UC_ARM_REG_SP)
            except MissingError:
                if kind is kinds[-1]:
                    raise
        raise AssertionError

    # Registers and memory, for the exception model and whoever else looks in.

    def _number(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = getattr(arm_const, f"UC_ARM_REG_{name.upper()}")
        return self._numbers[name]

    def get(self, name: str) -> int:
        """The register of that name as the manual calls it: r0, sp, lr, pc, xpsr, primask, s0 ..."""
        value: int = self.uc.reg_read(self._number(name))
        return value

    def set(self, name: str, value: int) -> None:
        self.uc.reg_write(self._number(name), value)

    def bank(self, *names: str) -> Bank:
        """Several registers, to be read or written at once."""
        return Bank(self.uc, [self._number(name) for name in names])

    def load(self, address: int, count: int) -> bytes:
        """Bytes of memory. Raises TargetError: no memory there."""
        try:
            return bytes(self.uc.mem_read(address, count))
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
        self.set("pc", address | 1)

    def reset(self, vectors: int) -> None:
        """Start as the hardware does: stack pointer and program counter from the vector table."""
        self.exceptions.vectors = vectors
        stack, entry = (int.from_bytes(self.load(vectors + offset, 4), "little") for offset in (0, 4))
        if not entry & 1:
            hint = "Is the image's vector table at the start of flash?"
            raise TargetError(f"the reset vector {entry:#010x} is not a Thumb address.", hint=hint)
        self.set("sp", stack & ~3)
        self.set("lr", 0xFFFF_FFFF)
        self.jump(entry)

    # Execution.

    def stop(self) -> None:
        """Stop at the start of the next block."""
        self.state.stop = 1

    def _planned(self, when: int) -> None:
        self.state.limit = min(self.state.limit, max(0, when - self.clock.idle))

    def take_interrupt(self) -> bool:
        """Enter the handler of the most urgent pending exception, if one may run now."""
        number = self.exceptions.next()
        if number is None:
            return False
        self._enter(number, self.pc)
        return True

    def _enter(self, number: int, back: int) -> None:
        self.jump(self.exceptions.enter(number, back))
        self.state.cycles += self._costs.table.exception
        self._happened = True
        self.state.end = self.pc  # the way here was charged just now, not as a taken branch

    def run(self, limit: int) -> Pause | Fault:
        """Execute until ``limit`` (cycles as counted), a stop that somebody asked for, a wait, or a fault."""
        self.state.limit = limit
        self._interrupt, self._fault, self.bus.fault = 0, None, None
        error = 0
        try:
            self.uc.emu_start(self.pc | 1, _NOWHERE)
        except unicorn.UcError as problem:
            error = problem.errno
        return self._judge(error, self.pc)

    def _judge(self, error: int, pc: int) -> Pause | Fault:
        fault = self.bus.fault or self._fault
        if pc >= _EXC_RETURN and self.exceptions.active:
            self._leave(pc | 1)
            return Pause.BLOCK
        if fault or self.bus.failure:
            self._unwind(pc)
            return fault or Pause.BLOCK
        if error in _ERRORS:
            self._unwind(pc)
            kind, address, size = _ERRORS[error], self._event[0], self._event[1]
            writable = {"write": "this memory is read-only", "fetch": "no code can run there", "read": ""}
            prot = error in (unicorn.UC_ERR_WRITE_PROT, unicorn.UC_ERR_FETCH_PROT)
            return Fault(kind, address, size, self._event[2] if kind == "write" else None, writable[kind] if prot else "")
        if error == unicorn.UC_ERR_INSN_INVALID:
            if pc == self.state.end:  # behind the instruction: a hint, not an error
                return self._hint(pc)
            self._unwind(pc)
            return Fault("undefined instruction" if self.get("xpsr") & _THUMB else "jump to an even address", pc)
        if self._interrupt or error:
            return self._exception(pc)
        if pc == self.state.end and self._halfword(pc - 2) == _WFI:
            return Pause.WAIT
        return Pause.BLOCK

    def _hint(self, pc: int) -> Pause:
        waits = self._halfword(pc - 2) == _WFE and not self._happened
        self._happened = False
        return Pause.HINT if waits else Pause.BLOCK

    def _exception(self, pc: int) -> Pause | Fault:
        if self._interrupt == _SVC_INTERRUPT:
            self.exceptions.pend(SVCALL)
            return Pause.BLOCK
        self._unwind(pc)
        if self._interrupt not in (_BREAKPOINT_INTERRUPT, _ABORT_INTERRUPT):
            raise TargetError(f"the emulator stopped at {pc:#010x} for a reason it does not know (interrupt {self._interrupt}).")
        return Fault("breakpoint" if self._interrupt == _BREAKPOINT_INTERRUPT else "unaligned access", pc)

    def _leave(self, code: int) -> None:
        self.jump(self.exceptions.leave(code))
        self._happened = True
        self.state.cycles += self._costs.table.exception
        self.state.end = self.pc

    def deliver(self, fault: Fault) -> None:
        """Let the firmware see the fault: its handler runs next. Raises TargetError: a fault inside the fault handler."""
        bits, with_address = _STATUS[fault.kind]
        number = self.control.fault(bits, fault.address if with_address else None)
        if any(self.exceptions.priorities.get(active, 0) <= -1 for active in self.exceptions.active):
            raise TargetError(f"the core locked up: {fault}, inside its fault handler.", hint="Look at the handler and its stack.")
        self._enter(number, self.pc)

    # Called by unicorn.

    def _invalid(self, _uc: Any, _access: int, address: int, size: int, value: int, _data: Any) -> bool:
        self._event = (address, size, value & (1 << 8 * size) - 1)
        return False

    def _intr(self, uc: Any, number: int, _data: Any) -> None:
        self._interrupt = number
        uc.emu_stop()

    def _decode(self, address: int, size: int) -> Cost | None:
        try:
            cost = self._costs.block(bytes(self.uc.mem_read(address, size)), address)
            if cost.floating and not self.control.fpu_on:
                self._fault = Fault("FPU instruction", address, note="the FPU is off (CPACR); the startup code has to switch it on")
                return None
            return cost
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
