"""Where the instructions go, by layer and by kind: python -m bench.where [--model M] [--board B] [--optimize O]."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.counts import bundle_of
from tinylm.bench.profile import KINDS, Layer, profile


def _row(title: str, kernel: str, macs: int, layer: Layer) -> str:
    a_mac = f"{layer.total / macs:6.2f}" if macs else "     -"
    kinds = " ".join(f"{layer.instructions[kind]:>11,}" for kind in KINDS)
    return f"{title[:52]:52} {kernel[:28]:28} {macs:>9,} {layer.total:>11,} {a_mac} {layer.cycles:>11,} {kinds}"


def show(layers: list[Layer]) -> None:
    """Print the table: a row a kernel call, then sums. Cycles are estimated, without flash waits."""
    heads = " ".join(f"{kind:>11}" for kind in KINDS)
    print(f"{'layer':52} {'kernel':28} {'MACs':>9} {'instr.':>11} {'a MAC':>6} {'est. cycles':>11} {heads}")
    for layer in layers:
        print(_row(layer.title, layer.kernel, layer.macs, layer))
    whole = Layer("the model", "")
    for layer in layers[:-1]:
        whole.instructions.update(layer.instructions)
        whole.cycles += layer.cycles
    print(_row(whole.title, "", sum(layer.macs for layer in layers), whole))
    print(" " * 111 + " ".join(f"{whole.instructions[kind] / whole.total:>11.1%}" for kind in KINDS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="commands", help="a name of bench/counts.py, a bundle or a .tflite")
    parser.add_argument("--board", default="nrf52840")
    parser.add_argument("--optimize", default="balanced", choices=["size", "balanced", "speed"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bundle = bundle_of(options.model, Path(folder))
        show(profile(bundle, options.board, options.optimize, Path(folder) / "out"))


if __name__ == "__main__":
    main()
