"""The ELF as the emulator needs it: what lies where, and which symbol an address belongs to."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tinylm.errors import InputError


@dataclass
class Image:
    """segments: (physical address, bytes). symbols: name -> address without the Thumb bit."""

    segments: list[tuple[int, bytes]]
    symbols: dict[str, int]
    _ordered: list[tuple[int, int, str]] = field(default_factory=list)

    def size_of(self, name: str) -> int:
        """Bytes of a function or object; 0 where the image does not say."""
        return next((size for address, size, found in self._ordered if found == name), 0)

    def where(self, address: int) -> str:
        """'0x00000123 (main+0x4)', or only the address where no symbol of the image is near."""
        index = bisect.bisect_right(self._ordered, (address, 1 << 32, "")) - 1
        if index >= 0:
            start, size, name = self._ordered[index]
            if address < start + max(size, 1) or (size == 0 and address - start < 4096):
                offset = f"+{address - start:#x}" if address > start else ""
                return f"{address:#010x} ({name}{offset})"
        return f"{address:#010x}"


def load_image(path: Path) -> Image:
    """Read an ELF. Raises InputError: unreadable, or not a 32-bit little-endian ELF."""
    try:
        with path.open("rb") as file:
            elf = ELFFile(file)
            if elf.elfclass != 32 or not elf.little_endian:
                raise InputError("is not a 32-bit little-endian ELF.", where=str(path))
            segments = [(part["p_paddr"], part.data()) for part in elf.iter_segments() if part["p_type"] == "PT_LOAD" and part["p_filesz"]]
            table: Any = elf.get_section_by_name(".symtab")
            entries = [
                (entry["st_value"] & ~1 if entry["st_info"]["type"] == "STT_FUNC" else entry["st_value"], entry["st_size"], entry)
                for entry in (table.iter_symbols() if table else ())
                if entry.name and not entry.name.startswith("$") and entry["st_shndx"] != "SHN_UNDEF"
            ]
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", where=str(path)) from error
    except ELFError as error:
        raise InputError(f"is not an ELF image ({error}).", where=str(path)) from error
    symbols = {entry.name: address for address, _, entry in entries}
    kinds = ("STT_FUNC", "STT_OBJECT", "STT_NOTYPE")
    placed = [(address, size, entry.name) for address, size, entry in entries if entry["st_info"]["type"] in kinds]
    return Image(segments, symbols, sorted(placed))
