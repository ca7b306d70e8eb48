"""A Cortex-M core: unicorn executes the instructions, this adds what unicorn leaves out of the architecture.

UC_MODE_THUMB with an explicit CPU model (UC_MODE_MCLASS would force a Cortex-M33). Unicorn ends a run at WFI; reports
WFE as an invalid instruction, with the program counter after it; and an exception return as a fault at 0xFFFFFFxx.
"""

from __future__ import annotations

from tinylm.cores import Core
from tinylm.errors import TargetError
from tinylm.targets.emulator.bus import Fault
from tinylm.targets.emulator.core import Cpu, Pause
from tinylm.targets.emulator.costs import Cost, ThumbCosts
from tinylm.targets.emulator.engine import arm_const, unicorn
from tinylm.targets.emulator.exceptions import SVCALL, Exceptions
from tinylm.targets.emulator.private import Dwt, SystemControl

_EXC_RETURN = 0xFFFF_FF00
_WFE, _WFI = 0xBF20, 0xBF30
_THUMB = 1 << 24  # of xPSR
_SVC_INTERRUPT, _ABORT_INTERRUPT, _BREAKPOINT_INTERRUPT = 2, 4, 7  # unicorn's numbers
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


class ArmCore(Cpu):
    """Registers by the manual's names: r0, sp, lr, pc, xpsr, primask, s0 ..."""

    _prefix = "UC_ARM_REG_"
    _thumb = 1

    def __init__(self, core: Core, hz: int, native: bool | None) -> None:
        uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        uc.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{core.emulator}"))
        costs = ThumbCosts(core)
        self._exception_cycles = costs.table.exception
        super().__init__(uc, arm_const, core, costs, hz, native, "lr")
        self.exceptions = Exceptions(self)
        full = core.name not in ("cortex-m0", "cortex-m0plus")
        self.control = SystemControl(core.name, self.clock, self.exceptions, full, self.stop)
        self.bus.attach(self.control, 0xE000_E000, 0x1000)
        if full:
            self.bus.attach(Dwt(self.clock), 0xE000_1000, 0x1000)
        self._happened = False  # the event register: WFE after an exception does not wait; SEV is not seen

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

    def take_interrupt(self) -> bool:
        """Enter the handler of the most urgent pending exception, if one may run now."""
        number = self.exceptions.next()
        if number is None:
            return False
        self._enter(number, self.pc)
        return True

    def _enter(self, number: int, back: int) -> None:
        self.jump(self.exceptions.enter(number, back))
        self.state.cycles += self._exception_cycles
        self._happened = True
        self.state.end = self.pc  # the way here was charged just now, not as a taken branch

    @property
    def reset_asked(self) -> bool:
        return self.control.reset_asked

    def _judge(self, error: int, pc: int) -> Pause | Fault:
        fault = self.bus.fault or self._fault
        if pc >= _EXC_RETURN and self.exceptions.active:
            self._leave(pc | 1)
            return Pause.BLOCK
        if fault or self.bus.failure:
            self._unwind(pc)
            return fault or Pause.BLOCK
        if refused := self._memory_fault(error, pc):
            return refused
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
        self.state.cycles += self._exception_cycles
        self.state.end = self.pc

    def deliver(self, fault: Fault) -> None:
        """Let the firmware see the fault: its handler runs next. Raises TargetError: a fault inside the fault handler."""
        bits, with_address = _STATUS[fault.kind]
        number = self.control.fault(bits, fault.address if with_address else None)
        if any(self.exceptions.priorities.get(active, 0) <= -1 for active in self.exceptions.active):
            raise TargetError(f"the core locked up: {fault}, inside its fault handler.", hint="Look at the handler and its stack.")
        self._enter(number, self.pc)

    def _refuse(self, cost: Cost, address: int) -> Fault | None:
        if cost.floating and not self.control.fpu_on:
            return Fault("FPU instruction", address, note="the FPU is off (CPACR); the startup code has to switch it on")
        return None
