"""Fits tinylm/compiler/packing/costs.py to instructions counted in the emulator: python -m bench.costs."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from tests.compiler.layers import fully_connected
from tests.compiler.on_core import Core, build_kernels
from tests.compiler.on_riscv import RiscvCore
from tinylm.compiler.ops import signs

KINDS = {"ternary": ([-1, 0, 1], "int8"), "binary": ([-1, 1], "int8"), "int8": ([-127, 0, 127], "int8"), "int4": ([-1, 0, 1], "int4")}
OUTPUTS = [8, 8, 8, 16, 16, 24, 40, 40, 64, 64, 128, 200, 320, 384, 90, 33]
INPUTS = [8, 40, 96, 24, 64, 200, 40, 12, 64, 300, 32, 96, 88, 96, 16, 77]


def fit(core: Core, kind: str) -> tuple[np.ndarray, float]:
    """(the four costs, the largest relative error)."""
    values, dtype = KINDS[kind]
    rng = np.random.default_rng(1)
    signs.pays = lambda *_: kind in ("ternary", "binary")
    counts = []
    for n, k in zip(OUTPUTS, INPUTS, strict=True):
        w, x = rng.choice(values, (n, k)).astype(np.int8), rng.integers(-128, 128, (1, k)).astype(np.int8)
        counts.append(core.run(fully_connected(w, x, np.zeros(n, np.int32), None, (3, -5), 0, dtype), count=True).instructions)
    n, k, right = np.array(OUTPUTS), np.array(INPUTS), np.array(counts)
    terms = np.stack([np.ones(n.size), n, k, n * k], axis=1) / right[:, None]
    found = np.linalg.lstsq(terms, np.ones(n.size), rcond=None)[0]
    return found, float(np.abs(terms @ found - 1).max())


def main() -> None:
    for name in ("cortex-m0plus", "cortex-m3", "rv32imc", "cortex-m4"):
        with tempfile.TemporaryDirectory() as folder:
            elf = build_kernels(name, Path(folder), ["lookup_s8"])
            core = (RiscvCore if name.startswith("rv") else Core)(elf, name)
        for kind in KINDS:
            found, error = fit(core, kind)
            print(f"{name:14} {kind:8} {', '.join(f'{value:.3f}' for value in found)}  within {error:.0%}")


if __name__ == "__main__":
    main()
