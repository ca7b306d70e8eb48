"""python -m tinylm boards"""

from __future__ import annotations

from typing import Any

import click

from tinylm.cli import options, show


@click.command("boards")
@options.as_json
def command(as_json: bool) -> None:
    """List the boards: core, clock, memory, where their image runs and what was verified."""
    from tinylm import boards

    loaded = [boards.board(name) for name in boards.names()]
    if as_json:
        show.print_json({"boards": [_entry(board) for board in loaded]})
        return
    for board in loaded:
        entry = _entry(board)
        clock = f"{board.file.clock_hz / 1e6:g} MHz"
        memory = f"{board.flash.length // 1024} KB flash, {board.ram.length // 1024} KB RAM"
        print(f"{board.name:12} {board.file.title}\n{'':12} {board.soc.title}, {board.core.name} at {clock}, {memory}")
        tried = "tried on hardware" if board.file.status.hardware else "not tried on hardware"
        print(f"{'':12} targets: {', '.join(entry['targets'])}; tests run it in: {', '.join(board.file.status.ci) or 'nothing'}; {tried}")
    print(f"{'host':12} this machine: the same C as a native library (test only)")


def _entry(board: Any) -> dict[str, Any]:
    return {
        "name": board.name,
        "title": board.file.title,
        "core": board.core.name,
        "clock_hz": board.file.clock_hz,
        "flash": board.flash.length,
        "ram": board.ram.length,
        "targets": board.file.targets,
        "status": {"ci": board.file.status.ci, "hardware": board.file.status.hardware, "note": board.file.status.note},
    }
