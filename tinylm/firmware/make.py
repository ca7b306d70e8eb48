"""From names to a built image: what build, test and run have in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tinylm import boards
from tinylm.boards import Board
from tinylm.bundle import Bundle, load_bundle
from tinylm.compiler.program import Program, compile_bundle
from tinylm.errors import InputError
from tinylm.firmware.build import BuildResult, Constants, Optimize, build
from tinylm.firmware.toolchain import toolchain as compiler


def default_output(board: str | Board, model: str) -> Path:
    """Where a build goes unless told otherwise."""
    return Path("build") / str(board) / model


def make_image(
    board_name: str | Board,
    model: str | Path | Bundle,
    output: Path | None,
    optimize: Optimize,
    toolchain: str = "zig",
    tuned: Mapping[str, bool] | None = None,
) -> BuildResult:
    """Compile ``model`` and build it for a board. Raises InputError, ModelError, FitError, MissingError, ToolError."""
    return make(board_name, model, output, optimize, toolchain=toolchain, tuned=tuned)[0]


def make(
    board_name: str | Board,
    model: str | Path | Bundle,
    output: Path | None,
    optimize: Optimize,
    constants: Constants = "auto",
    toolchain: str = "zig",
    energy: bool = False,
    tuned: Mapping[str, bool] | None = None,
) -> tuple[BuildResult, Program]:
    """The same, with the program that went in. energy: for the benchmark's energy mode, see Board.for_energy; tuned: the compiler's
    decisions that were measured (tinylm.bench.tune)."""
    if board_name == boards.HOST:
        raise InputError(
            "'host' is a board without firmware; it has nothing to build.", hint="Use it with: python -m tinylm test --board host."
        )
    board = boards.board(board_name)
    board = board.for_energy() if energy else board
    with_compiler = compiler(toolchain, board.core)
    bundle = model if isinstance(model, Bundle) else load_bundle(model)
    program = compile_bundle(bundle, board.core, optimize, tuned)
    target = output or default_output(board.name, bundle.name)
    result = build(bundle, program, board, target, optimize=optimize, constants=constants, toolchain=with_compiler)
    return result, program
