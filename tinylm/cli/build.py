"""python -m tinylm build"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinylm.cli import options, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tinylm.boards import Board
    from tinylm.compiler.lowering import Packing
    from tinylm.firmware.build import Constants, Optimize


@click.command("build")
@options.board
@options.model
@options.home
@options.optimize
@options.toolchain
@options.tune
@click.option(
    "--constants",
    type=click.Choice(["auto", "flash", "ram"]),
    default="auto",
    show_default=True,
    help="Where weights are read from; auto: RAM where the board's flash is slow and there is room.",
)
@click.option("--prefix", default="", help="Of a model that writes text: a prompt that all go on from; the state behind it lies in flash.")
@click.option("--energy", is_flag=True, help="For MLPerf Tiny's energy mode: 9600 baud, laps as edges of a pin (docs/benchmark.md).")
@options.output
@options.as_json
def command(
    board: Board | str,
    model: str,
    home: Path | None,
    optimize: Optimize,
    toolchain: str,
    tuned: bool,
    constants: Constants,
    prefix: str,
    energy: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Compile a model to C and build firmware for a board.

    Writes firmware.elf, .hex, .bin (and .uf2 where the board takes it), a memory map, the generated C and a picture
    of the arena. A model that does not fit the board is refused before anything is compiled, with the numbers.
    The commands model knows the names of one home: yours, with --home.

    \b
    Examples:
      python -m tinylm build --board nrf52840
      python -m tinylm build --board pico --model my_model.tflite --optimize size
      python -m tinylm build --board pico --model commands --home home.toml
      python -m tinylm build --board nrf52840 --model stories --prefix "Once upon a time"
    """
    from tinylm import boards
    from tinylm.bench.tune import tune
    from tinylm.bundle import load_bundle
    from tinylm.firmware.make import make
    from tinylm.paths import write_file
    from tinylm.report.memory import arena_svg, peak_text

    with show.working(f"Building for {board}", as_json):
        bundle = load_bundle(model, home, prefix)
        decisions = tune(bundle, boards.board(board), optimize) if tuned else None
        result, program = make(board, bundle, output, optimize, constants, toolchain, energy, decisions)
        picture = result.elf.with_name("arena.svg")
        write_file(picture, arena_svg(program))
    if as_json:
        plan = {"bytes": program.arena_bytes, "live_peak": program.plan.live_peak, "peak": peak_text(program), "picture": str(picture)}
        show.print_json({**result.to_json(), "arena": plan, "packings": [vars(packing) for packing in program.packings]})
        return
    sizes = result.sizes
    rows = [
        ("flash", f"{show.number(sizes.flash_used)} B", f"of {show.number(sizes.flash_limit)}: what the image occupies in program memory"),
        *[(f"  {part}", f"{show.number(size)} B", _PARTS.get(part, "")) for part, size in sizes.flash.items() if size],
        ("RAM", f"{show.number(sizes.ram_used)} B", f"of {show.number(sizes.ram_limit)}: working memory, stack included"),
        *[(f"  {part}", f"{show.number(size)} B", _PARTS.get(part, "")) for part, size in sizes.ram.items() if size],
    ]
    show.table(f"{result.model} for {result.board} ({result.core}, {result.toolchain}, build {result.build_id})", rows)
    print(f"  arena: {show.number(program.arena_bytes)} B; {peak_text(program)}")
    if program.packings:
        print(f"  packed: {_packed_text(program.packings)}")
    for kind, path in {**result.files, "arena": picture}.items():
        print(f"  {kind:5} {_relative(path)}")


_PARTS = {
    "constants": "weights and tables of the model",
    "tokenizer": "text to tokens and back",
    "kernels": "the arithmetic: matrix products, activations",
    "runtime": "console protocol and text generation",
    "startup": "vectors, clocks, UART, fault handler",
    "libraries": "compiler support: division, float, 64-bit products",
    "padding": "bytes between parts, for alignment",
    "data": "initial values of variables",
    "arena": "tensors of one inference; shared where they never live together",
    "state": "what the model remembers from token to token",
    "stack": "reserved for function calls",
    "other": "console and tokenizer buffers",
}


def _packed_text(packings: Sequence[Packing]) -> str:
    groups, plain, slow = (sum(getattr(packing, part) for packing in packings) for part in ("groups", "plain", "slow"))
    return f"{len(packings)} layers, {groups} groups of rows, proved exact; {plain} stored plain and {slow} finished the long way instead"


def _relative(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
