"""The machine: a core, the memory and the peripherals of a board, and an image that runs on them from reset."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from tinylm.boards import Board
from tinylm.boards import Peripheral as Entry
from tinylm.errors import InputError, TargetError, nearest
from tinylm.targets.emulator import bootrom
from tinylm.targets.emulator.arm import ArmCore
from tinylm.targets.emulator.bus import Fault, Unmodelled
from tinylm.targets.emulator.core import Pause
from tinylm.targets.emulator.counter import Watch
from tinylm.targets.emulator.engine import unicorn
from tinylm.targets.emulator.image import load_image
from tinylm.targets.emulator.line import Line
from tinylm.targets.emulator.peripherals import MODELS, Peripheral
from tinylm.targets.emulator.riscv import RiscvCore

Faults = Literal["stop", "deliver"]
_PAGE = 0x1000
_CORES: dict[str, type[ArmCore] | type[RiscvCore]] = {"arm": ArmCore, "riscv": RiscvCore}
_SLICE = 20_000_000  # cycles between two looks at the outside (Ctrl-C, the wall clock)


class Machine:
    """An emulated board. Deterministic: the same image and the same bytes at the same moments give the same run.

    faults: "stop": an access to nothing, an undefined instruction and the like raise TargetError, naming the place;
    "deliver": the firmware's fault handler sees them, as on hardware.
    native: see ArmCore. skip_waiting: see Bus.
    """

    def __init__(self, board: Board, elf: Path, *, faults: Faults = "stop", native: bool | None = None, skip_waiting: bool = True) -> None:
        if board.core.isa not in _CORES or board.core.emulator is None:
            raise InputError(f"the embedded emulator has no {board.core.name} core.", hint="Choose another target for this board.")
        self.board, self.faults = board, faults
        self.image = load_image(elf)
        self.core = _CORES[board.core.isa](board.core, board.file.clock_hz, native)
        self.clock, self.bus = self.core.clock, self.core.bus
        self.bus.skip_waiting = skip_waiting
        self._lines: dict[str, Line] = {}
        self._asleep = self._paused = False
        self._map_memory()
        self._ram = [region for region in board.memory if region.kind == "ram"]
        self.peripherals: dict[str, Peripheral] = {}
        for entry in board.soc.peripherals:
            self._attach(entry)
        self.console = self.line(board.file.console.peripheral, board.file.console.baud)
        self.console.expected = board.file.console.baud
        self.console.sent = self._sent
        self._wanted = 0
        self.core.exceptions.drop_frames = faults == "deliver"
        self._load()
        bootrom.start(self.core, board)

    # Making it.

    def _map_memory(self) -> None:
        for region in self.board.memory:
            rights = unicorn.UC_PROT_ALL if region.kind == "ram" else unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC
            start, end = region.start & -_PAGE, -(-region.end // _PAGE) * _PAGE
            if region.kind == "flash" and self.board.soc.data_window is not None:
                self._map_windows(start, end - start, self.board.soc.data_window)
            else:
                self.core.uc.mem_map(start, end - start, rights)
            if region.kind == "flash":
                self.core.store(region.start, b"\xff" * region.length)  # erased

    def _map_windows(self, code: int, length: int, data: int) -> None:
        """One memory at two places: instructions are fetched at one, data loaded at the other."""
        self._flash = ctypes.create_string_buffer(length)  # unicorn does not keep it
        at = ctypes.cast(self._flash, ctypes.c_void_p)
        self.core.uc.mem_map_ptr(code, length, unicorn.UC_PROT_EXEC, at)
        self.core.uc.mem_map_ptr(data, length, unicorn.UC_PROT_READ, at)

    def _attach(self, entry: Entry) -> None:
        if entry.model is None:
            return
        if entry.model not in MODELS:
            raise InputError(f"unknown peripheral model '{entry.model}'.", where=self.board.soc.name, hint=nearest(entry.model, MODELS))
        model = MODELS[entry.model](self, entry)
        self.bus.attach(model, entry.base, model.span)
        self.peripherals[entry.name] = model

    def _load(self) -> None:
        for address, data in self.image.segments:
            regions = [region for region in self.board.memory if region.start <= address and address + len(data) <= region.end]
            if not regions:
                raise InputError(
                    f"the image has {len(data)} bytes at {address:#010x}, outside the memory of {self.board.soc.title}.",
                    hint="Was it linked for another board?",
                )
            self.core.store(address, data)

    # What the peripherals use.

    def interrupt(self, number: int | None, level: bool) -> None:
        if number is not None:
            self.core.exceptions.line(number, level)
            if level:
                self.core.stop()

    def attention(self) -> None:
        self.core.stop()

    def interrupt_controller(self, translate: Callable[[int], int], plain: bool = True) -> None:
        if not isinstance(self.core, RiscvCore):
            raise InputError(f"the {self.board.core.name} has an interrupt controller of its own.", where=self.board.soc.name)
        self.core.exceptions.controller = translate
        if not plain:
            self.core.exceptions.enabled = lambda: 0xFFFF_FFFF

    def line(self, name: str, baud: int) -> Line:
        return self._lines.setdefault(name, Line(self.clock, baud))

    def dma_read(self, address: int, count: int) -> bytes:
        self._check_dma(address, count)
        return self.core.load(address, count)

    def dma_write(self, address: int, data: bytes) -> None:
        self._check_dma(address, len(data))
        self.core.store(address, data)

    def _check_dma(self, address: int, count: int) -> None:
        if not any(region.start <= address and address + count <= region.end for region in self._ram):
            near = self.image.where(self.core.state.address)
            raise TargetError(
                f"DMA of {count} bytes at {self.image.where(address)}, which is not RAM, near PC {near}.",
                where=self.board.name,
                hint="DMA reaches RAM only: copy constants out of flash first.",
            )

    # Running it.

    @property
    def instructions(self) -> int:
        """Executed so far."""
        return self.core.state.instructions

    @property
    def cycles(self) -> int:
        """Estimated cycles executed so far, sleep not included (``clock.now`` includes it)."""
        return self.core.state.cycles

    def watch(self, function: str) -> Watch:
        """Count calls, instructions and estimated cycles of a function. Raises InputError: no such function."""
        address = self.image.symbols.get(function)
        if address is None:
            raise InputError(f"the image has no function '{function}'.", hint=nearest(function, self.image.symbols))
        return self.core.counter.watch(address)

    def wait_for(self, count: int) -> None:
        """Have ``run`` pause once the device has sent so many bytes that nobody has taken yet; 0: never."""
        self._wanted = count

    def _sent(self) -> None:
        if self._wanted and len(self.console.to_host) >= self._wanted:
            self.pause()

    def pause(self) -> None:
        """Have ``run`` return at the start of the next block."""
        self._paused = True
        self.core.stop()

    def run(self, until: int) -> bool:
        """Run to the moment ``until`` (cycles of virtual time), or until a pause.

        False: the device waits, nothing is planned that would wake it, and time has not passed: only a byte from
        the host helps. Raises TargetError: a fault, with the place.
        """
        self._paused = False
        while True:
            self._run_events()
            if self._paused or self.clock.now >= until:
                return True
            self._wake()
            if not (self._asleep or self.bus.waiting):
                self._step(until)
            elif not self._sleep(until):
                return False

    def _run_events(self) -> None:
        try:
            self.clock.run_due()
        except Unmodelled as error:
            raise TargetError(f"a peripheral {error}.", where=self.board.name) from error

    def _wake(self) -> None:
        exceptions = self.core.exceptions
        if exceptions.wakes():
            self._asleep = False
            if self.core.take_interrupt():
                self.bus.awake()

    def _sleep(self, until: int) -> bool:
        due = self.clock.due
        if due is None:
            if not self._asleep and self.bus.stuck:
                what = f"the firmware waits for ever: {self.bus.stuck}; PC {self.image.where(self.core.pc)}."
                raise TargetError(what, where=self.board.name)
            return False
        self.clock.sleep_until(min(due, until))
        if due <= until:
            self.bus.awake()
        return True

    def _step(self, until: int) -> None:
        core, state = self.core, self.core.state
        due, now = self.clock.due, self.clock.now
        end = min(until, now + _SLICE, until if due is None else due)
        if core.exceptions.wakes():  # pending but masked: look again after every block
            end = now + 1
        state.stop = 0
        outcome = core.run(end - self.clock.idle)
        if self.bus.failure:
            failure, self.bus.failure = self.bus.failure, None
            raise failure
        if isinstance(outcome, Fault):
            self._fault(outcome)
        elif outcome is Pause.WAIT:
            self._asleep = True
        elif outcome is Pause.HINT and due is not None and not core.exceptions.wakes():
            self.clock.sleep_until(min(due, until))
        if core.reset_asked:
            raise TargetError(f"the firmware asked for a reset (AIRCR), near PC {self.image.where(state.address)}.")

    def _fault(self, fault: Fault) -> None:
        pc = self.core.pc
        if self.faults == "deliver":
            self.core.deliver(fault)
            return
        # A jump to nowhere leaves the program counter there: the way back is in LR and the block before.
        place = self.image.where(pc if fault.kind != "fetch" else self.core.state.address)
        via = f", LR {self.image.where(self.core.get(self.core.link) & ~1)}"
        raise TargetError(f"{fault}; PC {place}{via}.", where=self.board.name)
