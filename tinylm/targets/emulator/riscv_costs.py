"""What a basic block of RV32IMC costs: instructions, exactly, and cycles, estimated.

Neither Espressif nor QEMU publish a table for their cores; the RP2350 datasheet does for Hazard3 (3.8.7), and it
stands in for all: one cycle an instruction, division 18, a taken branch or a jump one more, a load's result one later (not counted).
"""

from __future__ import annotations

import capstone

from tinylm.targets.emulator.costs import Cost

_BRANCH, _JALR, _JAL, _OP = 0x63, 0x67, 0x6F, 0x33
_DIVIDE = 18
_TAKEN = 1
EXCEPTION = 4


class RiscvCosts:
    """Decodes blocks."""

    def __init__(self) -> None:
        self._disassembler = capstone.Cs(capstone.CS_ARCH_RISCV, capstone.CS_MODE_RISCV32 | capstone.CS_MODE_RISCVC)

    def block(self, code: bytes, address: int) -> Cost:
        """The cost of the instructions in ``code``, which lie at ``address``."""
        instructions = cycles = taken = position = 0
        while position + 2 <= len(code):
            word = int.from_bytes(code[position : position + 4], "little")
            size = 4 if word & 3 == 3 else 2
            cost, taken = _full(word) if size == 4 else _compressed(word & 0xFFFF)
            instructions, cycles, position = instructions + 1, cycles + cost, position + size
        return Cost(instructions, cycles, taken)


def _full(word: int) -> tuple[int, int]:
    """Cycles, and cycles more if it branches."""
    opcode = word & 0x7F
    if opcode in (_BRANCH, _JALR, _JAL):
        return 1, _TAKEN
    divides = opcode == _OP and word >> 25 == 1 and word >> 12 & 4
    return (_DIVIDE if divides else 1), 0


def _compressed(word: int) -> tuple[int, int]:
    kind, quadrant = word >> 13, word & 3
    jumps = quadrant == 1 and kind in (1, 5, 6, 7)  # C.JAL, C.J, C.BEQZ, C.BNEZ
    register = quadrant == 2 and kind == 4 and not word & 0x7C  # C.JR, C.JALR
    return 1, _TAKEN if jumps or register else 0
