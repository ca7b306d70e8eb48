"""ELF to HEX, BIN and UF2, and the checksum that the RP2040's boot ROM asks for."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

from elftools.elf.elffile import ELFFile
from intelhex import IntelHex

from tinylm.errors import ToolError

BOOT2_BYTES = 256
_UF2_START, _UF2_SECOND, _UF2_END = 0x0A324655, 0x9E5D5157, 0x0AB16F30  # microsoft/uf2, README: "File format"
_UF2_FAMILY_PRESENT = 0x2000
_UF2_PAYLOAD = 256  # the RP2040's boot ROM takes no other size (datasheet 2.8.4.2)


@dataclass(frozen=True)
class Segment:
    """Bytes and the address they are flashed to."""

    address: int
    data: bytes


def segments(elf: bytes) -> list[Segment]:
    """What has to be in flash before the reset, by load address, in ascending order."""
    file = ELFFile(io.BytesIO(elf))
    loads = [part for part in file.iter_segments() if part["p_type"] == "PT_LOAD" and part["p_filesz"]]
    return sorted((Segment(part["p_paddr"], part.data()) for part in loads), key=lambda part: part.address)


def to_hex(elf: bytes) -> str:
    """Intel HEX."""
    image = IntelHex()
    for part in segments(elf):
        image.puts(part.address, part.data)
    text = io.StringIO()
    image.write_hex_file(text)
    return text.getvalue()


def to_bin(elf: bytes) -> bytes:
    """The flash from the first to the last byte that is used; gaps are 0xFF, as erased flash."""
    parts = segments(elf)
    start = parts[0].address
    image = bytearray(b"\xff" * (parts[-1].address + len(parts[-1].data) - start))
    for part in parts:
        image[part.address - start : part.address - start + len(part.data)] = part.data
    return bytes(image)


def to_uf2(elf: bytes, family: int) -> bytes:
    """UF2: 512-byte blocks of 256 bytes of payload, each at a multiple of 256."""
    pages: dict[int, bytearray] = {}
    for part in segments(elf):
        for offset, byte in enumerate(part.data):
            address = part.address + offset
            page = pages.setdefault(address & -_UF2_PAYLOAD, bytearray(_UF2_PAYLOAD))
            page[address % _UF2_PAYLOAD] = byte
    blocks = []
    for number, (address, page) in enumerate(sorted(pages.items())):
        head = (_UF2_START, _UF2_SECOND, _UF2_FAMILY_PRESENT, address, _UF2_PAYLOAD, number, len(pages), family)
        blocks.append(struct.pack("<8I476sI", *head, bytes(page), _UF2_END))
    return b"".join(blocks)


def boot2_crc(data: bytes) -> int:
    """CRC-32 as the boot ROM computes it: polynomial 0x04C11DB7, not reflected, all ones first, no inversion (datasheet 2.8.1.3.1)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
            crc &= 0xFFFFFFFF
    return crc


def with_boot2_crc(elf: bytes) -> bytes:
    """The ELF with the checksum of its .boot2 section filled in; as it was where it has none."""
    section = ELFFile(io.BytesIO(elf)).get_section_by_name(".boot2")
    if section is None:
        return elf
    data = section.data()
    if len(data) != BOOT2_BYTES:
        raise ToolError(f"boot2 has {len(data)} bytes instead of {BOOT2_BYTES}.", where=".boot2")
    place = section["sh_offset"] + BOOT2_BYTES - 4
    return elf[:place] + struct.pack("<I", boot2_crc(data[:-4])) + elf[place + 4 :]
