"""python -m tinylm boards"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tinylm.cli import options, show
from tinylm.errors import InputError


@click.command("boards")
@click.argument("words", nargs=-1, metavar="[NAME | new NAME]")
@click.option("--soc", help="With new: the chip.  [default: nrf52840]")
@options.boards_dir
@options.as_json
@click.pass_context
def command(context: click.Context, words: tuple[str, ...], soc: str | None, as_json: bool) -> None:
    """List the boards: core, clock, memory, where their image runs and what was verified; show one; start one of your own.

    \b
    Examples:
      python -m tinylm boards                                        all of them
      python -m tinylm boards nucleo-l4r5                            one, in full
      python -m tinylm boards new my-board --soc stm32f407           writes boards/my-board.toml, with a comment on every key
      python -m tinylm build --board my-board --boards-dir boards    uses it
    """
    own = options.own_boards(context)
    if words[:1] == ("new",):
        _new(words[1:], soc or "nrf52840", own)
    elif soc:
        raise InputError("--soc goes with 'new'.", hint="Like: python -m tinylm boards new my-board --soc stm32f407.")
    elif words:
        _show_one(words, own, as_json)
    else:
        _list(own, as_json)


def _list(own: Path | None, as_json: bool) -> None:
    from tinylm import boards

    loaded = [boards.board(name, own) for name in boards.names(own)]
    if as_json:
        show.print_json({"boards": [_entry(board) for board in loaded]})
        return
    lines = [("board", "chip", "core", "MHz", "flash KB", "RAM KB", "runs in", "tests run it in", "hardware")]
    for board in loaded:
        status = board.file.status
        figures = (f"{board.file.clock_hz / 1e6:g}", f"{board.flash.length // 1024}", f"{board.ram.length // 1024}")
        seen = (", ".join(board.file.targets), ", ".join(status.ci) or "nothing", "tried" if status.hardware else "not tried")
        lines.append((board.name, board.soc.title, board.core.name, *figures, *seen))
    lines.append(("host", "this machine", "", "", "", "", "host", "host", ""))
    show.columns(lines, right=(3, 4, 5))
    print("\nOne of them in full: python -m tinylm boards NAME. One of your own: python -m tinylm boards new NAME --soc SOC.")


def _show_one(words: tuple[str, ...], own: Path | None, as_json: bool) -> None:
    from tinylm import boards

    if len(words) > 1:
        raise InputError(f"one board at a time, not {len(words)}.", hint="'boards' without a name lists them all.")
    board = boards.board(words[0], own)
    file, soc, status = board.file, board.soc, board.file.status
    if as_json:
        show.print_json(_entry(board))
        return
    wired = f"{file.console.tx} sends, {file.console.rx} receives" if file.console.tx is not None else "pins of its own"
    rows = [
        ("chip", soc.title, f"documented in {soc.reference}"),
        ("core", board.core.name, ", ".join(sorted(board.core.features))),
        ("clock", f"{file.clock_hz / 1e6:g} MHz", f"of at most {soc.max_clock_hz / 1e6:g}"),
        *[(part.kind, f"{part.length // 1024} KB", str(part)) for part in board.memory],
        ("stack", f"{file.reserve.stack} B", "reserved for function calls"),
        ("console", file.console.peripheral, f"{file.console.baud} baud; {wired}"),
        ("USB ids", f"{len(file.console.usb) or 'none'}", ", ".join(file.console.usb) or "of the serial port that it shows"),
        ("energy mode", f"{'no' if file.timestamp_pin is None else file.timestamp_pin}", "the pin that marks its windows"),
        ("runs in", ", ".join(file.targets) or "nothing", "targets for test and run"),
        ("tested in", ", ".join(status.ci) or "nothing", "by the project's tests"),
        ("hardware", "tried" if status.hardware else "not tried", status.note),
        ("flashers", ", ".join(file.flash_methods) or "none", "in order of preference"),
        ("file", board.path.name, str(board.path)),
    ]
    if file.application:
        rows.insert(3, ("image", f"{board.flash.start:#x}", f"starts there, behind {file.application // 1024} KB of bootloader"))
    print(f"{board.name}: {file.title}")
    show.columns([(f"  {word}", value, meaning) for word, value, meaning in rows])


def _new(words: tuple[str, ...], soc: str, own: Path | None) -> None:
    from tinylm.boards import own_folder
    from tinylm.firmware.new_board import write_board

    if len(words) != 1:
        raise InputError("'boards new' takes one name.", hint="Like: python -m tinylm boards new my-board --soc stm32f407.")
    path = write_board(words[0], soc, own)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    told = "" if path.parent == own_folder(Path.cwd()) else f" --boards-dir {shown.parent}"
    print(f"{shown}: written. Correct it, then: python -m tinylm build --board {path.stem}{told}")


def _entry(board: Any) -> dict[str, Any]:
    return {
        "name": board.name,
        "title": board.file.title,
        "soc": board.soc.name,
        "core": board.core.name,
        "clock_hz": board.file.clock_hz,
        "flash": board.flash.length,
        "ram": board.ram.length,
        "console": {"peripheral": board.file.console.peripheral, "tx": board.file.console.tx, "rx": board.file.console.rx},
        "timestamp_pin": board.file.timestamp_pin,
        "targets": board.file.targets,
        "flash_methods": board.file.flash_methods,
        "status": {"ci": board.file.status.ci, "hardware": board.file.status.hardware, "note": board.file.status.note},
        "file": str(board.path),
    }
