"""Kernels on an emulated RV32IMC core, otherwise as on_core has it."""

from __future__ import annotations

from typing import Any

import unicorn
from unicorn import riscv_const

from tests.compiler.on_core import _CODE, _STOP, Core, _Memory
from tinylm.compiler.lowering import Call

_ARGUMENTS = [getattr(riscv_const, f"UC_RISCV_REG_A{i}") for i in range(8)]


class RiscvCore(Core):
    """Arguments go in a0 .. a7."""

    def _machine(self) -> Any:
        uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        uc.mem_map(_CODE, 0x100000, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        uc.mem_map(_STOP & -0x1000, 0x1000, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        for address, data in self.image.segments:
            uc.mem_write(address, data)
        return uc

    def _call(self, memory: _Memory, call: Call, count: bool) -> int:
        values = [memory.argument(argument) for argument in call.arguments]
        uc, executed = memory.uc, [0]
        if count:
            uc.hook_add(unicorn.UC_HOOK_CODE, lambda *_: executed.__setitem__(0, executed[0] + 1))
        assert len(values) <= len(_ARGUMENTS)
        for register, value in zip(_ARGUMENTS, values, strict=False):
            uc.reg_write(register, value)
        top = memory.stack & -16
        uc.reg_write(riscv_const.UC_RISCV_REG_SP, top)
        uc.reg_write(riscv_const.UC_RISCV_REG_RA, _STOP)
        try:
            uc.emu_start(self.image.symbols[call.function], _STOP)
        except unicorn.UcError as error:
            place = self.image.where(uc.reg_read(riscv_const.UC_RISCV_REG_PC))
            raise AssertionError(f"{call.function}: {error} at {place}, memory {memory.touched:#x}") from error
        assert uc.reg_read(riscv_const.UC_RISCV_REG_SP) == top
        return executed[0]
