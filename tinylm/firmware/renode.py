"""Files beside an image that run it in Renode: the platform (extending the stock one), a script, a Robot Framework test."""

from __future__ import annotations

from tinylm.boards import Board
from tinylm.bundle import Bundle
from tinylm.firmware.render import templates

FOLDER = "renode"


def renode_files(board: Board, bundle: Bundle, build_id: str) -> dict[str, str]:
    """Text by file name; none where stock Renode does not know the chip."""
    if board.soc.renode is None:
        return {}
    context = {
        "board": board,
        "soc": board.soc,
        "core": board.core,
        "flash": board.flash,
        "bundle": bundle,
        "build_id": build_id,
        "uart": board.soc.renode.uarts[board.file.console.peripheral],
        "mips": board.file.clock_hz // 1_000_000,
    }
    environment = templates(board)
    kinds = {"repl": "platform.repl", "resc": "script.resc", "robot": "test.robot"}
    return {f"{board.name}.{kind}": environment.get_template(f"renode/{name}.j2").render(context) for kind, name in kinds.items()}
