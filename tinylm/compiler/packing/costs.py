"""What fully connected layers cost, in instructions: fitted to emulator counts of 16 shapes from 8 x 8 to 384 x 96, within 20 %, by
python -m bench.costs."""

from __future__ import annotations

from tinylm.cores import Core

#: A call, an output, an input, a product.
Cost = tuple[float, float, float, float]
_V6M: dict[str, Cost] = {
    "ternary": (275, 46.6, 56.7, 0.835),
    "binary": (511, 48.7, 51.0, 0.495),
    "int8": (138, 41.3, 4.5, 3.116),
    "int4": (80, 47.4, 6.5, 2.144),
}
_V7M: dict[str, Cost] = {
    "ternary": (151, 34.8, 41.3, 0.841),
    "binary": (347, 36.2, 34.1, 0.507),
    "int8": (115, 30.7, 2.3, 2.105),
    "int4": (78, 34.8, 6.1, 1.155),
}
_RISCV: dict[str, Cost] = {
    "ternary": (144, 43.1, 38.4, 1.075),
    "binary": (358, 45.3, 39.5, 0.636),
    "int8": (149, 26.9, 4.1, 3.229),
    "int4": (90, 35.3, 7.6, 2.140),
}
_DSP: dict[str, Cost] = {
    "ternary": (151, 20.9, 1.8, 0.356),
    "binary": (151, 20.9, 1.8, 0.356),
    "int8": (122, 11.5, 2.4, 0.714),
    "int4": (121, 12.4, 3.0, 0.848),
}


def _table(core: Core) -> dict[str, Cost]:
    if "dsp" in core.features:
        return _DSP
    if core.isa == "riscv":
        return _RISCV
    return _V7M if core.name == "cortex-m3" else _V6M


def instructions(core: Core, kind: str, outputs: int, inputs: int) -> float:
    """Of one vector through a layer. kind: of the kernel: ternary, binary, int8, int4."""
    call, output, given, product = _table(core)[kind]
    return call + output * outputs + given * inputs + product * outputs * inputs
