"""A device for a board and a bundle: built, then opened in the target that was asked for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from tinylm import boards
from tinylm.bundle import Bundle
from tinylm.compiler.program import compile_bundle
from tinylm.cores import core
from tinylm.firmware.build import Optimize, build_host
from tinylm.firmware.make import default_output, make_image
from tinylm.firmware.toolchain import toolchain as compiler
from tinylm.lm.tokenizer import Tokenizer
from tinylm.targets.open import Device, check_target, open_emulator, open_host, open_qemu, open_serial


def end_token(bundle: Bundle) -> int | None:
    """The token that ends an answer, None for a model without tokenizer."""
    tokenizer = bundle.manifest.tokenizer
    return Tokenizer.load(bundle.read(tokenizer.file)).end if tokenizer else None


def open_device(
    board_name: str,
    bundle: Bundle,
    target: str | None = None,
    port: str | None = None,
    output: Path | None = None,
    optimize: Optimize = "balanced",
    timeout: float = 5.0,
    toolchain: str = "zig",
) -> AbstractContextManager[Device]:
    """Build ``bundle`` for a board and open it. target: None for the first that the board names, or serial where a port is given.

    timeout: seconds of silence (virtual ones in the emulator) that mean the device will not answer.
    """
    end = end_token(bundle)
    if board_name == boards.HOST:
        program = compile_bundle(bundle, core(boards.HOST), optimize)
        folder = output or default_output(boards.HOST, bundle.name)
        return open_host(build_host(bundle, program, folder, toolchain=compiler(toolchain, program.core)), "", end)
    board = boards.board(board_name)
    target = target or ("serial" if port else board.file.targets[0])
    check_target(board, target)
    image = make_image(board_name, bundle, output, optimize, toolchain)
    if target == "serial":
        return open_serial(board, port, image.build_id, end, timeout)
    if target == "qemu":
        return open_qemu(board, image.elf, image.build_id, end, timeout)
    return open_emulator(board, image.elf, image.build_id, end, timeout)
