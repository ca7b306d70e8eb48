"""Where the instructions of one inference go: by layer and by kind, counted on the built image in the embedded emulator.

A layer is one kernel call of tl_model_invoke. Kinds, told block by block from what the code does:
- products: kernels that multiply and accumulate, in each block up to its last multiply-accumulate, with the loads that feed it;
- requantise: of those kernels what follows in a block that scales sums (high multiplies, saturation), and the finishing routines;
- movement: the rest of those kernels (expanding and gathering activations, loops), and kernels that only move bytes;
- elementwise: kernels without products; protocol: everything outside the model.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinylm import boards
from tinylm.bench.reference import typical_input
from tinylm.boards import Board
from tinylm.bundle import Bundle
from tinylm.compiler.lowering import Call
from tinylm.compiler.ops import spec_of
from tinylm.compiler.program import Program, compile_bundle
from tinylm.errors import TargetError
from tinylm.firmware.build import Optimize, build
from tinylm.targets.open import INVOKE
from tinylm.targets.session import Session

KINDS = ("products", "requantise", "movement", "elementwise", "protocol")
_MULTIPLIERS = re.compile(r"tl_(fc|fours|quads|conv|depthwise|batch_matmul|causal|svdf|lstm|transpose_conv|attention)")
_MOVERS = re.compile(r"tl_(\w+_expand|copy|update|gather|pick|move|fill|select|embed)|mem(cpy|move|set)")
_FINISHERS = re.compile(r"finish|requantise")
_PRODUCT = re.compile(r"(smla|smua|smul[bwt]|smlad|smlsd|smmla|mla|mls|muls?|vmla\w*|vml\w*|mul)(\.\w+)?$")
_SCALE = re.compile(r"(smmul|smmulr|smull|ssat|usat|vqrdmulh|vrshl|mulh|mulhsu)(\.\w+)?$")


@dataclass
class Layer:
    """One kernel call, or what lies outside of them. operator: its index; instructions: by kind; cycles: estimated."""

    title: str
    kernel: str
    macs: int = 0
    operator: int | None = None
    cycles: int = 0
    instructions: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.instructions.total()

    def to_json(self) -> dict[str, Any]:
        return {
            "layer": self.title,
            "kernel": self.kernel,
            "macs": self.macs,
            "instructions": self.total,
            "cycles": self.cycles,
            "by_kind": {kind: self.instructions[kind] for kind in KINDS},
        }


def profile(bundle: Bundle, board_name: str | Board, optimize: Optimize, folder: Path) -> list[Layer]:
    """Build for a board, run one inference, say where its instructions went; the last entry is what lies outside the model.

    Raises MissingError without the emulator extra, and what a build raises.
    """
    board = boards.board(board_name)
    return profile_program(bundle, compile_bundle(bundle, board.core, optimize), board, optimize, folder)


def profile_program(bundle: Bundle, program: Program, board: Board, optimize: Optimize, folder: Path) -> list[Layer]:
    """The same of a program that was compiled already."""
    from tinylm.targets.emulator import EmulatorStream, Machine

    image = build(bundle, program, board, folder, optimize=optimize)
    machine = Machine(board, image.elf)
    tracer = _Tracer(machine, len(program.calls))  # from the start: blocks that have run would not call a later hook
    with EmulatorStream(machine) as stream:
        session = Session(stream)
        session.boot()
        given = typical_input(bundle) if bundle.is_language_model else None
        if given is not None:
            session.load(given)
        session.infer(1, 1)
        tracer.counts = True
        session.infer(1, 0)
    layers = [_layer(call) for call in program.calls]
    outside = Layer("outside the model", "console, copying inputs")
    for (number, address, size), count in tracer.executions.items():
        layer = outside if number is None else layers[number]
        cost = machine.core._costs.block(machine.core.load(address, size), address)
        layer.cycles += count * cost.cycles + tracer.taken[number, address, size] * cost.taken
        kinds = {"protocol": cost.instructions} if number is None else tracer.kinds(layer.kernel, address, size)
        for kind, instructions in kinds.items():
            layer.instructions[kind] += count * instructions
    return [*layers, outside]


def _layer(call: Call) -> Layer:
    operator = call.operator
    if operator is None:
        return Layer("state copied", call.function)
    shapes = " x ".join(str(list(tensor.shape)) for tensor in operator.inputs[:2] if tensor is not None)
    products = 0 if _MOVERS.match(call.function) else spec_of(operator).products(operator)
    return Layer(f"{operator.index} {operator.name} {shapes}", call.function, products, operator.index)


class _Tracer:
    """Counts executions of blocks by the kernel call they happened in (None: outside). taken: those left by their branch."""

    def __init__(self, machine: Any, calls: int) -> None:
        from tinylm.targets.emulator.engine import unicorn

        self.machine, self.state = machine, machine.core.counter.state
        self.counts = False
        self.executions: Counter[tuple[int | None, int, int]] = Counter()
        self.taken: Counter[tuple[int | None, int, int]] = Counter()
        self._start = machine.image.symbols[INVOKE]
        self._ends = self._calls(calls)
        self._layer: int | None = None
        self._back = self._end = 0
        self._last: tuple[int | None, int, int] | None = None
        machine.core.uc.hook_add(unicorn.UC_HOOK_BLOCK, self._block)

    def _calls(self, wanted: int) -> list[int]:
        """Addresses behind the model's kernel calls, in order; the last one may be a jump at the function's end."""
        size = self.machine.image.size_of(INVOKE)
        found = [
            entry.address + entry.size
            for entry in self._decode(self._start, size)
            if entry.mnemonic in ("bl", "blx", "b.w", "b", "jal", "jalr", "j", "tail")
        ]
        if len(found) != wanted:
            raise TargetError(f"{INVOKE} makes {len(found)} calls, the program {wanted}: layers cannot be told apart.")
        return found

    def _decode(self, address: int, size: int) -> Any:
        return self.machine.core._costs._disassembler.disasm(self.machine.core.load(address, size), address)

    def _block(self, uc: Any, address: int, size: int, _: Any) -> None:
        if self.state.address != address:  # the counter has stopped the run here: the block comes again
            return
        if not self.counts:
            return
        if self._start <= address < self._ends[-1]:
            if address == self._start:
                self._back = self.machine.core.get("lr") & ~1
            self._layer = next(number for number, end in enumerate(self._ends) if address < end)
        elif address == self._back:
            self._layer = None
        if self._last is not None and address != self._end:
            self.taken[self._last] += 1
        self._last, self._end = (self._layer, address, size), address + size
        self.executions[self._last] += 1

    def kinds(self, kernel: str, address: int, size: int) -> dict[str, int]:
        """Instructions of a block by kind. kernel: the one that is called."""
        function = self.machine.image.where(address)
        mnemonics = [entry.mnemonic for entry in self._decode(address, size)]
        if _FINISHERS.search(function):
            return {"requantise": len(mnemonics)}
        if _MOVERS.search(kernel) or INVOKE in function or "(mem" in function:
            return {"movement": len(mnemonics)}
        if not _MULTIPLIERS.search(kernel):
            return {"elementwise": len(mnemonics)}
        products = max((at + 1 for at, name in enumerate(mnemonics) if _PRODUCT.match(name)), default=0)
        scales = any(_SCALE.match(name) for name in mnemonics)
        rest = len(mnemonics) - products
        if not products:
            return {"requantise" if scales else "movement": rest}
        # A loop's counter and branch belong to its products; a tail that scales does not.
        return {"products": products, "requantise": rest} if scales else {"products": products + rest}
