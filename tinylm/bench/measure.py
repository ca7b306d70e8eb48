"""What a model costs on a board: instructions, estimated cycles, arena, code; counted on the built image, compared with the oracle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinylm import boards
from tinylm.bench.check import run_checks, time_only
from tinylm.bench.make import end_token
from tinylm.bench.tune import tune
from tinylm.boards import Board
from tinylm.bundle import Bundle
from tinylm.compiler.program import compile_bundle
from tinylm.firmware.build import Optimize, build
from tinylm.firmware.toolchain import toolchain as compiler
from tinylm.schema import Strict, load
from tinylm.targets.open import open_emulator

_BASELINES = Path(__file__).with_name("baselines.toml")


class Baseline(Strict):
    """TFLM with CMSIS-NN on a Cortex-M4. code, arena: bytes; instructions: of one inference."""

    title: str
    file: str
    code: int
    arena: int
    instructions: int


@dataclass(frozen=True)
class Measurement:
    """One model on one board. code: flash that is neither the model's constants, its tokenizer, nor the board's startup and console.

    cycles: estimated, no flash wait states; flash_cycles: with them, where the SoC's TOML tells the timing.
    compared, mismatched: output bytes, or tokens of a language model. baseline: where one is stored, for Cortex-M4.
    """

    model: str
    board: str
    core: str
    optimize: str
    macs: int
    instructions: int
    cycles: int
    flash_cycles: int | None
    arena: int
    live_peak: int
    code: int
    constants: int
    flash: int
    ram: int
    compared: int
    mismatched: int
    baseline: Baseline | None

    @property
    def instructions_per_mac(self) -> float | None:
        return self.instructions / self.macs if self.macs else None

    def to_json(self) -> dict[str, Any]:
        fields = {key: value for key, value in vars(self).items() if key != "baseline"}
        result = fields | {"instructions_per_mac": round(self.instructions_per_mac, 4) if self.instructions_per_mac else None}
        if self.baseline:
            result["baseline"] = {key: getattr(self.baseline, key) for key in ("code", "arena", "instructions")}
        return result


def baseline_of(bundle: Bundle) -> Baseline | None:
    """The stored baseline of a model, by the name of its file."""
    stored = load(_BASELINES, dict[str, Baseline])
    return next((entry for entry in stored.values() if entry.file == bundle.graph.file), None)


def measure(
    bundle: Bundle,
    board_name: str | Board,
    optimize: Optimize,
    folder: Path,
    toolchain: str = "zig",
    tuned: bool = False,
    compared: bool = True,
) -> Measurement:
    """Build, run in the embedded emulator, compare and count. tuned: see tinylm.bench.tune. compared: False: count alone, in less time.

    Raises MissingError without the emulator extra, and what a build raises.
    """
    board = boards.board(board_name)
    decisions = tune(bundle, board, optimize) if tuned else None
    program = compile_bundle(bundle, board.core, optimize, decisions)
    image = build(bundle, program, board, folder, optimize=optimize, toolchain=compiler(toolchain, board.core))
    with open_emulator(board, image.elf, image.build_id, end_token(bundle), stalls=True) as device:
        report = run_checks(device, bundle, lambda *_: None) if compared else time_only(device, bundle)
    outside = ("startup", "runtime", "tokenizer", "padding")
    code = image.sizes.flash_used - program.constant_bytes - sum(image.sizes.flash.get(part, 0) for part in outside)
    return Measurement(
        model=bundle.name,
        board=board.name,
        core=board.core.name,
        optimize=optimize,
        macs=program.macs,
        instructions=report.instructions or 0,
        cycles=report.cycles or 0,
        flash_cycles=None if report.stalls is None else (report.cycles or 0) + report.stalls,
        arena=program.arena_bytes,
        live_peak=program.plan.live_peak,
        code=code,
        constants=program.constant_bytes,
        flash=image.sizes.flash_used,
        ram=image.sizes.ram_used,
        compared=report.compared,
        mismatched=report.mismatched,
        baseline=baseline_of(bundle) if board.core.name == "cortex-m4" else None,
    )
