"""The CPU cores: instruction set and features, compiler flags, emulator model. A leaf: data only.

Flags: ziglang's clang takes features on -mcpu; GCC takes -mcpu/-mfpu/-march (both lists tried, see docs/toolchains.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from tinylm.errors import InputError, nearest


@dataclass(frozen=True)
class Core:
    """name: ours. isa: 'arm' or 'riscv'. features: subset of {dsp, fpu, mve, scalar}; scalar: kernels for cores without SIMD.

    emulator: unicorn CPU model, or None. cycles_checked: how far its estimated cycles are from a published measurement.
    """

    name: str
    isa: str
    zig: tuple[str, ...]
    gcc: tuple[str, ...]
    features: frozenset[str] = frozenset()
    emulator: str | None = None

    @property
    def cycles_checked(self) -> str:
        return _CYCLES_CHECKED.get(self.name, "not checked against a published figure")


# CoreMark by our estimates (python -m bench.coremark) against measurements without flash waits; sources in docs/performance.md.
_CYCLES_CHECKED = {
    "cortex-m0plus": "CoreMark 4 % faster than published",
    "cortex-m4": "CoreMark 3 % slower than published, by another compiler",
    "cortex-m7": "CoreMark 41 % slower than published",
    "cortex-m33": "CoreMark 27 % slower than published",
    "rv32imc": "CoreMark 18 % faster than published",
}


def _arm(name: str, zig_cpu: str, gcc: str, features: str = "", emulator: str | None = None) -> Core:
    words = frozenset(features.split())
    abi = "eabihf" if "fpu" in words else "eabi"
    return Core(name, "arm", ("-target", f"thumb-freestanding-{abi}", f"-mcpu={zig_cpu}"), tuple(gcc.split()), words, emulator)


def _riscv(name: str, zig_cpu: str, march: str) -> Core:
    common = ("-mabi=ilp32", "-msmall-data-limit=0")
    # merged globals would not tell the state from the arena
    zig = ("-target", "riscv32-freestanding-none", f"-mcpu={zig_cpu}", *common, "-mllvm", "-enable-global-merge=false")
    # 2.2: the CSR instructions are part of I, and libgcc is found under the name without zicsr
    gcc = (f"-march={march}", "-misa-spec=2.2", *common)
    return Core(name, "riscv", zig, gcc, frozenset({"scalar"}), "RISCV32")


_HARD = "-mthumb -mfloat-abi=hard"
# GNU as 2.40 reads the conditional VCVT of "not equal" as MVE's VCVTN, and refuses it: GCC is not to make any.
_NO_VCVTNE = "-fno-if-conversion2"

CORES: dict[str, Core] = {
    core.name: core
    for core in (
        _arm("cortex-m0", "cortex_m0", "-mcpu=cortex-m0 -mthumb", features="scalar", emulator="CORTEX_M0"),
        _arm("cortex-m0plus", "cortex_m0plus", "-mcpu=cortex-m0plus -mthumb", features="scalar", emulator="CORTEX_M0"),
        _arm("cortex-m3", "cortex_m3", "-mcpu=cortex-m3 -mthumb", features="scalar", emulator="CORTEX_M3"),
        _arm("cortex-m4", "cortex_m4+vfp4d16sp", f"-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 {_HARD}", "dsp fpu", "CORTEX_M4"),
        _arm("cortex-m7", "cortex_m7+fp_armv8d16", f"-mcpu=cortex-m7 -mfpu=fpv5-d16 {_HARD}", "dsp fpu", "CORTEX_M7"),
        _arm("cortex-m33", "cortex_m33+dsp+fp_armv8d16sp", f"-mcpu=cortex-m33 -mfpu=fpv5-sp-d16 {_HARD}", "dsp fpu", "CORTEX_M33"),
        _arm("cortex-m55", "cortex_m55+mve_fp+fp_armv8d16", f"-mcpu=cortex-m55 {_HARD} {_NO_VCVTNE}", "dsp fpu mve"),
        _riscv("rv32imc", "generic_rv32+m+c", "rv32imc"),
        _riscv("hazard3", "generic_rv32+m+a+c", "rv32imac"),  # has Zba, Zbb, Zbs, Zbkb besides, which unicorn does not know
        Core("host", "host", ("-target", "native"), ()),
    )
}


def core(name: str, where: str | None = None) -> Core:
    """The core of that name. Raises InputError with the nearest known one."""
    try:
        return CORES[name]
    except KeyError:
        raise InputError(f"unknown core '{name}'.", where=where, hint=nearest(name, CORES)) from None
