"""What a basic block costs: instructions, exactly, and cycles, estimated from the tables of the cores' manuals.

Sources: Cortex-M4 TRM (ARM 100166_0001, r0p1) table 3-1, where MLA and MLS take one cycle, and 7-1 (FPU), Cortex-M3 TRM
(DDI 0337) table 3-1, Cortex-M0 TRM (DDI 0432) and Cortex-M0+ TRM (DDI 0484) table 3-1. ARM publishes no such table for the
dual-issue M7, nor a full one for the M33: the M4's stands in. Not modelled: flash wait states and caches, bus contention,
multi-cycle division by operand (the middle is taken), nor the stalls of the TRM's section on load and store timings: one for an
address that the instruction before computed, and loads that are not pipelined because they follow a store or take their
address from the load before. An instruction that an IT block skips is counted like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import capstone
from capstone import arm_const as arm

from tinylm.cores import Core


class Cost(NamedTuple):
    """taken: cycles more where the block is left by its branch. floating: uses the FPU."""

    instructions: int
    cycles: int
    taken: int
    floating: bool = False


@dataclass(frozen=True)
class Table:
    """Cycles by kind of instruction. load/store: a single one; a load straight after a load or store costs ``pipelined``.

    branch, call, pop_pc: cycles that a taken branch, BL and POP {pc} cost beyond the first (beyond 1 + N for POP).
    """

    load: int
    pipelined: int
    store: int
    accumulate: int
    long_multiply: int
    divide: int
    system: int
    branch: int
    call: int
    pop_pc: int
    exception: int


_M4 = Table(load=2, pipelined=1, store=1, accumulate=1, long_multiply=1, divide=7, system=2, branch=2, call=2, pop_pc=2, exception=12)
_M3 = Table(load=2, pipelined=1, store=1, accumulate=2, long_multiply=4, divide=7, system=2, branch=2, call=2, pop_pc=2, exception=12)
_M0 = Table(load=2, pipelined=2, store=2, accumulate=1, long_multiply=1, divide=1, system=4, branch=2, call=3, pop_pc=3, exception=16)
_M0P = Table(load=2, pipelined=2, store=2, accumulate=1, long_multiply=1, divide=1, system=3, branch=1, call=2, pop_pc=2, exception=15)

TABLES = {
    "cortex-m0": _M0,
    "cortex-m0plus": _M0P,
    "cortex-m3": _M3,
    "cortex-m4": _M4,
    "cortex-m7": _M4,
    "cortex-m33": _M4,
}


def _ids(names: str) -> frozenset[int]:
    return frozenset(getattr(arm, f"ARM_INS_{name}") for name in names.split())


_LOADS = _ids("LDR LDRB LDRH LDRSB LDRSH LDRT LDRBT LDRHT LDRSBT LDRSHT LDREX LDREXB LDREXH VLDR")
_STORES = _ids("STR STRB STRH STRT STRBT STRHT STREX STREXB STREXH VSTR")
_PAIRS = _ids("LDRD STRD")
_LISTS = _ids("LDM LDMDB STM STMDB PUSH POP")
_FLOAT_LISTS = _ids("VLDMIA VLDMDB VSTMIA VSTMDB VPUSH VPOP")
_ACCUMULATES = _ids("MLA MLS")
_LONGS = _ids("SMULL UMULL SMLAL UMLAL UMAAL")
_DIVIDES = _ids("SDIV UDIV")
_SYSTEM = _ids("MRS MSR DMB DSB ISB CPS")
_BRANCHES = _ids("B BX CBZ CBNZ TBB TBH")
_CALLS = _ids("BL BLX")
# Cortex-M4 TRM table 7-1; double precision exists on the M7 only and is taken as the same.
_FLOATS = {
    **dict.fromkeys(_ids("VDIV VSQRT"), 14),
    **dict.fromkeys(_ids("VMLA VMLS VNMLA VNMLS VFMA VFMS VFNMA VFNMS"), 3),
}
_PROGRAM_COUNTER = 1 << 15


def is_wide(halfword: int) -> bool:
    """Whether a 32-bit Thumb instruction starts with this halfword (ARMv7-M manual, A5.1)."""
    return halfword >> 11 in (0b11101, 0b11110, 0b11111)


class ThumbCosts:
    """Decodes blocks for one core."""

    def __init__(self, core: Core) -> None:
        self.table = TABLES[core.name]
        mode = capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS
        if core.name in ("cortex-m7", "cortex-m33"):
            mode |= capstone.CS_MODE_V8  # VSEL, VRINT, VMINNM and the like
        self._disassembler = capstone.Cs(capstone.CS_ARCH_ARM, mode)

    def block(self, code: bytes, address: int) -> Cost:
        """The cost of the instructions in ``code``, which lie at ``address``."""
        instructions = cycles = taken = position = 0
        after_access = floating = False
        while position + 2 <= len(code):
            first = int.from_bytes(code[position : position + 2], "little")
            size = 4 if is_wide(first) else 2
            raw = code[position : position + size]
            number = next((entry.id for entry in self._disassembler.disasm(raw, address + position, 1)), 0)
            words = first if size == 2 else first << 16 | int.from_bytes(raw[2:], "little")
            cost, taken = self._instruction(number, words, size, after_access)
            after_access = number in _LOADS or number in _STORES
            floating |= size == 4 and first & 0xEC00 == 0xEC00 and words >> 8 & 0xE == 0xA  # coprocessors 10 and 11
            instructions, cycles, position = instructions + 1, cycles + cost, position + size
        return Cost(instructions, cycles, taken, floating)

    def _instruction(self, number: int, words: int, size: int, after_access: bool) -> tuple[int, int]:
        """Cycles, and cycles more if it branches. An instruction unknown to capstone (MVE) costs 1."""
        table = self.table
        if number in _LOADS:
            writes_pc = size == 4 and words >> 12 & 15 == 15
            return (table.pipelined if after_access else table.load), (table.branch if writes_pc else 0)
        if number in _STORES:
            return table.store, 0
        if number in _LISTS:
            return self._list(number, words, size)
        if number in _FLOAT_LISTS:
            return 1 + (words & 0xFF), 0
        if number in _BRANCHES:
            return 1, table.branch
        if number in _CALLS:
            return 1, table.call
        cycles = _FLOATS.get(number, 1)
        if number in _PAIRS:
            cycles = 3
        elif number in _ACCUMULATES:
            cycles = table.accumulate
        elif number in _LONGS:
            cycles = table.long_multiply
        elif number in _DIVIDES:
            cycles = table.divide
        elif number in _SYSTEM:
            cycles = table.system
        return cycles, (table.branch if size == 2 and words & 0xFF87 == 0x4687 else 0)  # MOV pc, Rm

    def _list(self, number: int, words: int, size: int) -> tuple[int, int]:
        registers = words & 0xFFFF if size == 4 else words & 0xFF
        if size == 2 and number in (arm.ARM_INS_PUSH, arm.ARM_INS_POP) and words & 0x100:
            registers |= _PROGRAM_COUNTER if number == arm.ARM_INS_POP else 1 << 14
        leaves = number not in (arm.ARM_INS_STM, arm.ARM_INS_STMDB) and registers & _PROGRAM_COUNTER
        return 1 + registers.bit_count(), (self.table.pop_pc if leaves else 0)
