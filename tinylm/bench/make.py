"""A device for a board and a bundle: built, then opened in the target that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from tinylm import boards
from tinylm.bench.tune import tune
from tinylm.boards import Board
from tinylm.bundle import Bundle
from tinylm.compiler.program import compile_bundle
from tinylm.cores import core
from tinylm.errors import InputError, TargetError
from tinylm.firmware.build import Optimize, build_host
from tinylm.firmware.make import default_output, make
from tinylm.firmware.renode import FOLDER
from tinylm.firmware.toolchain import toolchain as compiler
from tinylm.flashing import flash as flashing
from tinylm.lm.tokenizers import load_tokenizer
from tinylm.paths import write_file
from tinylm.targets.open import Device, check_target, open_emulator, open_host, open_qemu, open_renode, open_serial

TRANSCRIPT = "session.log"


def end_token(bundle: Bundle) -> int | None:
    """The token that ends an answer, None for a model without tokenizer."""
    tokenizer = bundle.manifest.tokenizer
    return load_tokenizer(bundle.read(tokenizer.file)).end if tokenizer else None


def open_device(
    board_name: str | Board,
    bundle: Bundle,
    target: str | None = None,
    port: str | None = None,
    output: Path | None = None,
    optimize: Optimize = "balanced",
    timeout: float = 5.0,
    toolchain: str = "zig",
    tuned: bool = False,
    energy: bool = False,
    renode: Path | None = None,
    flash: bool = False,
) -> AbstractContextManager[Device]:
    """Build ``bundle`` for a board and open it. target: None for the first that the board names, or serial where a port is given.
    tuned: with decisions that were measured, see tinylm.bench.tune.

    timeout: seconds of silence (virtual ones in the emulator) that mean the device will not answer. What was said is kept in
    session.log of the output folder; a TargetError brings its last lines. energy: firmware for the benchmark's energy mode.
    renode: the program, where it is neither named by the variable RENODE nor on PATH. flash: put the image on the board first, see
    tinylm.flashing.
    """
    where = output or default_output(board_name, f"{bundle.name}-energy" if energy else bundle.name)
    opened = _open(board_name, bundle, target, port, where, optimize, timeout, toolchain, tuned, energy, renode, flash)
    return _kept(opened, where / TRANSCRIPT)


@contextmanager
def _kept(opened: AbstractContextManager[Device], log: Path) -> Iterator[Device]:
    with opened as device:
        transcript = device.session.transcript
        try:
            yield replace(device, log=log)
        except TargetError as error:
            error.transcript, error.log = list(transcript), log
            raise
        finally:
            if log.parent.is_dir():
                write_file(log, "".join(f"{line}\n" for line in transcript))


def _open(
    board_name: str | Board,
    bundle: Bundle,
    target: str | None,
    port: str | None,
    output: Path,
    optimize: Optimize,
    timeout: float,
    toolchain: str,
    tuned: bool,
    energy: bool,
    renode: Path | None,
    flash: bool,
) -> AbstractContextManager[Device]:
    end = end_token(bundle)
    if board_name == boards.HOST:
        program = compile_bundle(bundle, core(boards.HOST), optimize)
        return open_host(build_host(bundle, program, output, toolchain=compiler(toolchain, program.core)), "", end)
    board = boards.board(board_name)
    board = board.for_energy() if energy else board
    target = target or ("serial" if port or flash else board.file.targets[0])
    check_target(board, target)
    if flash and target != "serial":
        raise InputError(f"--flash writes to a real board; the target '{target}' is none.", hint="Leave --target out, or --flash.")
    decisions = tune(bundle, board, optimize) if tuned else None
    image, _ = make(board_name, bundle, output, optimize, toolchain=toolchain, tuned=decisions, energy=energy)
    if flash:
        flashing.flash(flashing.plan(board, image, port), image, timeout)
    if target == "serial":
        return open_serial(board, port, image.build_id, end, timeout)
    if target == "qemu":
        return open_qemu(board, image.elf, image.build_id, end, timeout)
    if target == "renode":
        script = image.elf.parent / FOLDER / f"{board.name}.resc"
        return open_renode(board, script, image.build_id, end, timeout, renode)
    return open_emulator(board, image.elf, image.build_id, end, timeout)
