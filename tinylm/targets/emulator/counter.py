"""Counts instructions and estimated cycles at every basic block: a native hook where it can be built, Python otherwise.

Both stop the run at the start of a block (emu_stop inside a memory-mapped access would make unicorn run that access
twice), count the same, and keep the same watches. The structs mirror hook.c.
"""

from __future__ import annotations

import ctypes as c
from collections.abc import Callable
from typing import Any, Protocol

from tinylm.errors import InputError
from tinylm.targets.emulator.costs import Cost
from tinylm.targets.emulator.engine import native_library, unicorn
from tinylm.targets.emulator.native import build_hook

WATCHES = 8
_NEVER = (1 << 64) - 1
_UNKNOWN = c.CFUNCTYPE(None, c.c_uint32, c.c_uint32)


class _Block(c.Structure):
    _fields_ = [(name, c.c_uint32) for name in ("address", "size", "instructions", "cycles", "taken", "watch")]


class Watch(c.Structure):
    """calls, instructions, cycles: of the finished calls of a function, everything it called and interrupts included."""

    _fields_ = [
        *((name, c.c_uint32) for name in ("active", "back", "stack", "unused")),
        *((name, c.c_uint64) for name in ("calls", "instructions", "cycles", "entry_instructions", "entry_cycles")),
    ]
    active: int
    back: int
    stack: int
    calls: int
    instructions: int
    cycles: int
    entry_instructions: int
    entry_cycles: int


class State(c.Structure):
    """What the hook and Python share."""

    _fields_ = [
        *((name, c.c_uint64) for name in ("instructions", "cycles", "limit")),
        *((name, c.c_uint32) for name in ("stop", "inside", "address", "end", "taken", "mask")),
        *((name, c.c_int32) for name in ("link_register", "stack_pointer")),
        ("table", c.POINTER(_Block)),
        *((name, c.c_void_p) for name in ("emu_stop", "reg_read")),
        ("unknown", _UNKNOWN),
        ("watches", Watch * WATCHES),
    ]
    instructions: int
    cycles: int
    limit: int
    stop: int
    inside: int
    address: int
    end: int
    taken: int


class Counter(Protocol):
    """What the machine sees of either."""

    state: State

    def watch(self, address: int) -> Watch: ...

    def forget(self, watch: Watch) -> None: ...


Decode = Callable[[int, int], Cost | None]


class _Base:
    """decode(address, size): the cost of that block, or None to stop there."""

    def __init__(self, decode: Decode, link_register: int, stack_pointer: int) -> None:
        self.state = State(limit=_NEVER, link_register=link_register, stack_pointer=stack_pointer)
        self._decode = decode
        self._watched: dict[int, int] = {}

    def watch(self, address: int) -> Watch:
        """Watch the function at ``address``; at most eight at once."""
        if address not in self._watched:
            free = sorted(set(range(WATCHES)) - set(self._watched.values()))
            if not free:
                raise InputError(f"at most {WATCHES} functions can be watched at once.")
            self._watched[address] = free[0]
            self.state.watches[free[0]] = Watch()
            self._mark(address, free[0] + 1)
        watch: Watch = self.state.watches[self._watched[address]]
        return watch

    def forget(self, watch: Watch) -> None:
        """Stop watching; the numbers in ``watch`` stay as they are until the place is used again."""
        for address, index in list(self._watched.items()):
            if c.addressof(self.state.watches[index]) == c.addressof(watch):
                if watch.active:
                    self.state.inside -= 1
                    watch.active = 0
                del self._watched[address]
                self._mark(address, 0)

    def _mark(self, address: int, number: int) -> None:
        raise NotImplementedError


