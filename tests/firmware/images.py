"""Images read back with tools that are not ours: pyelftools, and a reader of UF2 written from its specification."""

from __future__ import annotations

import io
import struct

from elftools.elf.elffile import ELFFile


def flash_of(elf: bytes) -> dict[int, int]:
    """Byte by address, from the program headers."""
    loads = [part for part in ELFFile(io.BytesIO(elf)).iter_segments() if part["p_type"] == "PT_LOAD"]
    return {part["p_paddr"] + i: byte for part in loads for i, byte in enumerate(part.data())}


def read_uf2(data: bytes) -> tuple[set[int], dict[int, int]]:
    """Family ids and bytes by address of a UF2 file, checked block by block (microsoft/uf2, README: "File format")."""
    assert len(data) % 512 == 0
    families, content = set(), {}
    for number in range(len(data) // 512):
        block = data[512 * number : 512 * (number + 1)]
        first, second, flags, address, size, index, count, family = struct.unpack("<8I", block[:32])
        assert (first, second, block[-4:]) == (0x0A324655, 0x9E5D5157, struct.pack("<I", 0x0AB16F30))
        assert (index, count, size, address % 256) == (number, len(data) // 512, 256, 0)
        assert flags == 0x2000, "only the family id is there"
        families.add(family)
        content |= {address + i: byte for i, byte in enumerate(block[32 : 32 + size])}
    return families, content
