"""What runs before the image: nothing on most chips; a bootloader where the board has one; a boot ROM that wants to be satisfied.

RP2040 datasheet 2.8.1.3.1 (flash second stage): the first 256 bytes of flash are copied to the end of SRAM and run
there, if the last four are the CRC-32 (polynomial 0x04c11db7, no reflection, start 0xffffffff, no final inversion)
of the 252 before them. The second stage sets up the flash interface and, LR being 0, goes to the vector table behind it.
"""

from __future__ import annotations

from tinylm.boards import Board
from tinylm.errors import TargetError
from tinylm.targets.emulator.arm import ArmCore
from tinylm.targets.emulator.riscv import RiscvCore

_STAGE_SIZE, _STAGE_AT = 256, 0x2004_1F00


def stage_crc(data: bytes) -> int:
    """The boot ROM's CRC-32."""
    crc = 0xFFFF_FFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C1_1DB7 if crc >> 31 else 0)) & 0xFFFF_FFFF
    return crc


def start(core: ArmCore | RiscvCore, board: Board) -> None:
    """Put the core where the chip's reset leaves it. Raises TargetError: a second stage that the ROM would refuse."""
    if isinstance(core, RiscvCore):
        core.reset(board.flash.start)
        return
    if board.soc.boot_rom == "rp2040":
        _second_stage(core, board)
        return
    core.reset(board.flash.start)
    if board.file.application:  # a bootloader jumped there; the vectors in use are still its own
        core.exceptions.vectors = board.flash.start - board.file.application


def _second_stage(core: ArmCore, board: Board) -> None:
    stage = core.load(board.flash.start, _STAGE_SIZE)
    stored, found = int.from_bytes(stage[-4:], "little"), stage_crc(stage[:-4])
    if stored != found:
        raise TargetError(
            f"the boot ROM refuses the second stage: its CRC-32 is {found:#010x}, stored is {stored:#010x}.",
            where=board.name,
            hint="The first 256 bytes of flash must be boot2 with its checksum.",
        )
    core.store(_STAGE_AT, stage)
    core.set("sp", _STAGE_AT)
    core.set("lr", 0)
    core.jump(_STAGE_AT)
