"""Kernels on an emulated core, called with the arguments that the compiler made, every array at the end of memory of its own.

One image holds all kernels; a program's calls are laid out in memory from Python, so that hundreds of models cost one build. Memory
ends where an array ends: a kernel that reads or writes past it stops the test. What follows the stack is not mapped either.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import unicorn
from unicorn import arm_const

from tests.compiler.batch import Case, program_of
from tinylm import paths
from tinylm.compiler.graph import DTYPES, Tensor
from tinylm.compiler.interpret import initial
from tinylm.compiler.lowering import At, Call, Const, Scratch, Struct
from tinylm.compiler.program import Program
from tinylm.cores import CORES
from tinylm.firmware.toolchain import Unit, Zig
from tinylm.targets.emulator.image import Image, load_image

STACK = 1024
_PAGE = 0x1000
_CODE, _RAM, _STOP = 0x0001_0000, 0x2000_0000, 0x0000_8000
_LOOPS = 5  # TL_MAX_LOOPS
_SCRIPT = f"SECTIONS {{ . = {_CODE:#x}; .text : {{ KEEP(*(.text*)) *(.rodata*) }} /DISCARD/ : {{ *(.ARM.exidx*) *(.ARM.extab*) }} }}"


def _declared() -> dict[str, dict[str, int]]:
    """The fields of every struct that kernels take, in the order of its declaration, and how many values an array has (_LOOPS where it is
    none)."""
    text = "\n".join(header.read_text() for header in (paths.KERNELS / "include").glob("*.h"))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    structs = re.findall(r"typedef struct \{(.*?)\} (\w+);", text, flags=re.S)
    known = {name: int(value) for name, value in re.findall(r"#define (\w+) (\d+)\n", text)}
    fields = {name: re.findall(r"(\w+)(?:\[(\w+)\])?\s*[,;]", body) for body, name in structs}
    return {name: {one: int(known.get(size, size or _LOOPS)) for one, size in found} for name, found in fields.items()}


def build_kernels(core: str, folder: Path, portable: Sequence[str] = ()) -> Path:
    """An image of every kernel that the core can run. portable: the only ones that are wanted of those."""
    script, elf = folder / "kernels.ld", folder / f"{core}.elf"
    script.write_text(_SCRIPT)
    folders = [paths.KERNELS / name for name in ("portable", *sorted(CORES[core].features)) if (paths.KERNELS / name).is_dir()]
    best = {file.name: file for kernels in folders for file in sorted(kernels.glob("*.[cS]"))}
    if portable:
        best = {name: file for name, file in best.items() if file.parent.name != "portable" or file.stem in portable}
    libc = paths.TEMPLATES / "runtime" / "tl_libc.c"
    units = [Unit(file, "kernels", "2") for file in best.values()] + [Unit(libc, "kernels", "s", libc=True)]
    compiler = Zig(strict=True)
    objects = compiler.compile(units, CORES[core], [paths.KERNELS / "include"])
    compiler.link(objects, CORES[core], script, "tl_lookup_s8", elf)
    return elf


@dataclass
class Outcome:
    """outputs: in the graph's order. functions: the kernels that ran. instructions: executed (0 unless counted). stack: bytes used."""

    outputs: list[np.ndarray]
    functions: list[str]
    instructions: int = 0
    stack: int = 0