class NativeCounter(_Base):
    """The hook in C, with its table in memory that both sides see."""

    def __init__(self, uc: Any, decode: Decode, link_register: int, stack_pointer: int) -> None:
        hook = build_hook()
        super().__init__(decode, link_register, stack_pointer)
        library = c.CDLL(native_library())  # prototypes of our own, apart from the binding's
        self.state.emu_stop = c.cast(library.uc_emu_stop, c.c_void_p).value
        self.state.reg_read = c.cast(library.uc_reg_read, c.c_void_p).value
        self.state.unknown = self._callback = _UNKNOWN(self._add)
        self._used = 0
        self._allocate(1 << 14)
        self._handle = c.c_size_t()  # unicorn keeps the hook; the state has to live as long as this object
        add = library.uc_hook_add
        add.restype = c.c_int
        add.argtypes = [c.c_void_p, c.c_void_p, c.c_int, c.c_void_p, c.c_void_p, c.c_uint64, c.c_uint64]
        error = add(uc._uch, c.byref(self._handle), unicorn.UC_HOOK_BLOCK, c.cast(hook, c.c_void_p), c.byref(self.state), 1, 0)
        if error:
            raise unicorn.UcError(error)

    def _allocate(self, slots: int) -> None:
        self._table = (_Block * slots)()
        self.state.table, self.state.mask = c.cast(self._table, c.POINTER(_Block)), slots - 1

    def _slot(self, address: int) -> _Block:
        """The slot of this address, or the free one where it belongs (as find() in hook.c)."""
        mask, slot = len(self._table) - 1, address >> 1
        while True:
            block: _Block = self._table[slot & mask]
            if not block.size or block.address == address:
                return block
            slot += 1

    def _add(self, address: int, size: int) -> None:
        cost = self._decode(address, size)
        if cost is None:
            return
        if 2 * self._used >= len(self._table):
            self._grow()
        block = self._slot(address)
        self._used += not block.size
        block.address, block.size = address, size
        block.instructions, block.cycles, block.taken = cost.instructions, cost.cycles, cost.taken
        block.watch = self._watched.get(address, -1) + 1

    def _grow(self) -> None:
        old = self._table
        self._allocate(2 * len(old))
        for block in old:
            if block.size:
                c.memmove(c.byref(self._slot(block.address)), c.byref(block), c.sizeof(_Block))

    def _mark(self, address: int, number: int) -> None:
        block = self._slot(address)
        if block.size:
            block.watch = number


class PythonCounter(_Base):
    """The same in Python, for hosts where the native hook cannot be built: about 1.5 us a block, so over a hundred times slower."""

    def __init__(self, uc: Any, decode: Decode, link_register: int, stack_pointer: int) -> None:
        super().__init__(decode, link_register, stack_pointer)
        self._blocks: dict[tuple[int, int], Cost] = {}
        self._registers = (link_register, stack_pointer)
        uc.hook_add(unicorn.UC_HOOK_BLOCK, self._block)

    def _block(self, uc: Any, address: int, size: int, _: Any) -> None:
        state = self.state
        if state.stop or state.cycles >= state.limit:
            uc.emu_stop()
            return
        cost = self._blocks.get((address, size)) or self._decode(address, size)
        if cost is None:
            uc.emu_stop()
            return
        self._blocks[address, size] = cost
        if address != state.end:
            state.cycles += state.taken
        if state.inside:
            self._leave(uc, address)
        if address in self._watched:
            self._enter(uc, state.watches[self._watched[address]])
        state.instructions += cost.instructions
        state.cycles += cost.cycles
        state.address, state.end, state.taken = address, address + size, cost.taken

    def _leave(self, uc: Any, address: int) -> None:
        for watch in self.state.watches:
            if watch.active and watch.back == address and uc.reg_read(self._registers[1]) >= watch.stack:
                watch.instructions += self.state.instructions - watch.entry_instructions
                watch.cycles += self.state.cycles - watch.entry_cycles
                watch.active = 0
                self.state.inside -= 1

    def _enter(self, uc: Any, watch: Watch) -> None:
        if watch.active:
            return
        watch.active = 1
        watch.back = uc.reg_read(self._registers[0]) & ~1
        watch.stack = uc.reg_read(self._registers[1])
        watch.entry_instructions, watch.entry_cycles = self.state.instructions, self.state.cycles
        watch.calls += 1
        self.state.inside += 1

    def _mark(self, address: int, number: int) -> None:
        """Nothing to mark: the hook looks the address up."""
