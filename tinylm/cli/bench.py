"""python -m tinylm bench"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinylm.bundle import load_bundle
from tinylm.cli import options, show
from tinylm.errors import EXIT_DONE, EXIT_FAILED, InputError

if TYPE_CHECKING:
    from tinylm.bench.measure import Measurement
    from tinylm.boards import Board
    from tinylm.cli.modes import Mode
    from tinylm.firmware.build import Optimize

_PATH = click.Path(path_type=Path)


@click.command("bench")
@options.board_option("--board", "-b", "boards", multiple=True, default=["nrf52840"], show_default=True, help="May be repeated.")
@click.option(
    "--model", "-m", "models", multiple=True, default=[options.DEFAULT_MODEL], show_default=True, help="As for build; may be repeated."
)
@click.option("--mode", type=click.Choice(["performance", "accuracy", "energy"]), help="Measure one model by MLPerf Tiny's rules.")
@click.option("--dataset", type=_PATH, help="Labelled inputs: folder with y_labels.csv, or zip; language model: lines 'text TAB answer'.")
@options.target
@options.port
@options.renode
@options.timeout
@options.output
@click.option("--monitor", help="Energy: the serial port of an X-NUCLEO-LPM01A, which supplies the device.")
@click.option("--voltage", type=click.FloatRange(1.8, 3.3), default=3.3, show_default=True, help="Energy: what the monitor supplies.")
@click.option("--recording", type=_PATH, help="Energy: a Joulescope's .jls file of a run, instead of a monitor.")
@click.option("--inferences", type=click.IntRange(1), help="Energy: inferences in each window of the recording.")
@click.option("--submission", type=_PATH, help="Write the results into this folder as MLCommons' submission checker reads them.")
@click.option("--submitter", default="tinylm", show_default=True, help="Name of the submitter's folder.")
@click.option("--division", type=click.Choice(["open", "closed"]), default="open", show_default=True, help="Of the submission.")
@click.option("--compare", type=_PATH, nargs=2, metavar="A.json B.json", help="Only show two results of --json side by side.")
@options.optimize
@options.toolchain
@options.tune
@options.as_json
def command(
    boards: tuple[Board, ...],
    models: tuple[str, ...],
    mode: Mode | None,
    target: str | None,
    port: str | None,
    renode: Path | None,
    timeout: float,
    output: Path | None,
    compare: tuple[Path, Path] | None,
    optimize: Optimize,
    toolchain: str,
    tuned: bool,
    as_json: bool,
    **wish: Any,
) -> int:
    """Count what models cost on boards, or measure one by the rules of MLPerf Tiny.

    Without --mode: instructions, cycles, arena, code; in the embedded emulator, on the built image. Where a baseline of TensorFlow Lite
    Micro with CMSIS-NN is stored (the MLPerf Tiny reference models), the ratio is shown. With --mode: performance (median over five
    inputs, at least ten seconds of device time each), accuracy (top-1 and AUC over a labelled set), energy (by a power monitor); of a
    language model tokens/s, bits/byte and exact match. Exit code 1: an output differs from the oracle, or the accuracy is not reached.

    \b
    Examples:
      python -m tinylm bench --board nrf52840 --board pico --model commands --model kws_ref_model.tflite
      python -m tinylm bench --board nrf52840 --model kws_ref_model.tflite --mode accuracy --dataset kws01/
      python -m tinylm bench --board pico --port /dev/ttyACM0 --mode performance --json > pico.json
      python -m tinylm bench --compare pico.json nrf52840.json
    """
    from tinylm.cli import modes

    if compare:
        return modes.compare(*compare, as_json)
    if mode:
        if len(boards) > 1 or len(models) > 1:
            raise InputError("--mode measures one model on one board.", hint="Call it once for each.")
        place = options.Place(boards[0], target, port, timeout, optimize, toolchain, tuned, output, renode)
        return modes.run(place, load_bundle(models[0]), modes.Wish(mode, **wish), as_json)
    return _count(boards, models, optimize, toolchain, tuned, as_json)


def _count(boards: tuple[Board, ...], models: tuple[str, ...], optimize: Optimize, toolchain: str, tuned: bool, as_json: bool) -> int:
    from tinylm.bench.measure import measure

    loaded = [load_bundle(model) for model in models]
    rows: list[Measurement] = []
    with tempfile.TemporaryDirectory() as folder, show.progress(as_json) as report:
        for board in boards:
            for bundle in loaded:
                report("bench", len(rows), len(loaded) * len(boards), f"{bundle.name} on {board}")
                rows.append(measure(bundle, board, optimize, Path(folder) / str(board) / bundle.name, toolchain, tuned))
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
