"""python -m tinylm bench"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinylm.cli import options, show
from tinylm.errors import EXIT_DONE, EXIT_FAILED

if TYPE_CHECKING:
    from tinylm.bench.measure import Measurement
    from tinylm.boards import Board
    from tinylm.firmware.build import Optimize


@click.command("bench")
@options.board_option("--board", "-b", "boards", multiple=True, default=["nrf52840"], show_default=True, help="May be repeated.")
@click.option(
    "--model", "-m", "models", multiple=True, default=[options.DEFAULT_MODEL], show_default=True, help="As for build; may be repeated."
)
@options.optimize
@options.toolchain
@options.as_json
def command(boards: tuple[Board, ...], models: tuple[str, ...], optimize: Optimize, toolchain: str, as_json: bool) -> int:
    """Count what models cost on boards: instructions, cycles, arena, code; in the embedded emulator, on the built image.

    Where a baseline of TensorFlow Lite Micro with CMSIS-NN is stored (the MLPerf Tiny reference models), the ratio is shown.
    Exit code 1: an output differs from the oracle.

    \b
    Example:
      python -m tinylm bench --board nrf52840 --board pico --model commands --model kws_ref_model.tflite
    """
    from tinylm.bench.measure import measure
    from tinylm.bundle import load_bundle

    loaded = [load_bundle(model) for model in models]
    rows: list[Measurement] = []
    with tempfile.TemporaryDirectory() as folder, show.progress(as_json) as report:
        for board in boards:
            for bundle in loaded:
                report("bench", len(rows), len(loaded) * len(boards), f"{bundle.name} on {board}")
                rows.append(measure(bundle, board, optimize, Path(folder) / str(board) / bundle.name, toolchain))
    if as_json:
        show.print_json({"measurements": [row.to_json() for row in rows]})
    else:
        _print(rows, optimize)
    return EXIT_FAILED if any(row.mismatched for row in rows) else EXIT_DONE


def _print(rows: list[Measurement], optimize: str) -> None:
    heads = ("model", "board", "instructions", "per MAC", "est. cycles", "arena", "live peak", "code", "flash", "compared", "differ")
    lines: list[tuple[str, ...]] = [heads]
    for row in rows:
        per_mac = f"{row.instructions_per_mac:.2f}" if row.instructions_per_mac else "-"
        figures = (row.instructions, per_mac, row.cycles, row.arena, row.live_peak, row.code, row.flash, row.compared, row.mismatched)
        lines.append((row.model, row.board, *(f"{v:,}" if isinstance(v, int) else v for v in figures)))
        if row.baseline:
            ratios = (row.instructions / row.baseline.instructions, row.arena / row.baseline.arena, row.code / row.baseline.code)
            shown = [f"x{ratio:.2f}" for ratio in ratios]
            lines.append(("  against TFLM + CMSIS-NN", "", shown[0], "", "", shown[1], "", shown[2], "", "", ""))
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    for line in lines:
        print("  ".join(f"{text:{w}}" if i < 2 else f"{text:>{w}}" for i, (text, w) in enumerate(zip(line, widths, strict=True))).rstrip())
    print(f"\n--optimize {optimize}")
    for word, meaning in _WORDS.items():
        print(f"  {word:12}  {meaning}")


_WORDS = {
    "instructions": "of one inference, or one token of a language model; counted exactly",
    "est. cycles": "from a cost table of the core, without flash wait states",
    "arena": "bytes of RAM for tensors; live peak: all tensors that live at once, which the arena can undercut by overlapping them",
    "code": "bytes of flash that are neither model constants nor tokenizer, startup and console",
    "compared": "output bytes, or tokens, held against TFLM; differ: how many were not equal",
}
