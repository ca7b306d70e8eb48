"""Generated programs on a Cortex-M55 in QEMU (mps3-an547): one image, run once, its UART read.

Instructions are counted by SysTick: with -icount shift=0 one takes one nanosecond; a loop of known length says how many a tick is.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.compiler.batch import Case, program_of
from tinylm import paths
from tinylm.compiler.graph import DTYPES
from tinylm.compiler.program import Program
from tinylm.cores import CORES
from tinylm.firmware.toolchain import Unit, Zig

QEMU = shutil.which("qemu-system-arm")
needs_qemu = pytest.mark.skipif(QEMU is None, reason="qemu-system-arm is not on PATH")
_CORE = "cortex-m55"
_REPEAT, _LOOP = 16, 100_000
_SCRIPT = """SECTIONS {
    . = 0;
    .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) }
    . = 0x30000000;
    .data : { *(.data*) }
    .bss (NOLOAD) : { *(.bss*) *(COMMON) }
    /DISCARD/ : { *(.ARM.exidx*) *(.ARM.extab*) }
}
"""
_START = """
#define REG(at) (*(volatile uint32_t *)(at))
static void put(char c)
{
    while (REG(0x59303004) & 1)
        ;
    REG(0x59303000) = (uint8_t)c;
}
static void hex(uint32_t value, int digits)
{
    while (digits--)
        put("0123456789abcdef"[value >> 4 * digits & 15]);
}
static void finish(void)
{
    __asm__ volatile("movs r0, #0x18\\n ldr r1, =0x20026\\n bkpt 0xab" ::: "r0", "r1");
}
static void fault(void)
{
    put('!');
    finish();
}
static uint32_t ticks(uint32_t since)
{
    return (since - REG(0xE000E018)) & 0xffffff;
}
static void run(void);
void start(void)
{
    REG(0xE000ED88) |= 0xf << 20;
    __asm__ volatile("dsb\\n isb");
    REG(0x59303008) = 1;
    REG(0x59303010) = 16;
    REG(0xE000E014) = 0xffffff;
    REG(0xE000E018) = 0;
    REG(0xE000E010) = 5;
    run();
    finish();
}
__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))0x30070000, start, fault, fault, fault, fault, fault};
"""

_RUN = """
enum { STACK = 4096, PAINT = 0x5ac31234 };
typedef struct { void (*reset)(void), (*invoke)(void); int (*intact)(void); const tl_io *in, *out; int ins, outs; } model;
static const model models[];
static const uint8_t inputs[];
static const int count;
static void run(void)
{
    uint32_t start = REG(0xE000E018), n = LOOP, *low = (uint32_t *)__builtin_frame_address(0) - STACK / 4;
    const uint8_t *from = inputs;
    __asm__ volatile("1: subs %0, #1\\n bne 1b" : "+r"(n));
    hex(ticks(start), 8);
    put('\\n');
    for (const model *m = models; m != models + count; m++) {
        m->reset();
        for (int i = 0; i < m->ins; from += m->in[i++].bytes)
            memcpy(m->in[i].data, from, m->in[i].bytes);
        for (volatile uint32_t *at = low; at != low + STACK / 4 - 64; at++) /* not what run() has itself */
            *at = PAINT;
        m->invoke();
        for (n = 0; ((volatile uint32_t *)low)[n] == PAINT;)
            n++;
        hex(STACK - 4 * n, 4);
        put(' ');
        for (int i = 0; i < m->outs; i++)
            for (uint32_t at = 0; at < m->out[i].bytes; at++)
                hex(((const uint8_t *)m->out[i].data)[at], 2);
        start = REG(0xE000E018);
        for (int i = 0; i < REPEAT; i++)
            m->invoke();
        n = ticks(start);
        put(' ');
        hex(n, 8);
        put(' ');
        put(m->intact() ? '1' : '0');
        put('\\n');
    }
}
"""
_RUN_FENCE = """
int main_fence(int fault);
static void run(void)
{
    if (!FAULT)
        hex((uint32_t)main_fence(0), 1);
    else
        hex((uint32_t)main_fence(1), 1);
}
"""


@dataclass
class Outcome:
    """outputs: in the graph's order. functions: the kernels that ran. instructions: of an invocation.

    stack: bytes used, those of the test's loop included.
    """

    outputs: list[np.ndarray]
    functions: list[str]
    instructions: float
    stack: int


@dataclass
class M55:
    """``cases`` compiled and run. outcomes: of each."""

    cases: list[Case]
    folder: Path
    programs: list[Program] = field(init=False)
    outcomes: list[Outcome] = field(init=False)

    def __post_init__(self) -> None:
        self.programs = [program_of(case.model, f"c{i}_", core_name=_CORE) for i, case in enumerate(self.cases)]
        said = _run(self._build())
        assert re.fullmatch(r"[0-9a-f \n]+", said), said[-200:]
        lines = said.splitlines()
        tick = 2 * _LOOP / int(lines[0], 16)
        self.outcomes = [self._outcome(program, line, tick) for program, line in zip(self.programs, lines[1:], strict=True)]

    def _outcome(self, program: Program, line: str, tick: float) -> Outcome:
        stack, raw, ticks, intact = line.split(" ")
        assert intact == "1"
        data, outputs = bytes.fromhex(raw), []
        for tensor in program.outputs:
            outputs.append(np.frombuffer(data[: tensor.bytes], DTYPES[tensor.dtype][1]).reshape(tensor.shape))
            data = data[tensor.bytes :]
        return Outcome(outputs, [call.function for call in program.calls], int(ticks, 16) * tick / _REPEAT, int(stack, 16))

    def _build(self) -> Path:
        sources = ['#include "tl_types.h"']
        for i, program in enumerate(self.programs):
            (self.folder / f"c{i}").mkdir()
            for name, text in program.files.items():
                (self.folder / f"c{i}" / name).write_text(text)
            sources += [f'#include "c{i}/model_data.c"', f'#include "c{i}/model.c"']
        rows = [
            f"{{c{i}_model_reset, c{i}_model_invoke, c{i}_arena_intact, c{i}_inputs, c{i}_outputs, {len(p.inputs)}, {len(p.outputs)}}}"
            for i, p in enumerate(self.programs)
        ]
        data = b"".join(np.ascontiguousarray(value).tobytes() for case in self.cases for value in case.inputs)
        sources += [
            _START,
            _RUN.replace("LOOP", str(_LOOP)).replace("REPEAT", str(_REPEAT)),
            f"static const model models[] = {{{', '.join(rows)}}};",
            f"static const uint8_t inputs[] = {{{', '.join(map(str, data))}}};",
            f"static const int count = {len(rows)};",
        ]
        kernels = sorted({kernel for program in self.programs for kernel in program.kernels})
        return _link("\n".join(sources), kernels, self.folder)


def run_c(source: Path, kernels: list[Path], folder: Path) -> list[str]:
    """What ``main_fence`` of a C file says: ! for a fault where it asks for one; then whether all is as it should be."""
    said = []
    for fault in (1, 0):
        elf = _link(f'#include "tl_types.h"\n{_START}\n{_RUN_FENCE.replace("FAULT", str(fault))}', [source, *kernels], folder)
        said.append(_run(elf))
    return [said[0], "as it should be" if said[1] == "1" else said[1]]


def _link(text: str, sources: list[Path], folder: Path) -> Path:
    whole, script, elf = folder / "all.c", folder / "image.ld", folder / "image.elf"
    whole.write_text(text + "\n")
    script.write_text(_SCRIPT)
    units = [Unit(whole, "model", "s"), Unit(paths.TEMPLATES / "runtime" / "tl_libc.c", "model", "s", libc=True)]
    units += [Unit(source, "kernels", "2") for source in sources]
    compiler, core = Zig(strict=False), CORES[_CORE]
    objects = compiler.compile(units, core, [paths.KERNELS / "include", folder])
    compiler.link(objects, core, script, "start", elf)
    return elf


def _run(elf: Path) -> str:
    """What the image writes to its UART before it ends."""
    assert QEMU is not None
    options = ["-machine", "mps3-an547", "-display", "none", "-monitor", "none", "-serial", "stdio", "-semihosting"]
    command = [QEMU, *options, "-icount", "shift=0", "-kernel", str(elf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, check=False)
    assert done.stdout, done.stderr[-500:]
    return done.stdout
