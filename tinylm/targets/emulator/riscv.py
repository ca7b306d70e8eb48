"""An RV32 core in machine mode: unicorn executes the instructions and keeps the CSRs, this adds interrupts and how a run ends.

Unicorn ends a run at WFI, and reports exceptions to a hook with the program counter behind the instruction.
"""

from __future__ import annotations

from collections.abc import Callable

from tinylm.cores import Core
from tinylm.errors import TargetError
from tinylm.targets.emulator.bus import Fault, Unmodelled
from tinylm.targets.emulator.core import Cpu, Pause
from tinylm.targets.emulator.engine import riscv_const, unicorn
from tinylm.targets.emulator.hazard3 import Hazard3Csrs, is_custom
from tinylm.targets.emulator.riscv_costs import EXCEPTION, RiscvCosts

_WFI = 0x1050_0073
_ILLEGAL = 2  # unicorn's numbers are those of mcause
_INTERRUPT = 1 << 31
_MIE, _MPIE, _MPP = 1 << 3, 1 << 7, 3 << 11
# mcause (privileged specification, table "mcause values after trap")
_CAUSES = {"fetch": 1, "undefined instruction": 2, "breakpoint": 3, "unaligned access": 4, "read": 5, "write": 7}


class Interrupts:
    """lines: bit n is the chip's interrupt n. controller: from those to the core's own, bit n of mip; a peripheral of the chip sets it."""

    def __init__(self, core: RiscvCore) -> None:
        self._core = core
        self.lines = 0
        self.controller: Callable[[int], int] = lambda lines: 0
        self.enabled: Callable[[], int] = lambda: core.get("mie")
        self.drop_frames = False  # there are no frames: the firmware saves what it needs
        self.active: list[int] = []

    def line(self, number: int, level: bool) -> None:
        self.lines = self.lines | 1 << number if level else self.lines & ~(1 << number)

    @property
    def pending(self) -> int:
        return self.controller(self.lines) & self.enabled()

    def wakes(self) -> bool:
        """Whether a sleeping core wakes: something enabled is pending, mstatus.MIE or not."""
        return bool(self.lines and self.pending)


class RiscvCore(Cpu):
    """Registers by their names in the ABI (ra, sp, a0 ...), CSRs by theirs."""

    _prefix = "UC_RISCV_REG_"

    def __init__(self, core: Core, hz: int, native: bool | None) -> None:
        uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        super().__init__(uc, riscv_const, core, RiscvCosts(), hz, native, "ra")
        self.exceptions = Interrupts(self)
        self._csrs = Hazard3Csrs() if core.name == "hazard3" else None
        if self._csrs:
            self.exceptions.controller = self._csrs.controller

    def reset(self, entry: int) -> None:
        """Start at ``entry``."""
        self.jump(entry)

    def take_interrupt(self) -> bool:
        """Enter the handler of a pending interrupt, if one may run now."""
        if not self.get("mstatus") & _MIE or not (pending := self.exceptions.pending if self.exceptions.lines else 0):
            return False
        self._trap(_INTERRUPT | pending.bit_length() - 1, self.pc, 0)
        return True

    def _trap(self, cause: int, back: int, value: int) -> None:
        """Privileged specification 3.1.6.1, 3.1.7."""
        status, vector = self.get("mstatus"), self.get("mtvec")
        self.set("mepc", back)
        self.set("mcause", cause)
        self.set("mtval", value)
        self.set("mstatus", status & ~(_MIE | _MPIE) | (_MPIE if status & _MIE else 0) | _MPP)
        vectored = vector & 1 and cause & _INTERRUPT
        self.jump((vector & ~3) + (4 * (cause & ~_INTERRUPT) if vectored else 0))
        self.state.cycles += EXCEPTION
        self.state.end = self.pc  # the way here was charged just now, not as a taken branch

    def deliver(self, fault: Fault) -> None:
        """Let the firmware see the fault: its handler runs next. Raises TargetError: a fault in the first instructions of the handler."""
        vector, pc = self.get("mtvec") & ~3, self.pc
        if vector <= pc < vector + 512:
            raise TargetError(f"the core locked up: {fault}, inside its trap handler.", hint="Look at the handler and its stack.")
        self._trap(_CAUSES[fault.kind], pc, fault.address)

    def _judge(self, error: int, pc: int) -> Pause | Fault:
        fault = self.bus.fault or self._fault
        if fault or self.bus.failure:
            self._unwind(pc)
            return fault or Pause.BLOCK
        if refused := self._memory_fault(error, pc):
            return refused
        if self._interrupt == _ILLEGAL or error == unicorn.UC_ERR_INSN_INVALID:
            if self._interrupt:  # unicorn is behind the instruction already
                self.jump(pc := pc - (4 if self._halfword(pc - 4) & 3 == 3 else 2))
            self._unwind(pc)
            return self._custom(pc) or Fault("undefined instruction", pc)
        if self._interrupt or error:
            what = f"interrupt {self._interrupt}" if self._interrupt else f"error {error}"
            raise TargetError(f"the emulator stopped at {pc:#010x} for a reason it does not know ({what}).")
        if self.state.instructions != self._started and int.from_bytes(self.load(pc - 4, 4), "little") == _WFI:
            self._unwind(pc)  # unicorn stops there in the middle of a block
            return Pause.WAIT
        return Pause.BLOCK

    def _custom(self, pc: int) -> Pause | None:
        """Execute an instruction that the chip has and unicorn has not; None: there is none at ``pc``."""
        word = self._halfword(pc) | self._halfword(pc + 2) << 16
        if not self._csrs or not is_custom(word):
            return None
        source, target = word >> 15 & 31, word >> 7 & 31
        try:
            old = self._csrs.access(word, source if word >> 14 & 1 else self.get(f"x{source}"))
        except Unmodelled as error:
            raise TargetError(f"the firmware uses a register of the core at {pc:#010x}: {error}.") from error
        if target:
            self.set(f"x{target}", old)
        self.state.instructions, self.state.cycles, self.state.end = self.state.instructions + 1, self.state.cycles + 1, pc + 4
        self.jump(pc + 4)
        return Pause.BLOCK
