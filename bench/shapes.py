"""Instructions a product over odd shapes, so that cliffs show: python -m bench.shapes [CORE ...] (cortex-m4, cortex-m0plus, rv32imc).

Each family of layers is the same but for one number; a shape that takes more than twice a neighbour's instructions a product is marked.
Random int8 weights and inputs, per-channel scales, outputs checked against the operator's meaning.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tests.compiler.batch import Case, program_of
from tests.compiler.layers import convolution, expect_equal, fully_connected, of
from tests.compiler.on_core import Core, build_kernels
from tests.compiler.on_riscv import RiscvCore

CORES = ("cortex-m4", "cortex-m0plus")
_CLIFF = 2.0


def _dense(outputs: int, inputs: int) -> Case:
    rng = np.random.default_rng(1)
    w, x = of("random", rng, (outputs, inputs)), of("random", rng, (1, inputs))
    return fully_connected(w, x, rng.integers(-999, 999, outputs).astype(np.int32))


def _conv(channels: int, outputs: int, taps: tuple[int, int] = (3, 3), side: int = 7, **options: int) -> Case:
    image = (1, side, side, channels)
    return convolution("CONV_2D", np.random.default_rng(1), image, taps, outputs, "random", activation=0, **options)


def _depthwise(channels: int, multiplier: int = 1, taps: tuple[int, int] = (3, 3), **options: int) -> Case:
    image = (1, 9, 9, channels)
    return convolution("DEPTHWISE_CONV_2D", np.random.default_rng(1), image, taps, multiplier, "random", activation=0, **options)


#: Title, what changes, its values, the layer.
FAMILIES: list[tuple[str, str, tuple[int, ...], Callable[[int], Case]]] = [
    ("FULLY_CONNECTED of 64 outputs", "inputs", (60, 61, 62, 63, 64, 65, 66, 68, 72), lambda n: _dense(64, n)),
    ("FULLY_CONNECTED of 64 inputs", "outputs", (1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33), lambda n: _dense(n, 64)),
    ("CONV_2D 3x3, 16 outputs", "channels", (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16), lambda n: _conv(n, 16)),
    ("CONV_2D 3x3, 8 channels", "outputs", (1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17), lambda n: _conv(8, n)),
    ("CONV_2D 3x3, 8 channels to 16", "stride", (1, 2, 3), lambda n: _conv(8, 16, stride=n)),
    ("CONV_2D 3x3, 8 channels to 16", "dilation", (1, 2, 3), lambda n: _conv(8, 16, dilation=n)),
    ("CONV_2D, 8 channels to 16", "taps a side", (1, 2, 3, 4, 5), lambda n: _conv(8, 16, (n, n))),
    ("CONV_2D 1x1, 16 outputs", "channels", (13, 14, 15, 16, 17, 18, 20), lambda n: _conv(n, 16, (1, 1))),
    ("CONV_2D 1x1, 16 channels to 16", "stride", (1, 2, 3), lambda n: _conv(16, 16, (1, 1), stride=n)),
    ("CONV_2D 3x3, 8 channels to 16", "side of the image", (1, 2, 3, 4, 5, 6, 7), lambda n: _conv(8, 16, side=n)),
    ("DEPTHWISE_CONV_2D 3x3", "channels", (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16), _depthwise),
    ("DEPTHWISE_CONV_2D 3x3 of 8 channels", "stride", (1, 2, 3), lambda n: _depthwise(8, stride=n)),
    ("DEPTHWISE_CONV_2D 3x3 of 8 channels", "dilation", (1, 2), lambda n: _depthwise(8, dilation=n)),
    ("DEPTHWISE_CONV_2D 3x3 of 8 channels", "multiplier", (1, 2, 3), lambda n: _depthwise(8, n)),
    ("DEPTHWISE_CONV_2D of 8 channels", "taps a side", (2, 3, 4, 5), lambda n: _depthwise(8, taps=(n, n))),
]


def measured(core: Core) -> Iterator[tuple[str, str, int, int, float, str]]:
    """Title, what changes, its value, products, instructions a product, kernels; of every shape."""
    for title, what, values, layer in FAMILIES:
        for value in values:
            case = layer(value)
            outcome = expect_equal(core, case)
            products = program_of(case.model, core_name=core.name).macs
            instructions = core.run(case, count=True).instructions
            yield title, what, value, products, instructions / products, ", ".join(name.removeprefix("tl_") for name in outcome.functions)


def cliffs(rows: list[float]) -> list[bool]:
    """Which take more than twice what a neighbour takes."""
    padded = [math.inf, *rows, math.inf]
    return [row > _CLIFF * min(before, after) for before, row, after in zip(padded, rows, padded[2:], strict=False)]


def main() -> None:
    for name in sys.argv[1:] or CORES:
        with tempfile.TemporaryDirectory() as folder:
            elf = build_kernels(name, Path(folder), ["depthwise_s8", "conv_s8", "fc_s8", "lookup_s8"])
            core = (RiscvCore if name.startswith("rv") else Core)(elf, name)
        rows = list(measured(core))
        for title, what, values, _ in FAMILIES:
            family = [row for row in rows if row[:2] == (title, what) and row[2] in values]
            print(f"{name}: {title}, by {what}")
            for row, cliff in zip(family, cliffs([row[4] for row in family]), strict=True):
                print(f"  {row[2]:>4} {row[3]:>9,} products {row[4]:>7.2f} a product {'CLIFF' if cliff else '':5}  {row[5]}")


if __name__ == "__main__":
    main()
