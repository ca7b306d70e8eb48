"""Interrupts of the RP2350's RISC-V cores: an array of enables behind a CSR that unicorn does not have.

Wren6991/Hazard3, doc/sections/csr.adoc, "Custom Interrupt Handling CSRs"; pico-sdk, src/rp2350, hardware/regs/rvcsr.h.
Priorities and preemption are not modelled: nobody sets any.
"""

from __future__ import annotations

from tinylm.targets.emulator.bus import Unmodelled

_EXTERNAL = 1 << 11  # of mip
_MEIEA, _MEIPA, _MEINEXT = 0xBE0, 0xBE1, 0xBE4
_CUSTOM = range(0xBE0, 0xBE6)
_SYSTEM = 0x73


def is_custom(word: int) -> bool:
    """Whether an instruction reads or writes one of these CSRs."""
    return word & 0x7F == _SYSTEM and bool(word >> 12 & 3) and word >> 20 in _CUSTOM


class Hazard3Csrs:
    """lines: bit n is the chip's interrupt n, as the core last saw them. enabled: likewise, MEIEA."""

    def __init__(self) -> None:
        self.lines = self.enabled = 0

    def controller(self, lines: int) -> int:
        """The bits of mip that the chip's interrupt lines raise."""
        self.lines = lines
        return _EXTERNAL if lines & self.enabled else 0

    def access(self, word: int, operand: int) -> int:
        """Execute the CSR instruction ``word``; operand: the value of its register or its immediate. Returns what the CSR held.

        Raises Unmodelled: another CSR, or a write to one that is read only.
        """
        number, kind, writes = word >> 20, word >> 12 & 3, word >> 12 & 3 == 1 or word >> 15 & 31 != 0
        shift = 16 * (operand & 31) if writes else 0
        if number == _MEINEXT and not writes:
            ready = self.lines & self.enabled
            return (ready & -ready).bit_length() - 1 << 2 if ready else 1 << 31
        if number == _MEIPA and kind != 1:
            return (self.lines >> shift & 0xFFFF) << 16
        if number != _MEIEA:
            raise Unmodelled(f"CSR {number:#x} has no model")
        old, new = self.enabled >> shift & 0xFFFF, operand >> 16
        new = (0, new, old | new, old & ~new)[kind]
        self.enabled = self.enabled & ~(0xFFFF << shift) | new << shift
        return old << 16