@dataclass
class Core:
    """The emulated core with an image of kernels."""

    elf: Path
    name: str = "cortex-m4"
    image: Image = field(init=False)

    def __post_init__(self) -> None:
        self.image = load_image(self.elf)

    def run(self, case: Case, count: bool = False, optimize: str = "balanced", aligned: bool = False) -> Outcome:
        """The model's outputs on this core. count: instructions; aligned: look for unaligned accesses (both are slow).

        Raises AssertionError naming the kernel that touched memory it must not.
        """
        program = program_of(case.model, optimize=optimize, core_name=self.name, states=case.states)
        memory = _Memory(self._machine(), program, aligned)
        inputs = case.inputs
        for state in [*(state for state, _ in program.states), *program.graph.variables()]:
            memory.write(memory.place(state), initial(state).tobytes())
        for tensor, values in zip(program.inputs, inputs, strict=True):
            memory.write(memory.place(tensor), np.ascontiguousarray(values).tobytes())
        instructions = sum(self._call(memory, call, count) for call in program.calls)
        outputs = [
            np.frombuffer(memory.read(memory.place(tensor), tensor.bytes), DTYPES[tensor.dtype][1]).reshape(tensor.shape)
            for tensor in program.outputs
        ]
        stack = memory.read(memory.stack - STACK, STACK)
        return Outcome(outputs, [call.function for call in program.calls], instructions, len(stack.lstrip(b"\xa5")))

    def _machine(self) -> Any:
        uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        uc.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{CORES[self.name].emulator}"))
        uc.mem_map(_CODE, 0x100000, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        for address, data in self.image.segments:
            uc.mem_write(address, data)
        return uc

    def _call(self, memory: _Memory, call: Call, count: bool) -> int:
        values = [memory.argument(argument) for argument in call.arguments]
        uc, executed = memory.uc, [0]
        if count:
            uc.hook_add(unicorn.UC_HOOK_CODE, lambda *_: executed.__setitem__(0, executed[0] + 1))
        top = memory.stack - 4 * ((max(0, len(values) - 4) + 1) & ~1)
        memory.write(top, b"".join(struct.pack("<I", value) for value in values[4:]))
        registers = [arm_const.UC_ARM_REG_R0, arm_const.UC_ARM_REG_R1, arm_const.UC_ARM_REG_R2, arm_const.UC_ARM_REG_R3]
        for register, value in zip(registers, values, strict=False):
            uc.reg_write(register, value)
        uc.reg_write(arm_const.UC_ARM_REG_SP, top)
        uc.reg_write(arm_const.UC_ARM_REG_LR, _STOP | 1)
        try:
            uc.emu_start(self.image.symbols[call.function] | 1, _STOP)
        except unicorn.UcError as error:
            place = self.image.where(uc.reg_read(arm_const.UC_ARM_REG_PC))
            raise AssertionError(f"{call.function}: {error} at {place}, memory {memory.touched:#x}") from error
        assert uc.reg_read(arm_const.UC_ARM_REG_SP) == top
        assert not memory.unaligned, f"{call.function}: unaligned access at {self.image.where(memory.unaligned[0])}"
        return executed[0]


class _Memory:
    """Arrays of one program, each at the end of pages of its own."""

    declared = _declared()

    def __init__(self, uc: Any, program: Program, aligned: bool) -> None:
        self.uc, self.program, self.touched = uc, program, 0
        self._next = _RAM
        self._placed: dict[int, int] = {}
        self._kept: list[object] = []  # ids above stay taken
        uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._invalid)
        if aligned:
            uc.hook_add(unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE, self._check_alignment)
        self.unaligned: list[int] = []
        self.stack = self.array(STACK, 8) + STACK
        self.write(self.stack - STACK, b"\xa5" * STACK)

    def _invalid(self, _uc: Any, _kind: int, address: int, *_: Any) -> bool:
        self.touched = address
        return False

    def _check_alignment(self, uc: Any, _kind: int, address: int, size: int, *_: Any) -> None:
        """Note what hardware faults on and the emulator does not: LDM, STM, LDRD, STRD off a word's boundary (ARMv7-M manual, A3.2.1)."""
        if size == 4 and address & 3:
            pc = uc.reg_read(arm_const.UC_ARM_REG_PC)
            code = int.from_bytes(uc.mem_read(pc, 2), "little")
            if code & 0xFE00 == 0xE800 or code & 0xF000 == 0xC000:
                self.unaligned.append(pc)

    def array(self, size: int, alignment: int) -> int:
        """The address of new memory that ends, alignment permitting, where nothing is mapped any more."""
        pages = -(-max(size, 1) // _PAGE) * _PAGE
        self._next += _PAGE
        self.uc.mem_map(self._next, pages)
        self._next += pages
        return (self._next - size) & -alignment

    def write(self, address: int, data: bytes) -> None:
        if data:
            self.uc.mem_write(address, data)

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.uc.mem_read(address, size))

    def constant(self, data: bytes, alignment: int) -> int:
        address = self.array(len(data), alignment)
        self.write(address, data)
        return address

    def place(self, value: Tensor | Const | Scratch) -> int:
        """Tensors that share storage in the arena share it here."""
        owner = self.program.plan.of(value) if isinstance(value, Tensor) else value
        if id(owner) not in self._placed:
            self._placed[id(owner)] = self._place(value)
            self._kept.append(owner)
        return self._placed[id(owner)]

    def _place(self, value: Tensor | Const | Scratch) -> int:
        if isinstance(value, Const):
            return self.constant(value.data.tobytes(), value.data.itemsize)
        if isinstance(value, Scratch):
            return self.array(value.bytes, 4)
        size = max(tensor.bytes for tensor in self.program.plan.of(value).tensors)
        return self.array(size, DTYPES[value.dtype][0] // 8 or 1)

    def argument(self, value: Any) -> int:
        if isinstance(value, Struct):
            sizes = self.declared[value.ctype]
            return self.constant(b"".join(self._fields(value.fields[name], size) for name, size in sizes.items()), 4)
        if isinstance(value, At):
            return self.argument(value.place) + value.offset
        if isinstance(value, Tensor | Const | Scratch):
            return self.place(value)
        return int(value or 0) & 0xFFFFFFFF

    def _fields(self, value: Any, size: int = _LOOPS) -> bytes:
        if isinstance(value, Mapping):
            return b"".join(map(self._fields, value.values()))
        if isinstance(value, Sequence):
            return b"".join(map(self._fields, [*value, *[0] * (size - len(value))]))
        if isinstance(value, float):
            return struct.pack("<f", value)
        return struct.pack("<I", self.argument(value))
