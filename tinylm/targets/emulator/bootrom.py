"""What runs before the image: nothing on most chips; a bootloader where the board has one; a boot ROM that wants to be satisfied.

RP2040 datasheet 2.8.1.3.1 (flash second stage): the first 256 bytes of flash are copied to the end of SRAM and run
there, if the last four are the CRC-32 (polynomial 0x04c11db7, no reflection, start 0xffffffff, no final inversion)
of the 252 before them. The second stage sets up the flash interface and, LR being 0, goes to the vector table behind it.
"""

from __future__ import annotations

from tinylm.boards import Board
from tinylm.errors import TargetError
from tinylm.targets.emulator.arm import ArmCore
from tinylm.targets.emulator.engine import unicorn
from tinylm.targets.emulator.riscv import RiscvCore

_DIRECT_BOOT = bytes.fromhex("1d04dbae") * 2
# espressif/esp-idf, components/esp_rom/esp32c3/ld/esp32c3.rom.ld: rom_i2c_writeReg, rom_i2c_writeReg_Mask
_ROM_PAGE, _ROM_FUNCTIONS, _RETURN = 0x4000_1000, (0x4000_195C, 0x4000_1960), bytes.fromhex("82800100")
_STAGE_SIZE, _STAGE_AT = 256, 0x2004_1F00
# RP2350 datasheet 5.9.1 (blocks), 5.9.3.1 (IMAGE_TYPE item).
_SEARCHED, _BLOCK, _BLOCK_END, _IMAGE_TYPE, _LAST = 4096, 0xFFFF_DED3, 0xAB12_3579, 0x42, 0xFF
_EXECUTABLE, _RISCV, _RP2350 = 1, 1 << 8, 1 << 12


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
    if board.soc.boot_rom == "rp2350":
        _check_image_definition(core.load(board.flash.start, _SEARCHED), board)
    if isinstance(core, RiscvCore):
        core.reset(_direct_boot(core, board) if board.soc.boot_rom == "esp32-c3" else board.flash.start)
        return
    if board.soc.boot_rom == "rp2040":
        _second_stage(core, board)
        return
    core.reset(board.flash.start)
    if board.file.application:  # a bootloader jumped there; the vectors in use are still its own
        core.exceptions.vectors = board.flash.start - board.file.application


def _direct_boot(core: RiscvCore, board: Board) -> int:
    """The ESP32-C3's ROM: the entry of an image that it runs from flash as it lies there (espressif/esp32c3-direct-boot-example, README).

    The ROM's two functions that the firmware calls, writing the PLL's analog registers, return at once: those have no model.
    """
    found = core.load(board.flash.start, 8)
    if found != _DIRECT_BOOT:
        what = f"the boot ROM does not start this image: it begins with {found.hex()}, not with {_DIRECT_BOOT.hex()}."
        raise TargetError(what, where=board.name, hint="Direct boot wants its two magic words first.")
    core.uc.mem_map(_ROM_PAGE, 0x1000, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
    for function in _ROM_FUNCTIONS:
        core.store(function, _RETURN)
    return board.flash.start + len(_DIRECT_BOOT)


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


def _check_image_definition(start: bytes, board: Board) -> None:
    """The RP2350's boot ROM starts what has an image definition for this kind of core. Raises TargetError: it has none."""
    words = [int.from_bytes(start[at : at + 4], "little") for at in range(0, len(start), 4)]
    wanted = _EXECUTABLE | _RP2350 | (_RISCV if board.core.isa == "riscv" else 0)
    kinds = [kind for at, word in enumerate(words) if word == _BLOCK and (kind := _image_type(words[at + 1 :])) is not None]
    if not any(kind & 0x770F == wanted for kind in kinds):
        found = f"its image definition is {kinds[0]:#06x}" if kinds else f"there is no image definition in the first {_SEARCHED} bytes"
        hint = "The image needs a block with an IMAGE_TYPE item, see the datasheet, 5.9.5."
        raise TargetError(f"the boot ROM does not start the image: {found}.", where=board.name, hint=hint)


def _image_type(words: list[int]) -> int | None:
    """Flags of the IMAGE_TYPE item of the block whose items these words begin with; None where it is no whole block with one."""
    kind, at = None, 0
    while at + 2 < len(words) and words[at] & 0xFF != _LAST:
        if words[at] & 0xFF == _IMAGE_TYPE:
            kind = words[at] >> 16
        at += max(1, words[at] >> 8 & (0xFFFF if words[at] & 0x80 else 0xFF))
    whole = at + 2 < len(words) and words[at] >> 8 & 0xFFFF == at and words[at + 2] == _BLOCK_END
    return kind if whole else None
