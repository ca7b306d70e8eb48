"""Flash and RAM by part, from the linked ELF. The linker script gives each part an output section of its own, so nothing is guessed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section, SymbolTableSection

from tinylm.boards import Board, Memory
from tinylm.errors import ToolError

FLASH_PARTS = {
    ".model.constants": "constants",
    ".tokenizer.constants": "tokenizer",
    ".model.code": "kernels",
    ".runtime.code": "runtime",
    ".startup.code": "startup",
    ".vectors": "startup",
    ".boot2": "startup",
    ".libraries.code": "libraries",
    ".startup.constants": "startup",
    ".runtime.constants": "runtime",
    ".libraries.constants": "libraries",
    ".data": "data",
}
RAM_PARTS = {".model.constants": "constants", ".arena": "arena", ".state": "state", ".stack": "stack", ".data": "other", ".bss": "other"}


@dataclass(frozen=True)
class Sizes:
    """Bytes. flash, ram: by part, with 'padding' for alignment; their sums are flash_used and ram_used. Limits leave the reserves out."""

    flash: dict[str, int]
    ram: dict[str, int]
    flash_limit: int
    ram_limit: int

    @property
    def flash_used(self) -> int:
        return sum(self.flash.values())

    @property
    def ram_used(self) -> int:
        return sum(self.ram.values())

    def to_json(self) -> dict[str, dict[str, Any]]:
        """The keys 'flash' and 'ram' of a build's result. model: constants and tokenizer; code: everything else in flash."""
        model = self.flash["constants"] + self.flash["tokenizer"]
        used = self.flash_used
        return {
            "flash": {"used": used, "limit": self.flash_limit, "model": model, "code": used - model, "parts": self.flash},
            "ram": {"used": self.ram_used, "limit": self.ram_limit, **self.ram},
        }


def limits(board: Board) -> tuple[int, int]:
    """Bytes of flash and of RAM (stack included) that an image may take."""
    return board.flash.length - board.file.reserve.flash, board.ram.length - board.file.reserve.heap


def measure(elf: bytes, board: Board) -> Sizes:
    """Sizes of a linked image."""
    flash, flash_end = _by_part(elf, FLASH_PARTS, board.flash)
    ram, ram_end = _by_part(elf, RAM_PARTS, board.ram)
    flash["padding"] = flash_end - board.flash.start - sum(flash.values())
    ram["padding"] = ram_end - board.ram.start - sum(ram.values())
    flash_limit, ram_limit = limits(board)
    return Sizes(flash, ram, flash_limit, ram_limit)


def _by_part(elf: bytes, parts: dict[str, str], region: Memory) -> tuple[dict[str, int], int]:
    """Sizes by part of the sections that lie in a region, and the end of the last one."""
    file = ELFFile(io.BytesIO(elf))
    sizes = dict.fromkeys(parts.values(), 0)
    end = region.start
    for section in file.iter_sections():
        if not section["sh_flags"] & SH_FLAGS.SHF_ALLOC or not section["sh_size"]:
            continue
        address = _load_address(file, section) if region.kind == "flash" else section["sh_addr"]
        if address is None or not region.start <= address < region.end:
            continue
        if section.name not in parts:
            raise ToolError(f"the image has a section in {region.name} that no part of the size report claims.", where=section.name)
        sizes[parts[section.name]] += section["sh_size"]
        end = max(end, address + section["sh_size"])
    return sizes, end


def _load_address(file: ELFFile, section: Section) -> int | None:
    """Where the bytes of a section are flashed to; None for one that has none (NOBITS)."""
    if section["sh_type"] == "SHT_NOBITS":
        return None
    for segment in file.iter_segments():
        if segment["p_type"] == "PT_LOAD" and segment["p_filesz"] and segment.section_in_segment(section):
            return int(section["sh_addr"] - segment["p_vaddr"] + segment["p_paddr"])
    return None


def memory_map(elf: bytes) -> str:
    """A linker-map-like text: sections, then symbols by address with their sizes."""
    file = ELFFile(io.BytesIO(elf))
    lines = ["Sections", f"{'address':>10} {'load':>10} {'size':>8}  name"]
    for section in file.iter_sections():
        if section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
            load = _load_address(file, section)
            shown = f"{load:#010x}" if load is not None else "-"
            lines.append(f"{section['sh_addr']:#010x} {shown:>10} {section['sh_size']:8d}  {section.name}")
    lines += ["", "Symbols", f"{'address':>10} {'size':>8}  name"]
    table = file.get_section_by_name(".symtab")
    assert isinstance(table, SymbolTableSection)  # lld writes one unless told to strip
    for symbol in sorted(table.iter_symbols(), key=lambda symbol: (symbol["st_value"], symbol.name)):
        kind = symbol["st_info"]["type"]
        if kind in ("STT_FUNC", "STT_OBJECT"):
            address = symbol["st_value"] & ~int(kind == "STT_FUNC")  # the low bit of a function says Thumb
            lines.append(f"{address:#010x} {symbol['st_size']:8d}  {symbol.name}")
    return "\n".join(lines) + "\n"
