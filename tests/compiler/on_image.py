"""Many generated programs in one image for a core, each run in unicorn by itself: the C as it is built, ABI and all."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import unicorn
from unicorn import arm_const, riscv_const

from tests.compiler.batch import Case, program_of
from tinylm import paths
from tinylm.compiler.graph import DTYPES, Tensor
from tinylm.compiler.program import Program
from tinylm.cores import CORES
from tinylm.firmware.toolchain import Unit, Zig
from tinylm.targets.emulator.image import Image, load_image

_CODE, _CODE_BYTES = 0x0001_0000, 0x0200_0000
_RAM, _RAM_BYTES = 0x2000_0000, 0x0200_0000
_STOP = 0x0000_8000
_IO = struct.Struct("<IIIB3xfi")  # tl_io of tl_types.h on a core with 32 bits
_SCRIPT = f"""SECTIONS {{
    . = {_CODE:#x};
    .text : {{ KEEP(*(.text*)) KEEP(*(.rodata*)) }}
    . = {_RAM:#x};
    .data : {{ KEEP(*(.data*)) KEEP(*(.sdata*)) }}
    .bss (NOLOAD) : {{ KEEP(*(.bss*)) KEEP(*(.sbss*)) KEEP(*(COMMON)) }}
    /DISCARD/ : {{ *(.ARM.exidx*) *(.ARM.extab*) *(.eh_frame*) }}
}}
"""


@dataclass
class CoreImage:
    """``cases`` compiled for ``core``. run: outputs of one case on a machine of its own."""

    core: str
    cases: list[Case]
    folder: Path
    programs: list[Program] = field(init=False)
    image: Image = field(init=False)

    def __post_init__(self) -> None:
        self.programs = [program_of(case.model, f"c{i}_", core_name=self.core, states=case.states) for i, case in enumerate(self.cases)]
        self.image = load_image(self._build())

    def run(self, number: int) -> list[np.ndarray]:
        """All outputs of all invocations. Raises AssertionError where the program touches what is not there."""
        uc, program = self._machine(), self.programs[number]
        self._call(uc, f"c{number}_model_reset")
        results = []
        for inputs in self.cases[number].invocations:
            for place, value in zip(self._places(uc, f"c{number}_inputs", program.inputs), inputs, strict=True):
                if value.nbytes:
                    uc.mem_write(place, np.ascontiguousarray(value).tobytes())
            self._call(uc, f"c{number}_model_invoke")
            assert self._call(uc, f"c{number}_arena_intact") == 1
            for place, tensor in zip(self._places(uc, f"c{number}_outputs", program.outputs), program.outputs, strict=True):
                raw = bytes(uc.mem_read(place, tensor.bytes)) if tensor.bytes else b""
                results.append(np.frombuffer(raw, DTYPES[tensor.dtype][1]).reshape(tensor.shape))
        return results

    def instructions(self, number: int) -> int:
        """Executed by one invocation, from the reset state."""
        uc, program = self._machine(), self.programs[number]
        self._call(uc, f"c{number}_model_reset")
        for place, value in zip(self._places(uc, f"c{number}_inputs", program.inputs), self.cases[number].inputs, strict=True):
            uc.mem_write(place, np.ascontiguousarray(value).tobytes())
        executed = [0]
        uc.hook_add(unicorn.UC_HOOK_CODE, lambda *_: executed.__setitem__(0, executed[0] + 1))
        self._call(uc, f"c{number}_model_invoke")
        return executed[0]

    def _build(self) -> Path:
        sources = []
        for i, program in enumerate(self.programs):
            (self.folder / f"c{i}").mkdir()
            for name, text in program.files.items():
                (self.folder / f"c{i}" / name).write_text(text)
            sources += [f'#include "c{i}/model_data.c"', f'#include "c{i}/model.c"']
        whole, script, elf = self.folder / "all.c", self.folder / "image.ld", self.folder / "image.elf"
        whole.write_text("\n".join(sources) + "\n")
        script.write_text(_SCRIPT)
        kernels = sorted({kernel for program in self.programs for kernel in program.kernels})
        units = [Unit(whole, "model", "s"), Unit(paths.TEMPLATES / "runtime" / "tl_libc.c", "model", "s", libc=True)]
        compiler, core = Zig(strict=True), CORES[self.core]
        units += [Unit(kernel, "kernels", "2") for kernel in kernels]
        objects = compiler.compile(units, core, [paths.KERNELS / "include", self.folder])
        compiler.link(objects, core, script, "c0_model_invoke", elf)
        return elf

    @property
    def _arm(self) -> bool:
        return CORES[self.core].isa == "arm"

    def _machine(self) -> Any:
        if self._arm:
            uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
            uc.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{CORES[self.core].emulator}"))
        else:
            uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        uc.mem_map(_CODE, _CODE_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        uc.mem_map(_STOP & -0x1000, 0x1000, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        uc.mem_map(_RAM, _RAM_BYTES)
        for address, data in self.image.segments:
            uc.mem_write(address, data)
        if "fpu" in CORES[self.core].features:
            uc.reg_write(arm_const.UC_ARM_REG_FPEXC, 0x4000_0000)
        return uc

    def _call(self, uc: Any, function: str) -> int:
        """Call a function without arguments; what it returns."""
        start, top = self.image.symbols[function], _RAM + _RAM_BYTES - 64
        registers = (
            (arm_const.UC_ARM_REG_SP, arm_const.UC_ARM_REG_LR, arm_const.UC_ARM_REG_R0, arm_const.UC_ARM_REG_PC)
            if self._arm
            else (riscv_const.UC_RISCV_REG_SP, riscv_const.UC_RISCV_REG_RA, riscv_const.UC_RISCV_REG_A0, riscv_const.UC_RISCV_REG_PC)
        )
        stack, link, result, counter = registers
        uc.reg_write(stack, top)
        uc.reg_write(link, _STOP | self._arm)
        try:
            uc.emu_start(start | self._arm, _STOP)
        except unicorn.UcError as error:
            raise AssertionError(f"{self.core}, {function}: {error} at {self.image.where(uc.reg_read(counter))}") from error
        return int(uc.reg_read(result))

    def _places(self, uc: Any, symbol: str, tensors: list[Tensor]) -> list[int]:
        raw = bytes(uc.mem_read(self.image.symbols[symbol], _IO.size * len(tensors)))
        return [data for _, data, *_ in _IO.iter_unpack(raw)]
