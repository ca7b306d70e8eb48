"""python -m tinylm flash"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinylm.cli import options, show

if TYPE_CHECKING:
    from tinylm.boards import Board
    from tinylm.firmware.build import Optimize


@click.command("flash")
@options.board
@options.model
@click.option("--port", "-p", help="The board's serial port, or the folder where its UF2 drive is mounted.  [default: found by its USB id]")
@click.option("--method", help="uf2, pyocd, openocd, ...  [default: the first of the board's that is installed]")
@click.option("--dry-run", is_flag=True, help="Build, look for the board and print the command; change nothing.")
@options.optimize
@options.toolchain
@options.output
@options.as_json
def command(
    board: Board | str,
    model: str,
    port: str | None,
    method: str | None,
    dry_run: bool,
    optimize: Optimize,
    toolchain: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Build the firmware and put it on a board.

    By whatever is there: the board's UF2 drive, or a flashing tool on PATH, in the board's order of preference. The image is complete and
    read back, and the board recognised, before anything is erased; afterwards the firmware's build id is read over its console.

    \b
    Examples:
      python -m tinylm flash --board pico
      python -m tinylm flash --board nrf52840 --method pyocd --dry-run
      python -m tinylm flash --board nucleo-l4r5 --port /dev/ttyACM0
    """
    from tinylm import boards
    from tinylm.firmware.make import make_image
    from tinylm.flashing import flash as flashing

    with show.working(f"Building for {board}", as_json):
        built = make_image(board, model, output, optimize, toolchain)
    target = boards.board(board) if isinstance(board, str) else board
    flashing.check_image(target, built)
    chosen = flashing.plan(target, built, port, method)
    if not as_json:
        print(f"{chosen.method.name}: {chosen.shown}", flush=True)
    done = None if dry_run else flashing.flash(chosen, built)
    if as_json:
        image = {"board": built.board, "model": built.model, "build_id": built.build_id}
        how = {"method": chosen.method.name, "command": chosen.command}
        show.print_json({**image, **how, "port": chosen.console, "flashed": done is not None, "verified": bool(done and done.verified)})
    elif done is None:
        print("dry run: nothing was changed.")
    elif done.verified:
        print(f"{built.model} runs on {chosen.console}: it answers with build {done.verified}.")
    else:
        print(f"{built.model} is on the board; no console was found to ask for its build id ({built.build_id}). Name one with --port.")
