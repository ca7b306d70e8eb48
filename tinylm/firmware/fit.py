"""Does the model fit the board? Asked before anything is compiled, with measured estimates, and again of the linked image."""

from __future__ import annotations

from tinylm.boards import Board
from tinylm.errors import FitError
from tinylm.firmware.render import Program
from tinylm.firmware.sizes import Sizes, limits
from tinylm.firmware.tokenizer_tables import Tables

# Console, port, startup and libraries of the smallest images, without and with a language model: bytes of flash by instruction set, and of
# RAM. tests/firmware/test_build.py holds them against real builds.
RUNTIME_FLASH = {("arm", False): 6600, ("arm", True): 11900, ("riscv", False): 12800, ("riscv", True): 19300}
RUNTIME_RAM = {False: 448, True: 1920}
# Flash that takes so many cycles a line is behind a serial line: constants go to RAM if half of what is free holds them.
SLOW_FLASH = 16
RAM_SHARE = 0.5


def constants_pay_in_ram(board: Board, program: Program) -> bool:
    """Whether the model's constants are worth their place in RAM: the flash is slow and there is RAM to spare."""
    timing = board.soc.flash_timing if board.soc.data_window is None else None
    free = limits(board)[1] - board.file.reserve.stack - program.arena_bytes - program.state_bytes - RUNTIME_RAM[True]
    return timing is not None and timing.wait_states >= SLOW_FLASH and program.constant_bytes <= RAM_SHARE * free


def check_estimate(board: Board, program: Program, tables: Tables | None, constants_in_ram: bool = False) -> None:
    """Refuse what cannot fit. Raises FitError with the numbers and what would help."""
    flash_limit, ram_limit = limits(board)
    language, tokenizer = tables is not None, tables.flash_bytes if tables else 0
    runtime = RUNTIME_FLASH[board.core.isa, language]
    flash = {"model constants": program.constant_bytes, "tokenizer": tokenizer, "runtime (estimated)": runtime}
    stack = board.file.reserve.stack
    ram = {"arena": program.arena_bytes, "state": program.state_bytes, "stack": stack, "runtime (estimated)": RUNTIME_RAM[language]}
    if constants_in_ram:
        ram["constants"] = program.constant_bytes
    _check(board, program.name, "flash", flash, flash_limit)
    _check(board, program.name, "RAM", ram, ram_limit)


def check_image(board: Board, program: Program, sizes: Sizes) -> None:
    """The same of the linked image, exactly. Raises FitError."""
    _check(board, program.name, "flash", sizes.flash, sizes.flash_limit)
    _check(board, program.name, "RAM", sizes.ram, sizes.ram_limit)


def _check(board: Board, model: str, kind: str, parts: dict[str, int], limit: int) -> None:
    need = sum(parts.values())
    if need <= limit:
        return
    listed = " + ".join(f"{name} {size}" for name, size in parts.items() if size)
    if kind == "flash":
        hint = "A smaller model (narrower, fewer layers, a smaller vocabulary) or a board with more flash would help."
    else:
        hint = "A smaller arena (narrower layers, shorter sequences), a smaller reserve.stack, or a board with more RAM would help."
    raise FitError(
        f"the model does not fit: it needs {need} bytes of {kind} ({listed}), the {board.file.title} has {limit}; {need - limit} too many.",
        where=model,
        hint=hint,
    )
