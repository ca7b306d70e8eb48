"""Every board with both toolchains: the commands model's image, read back with tools that are not ours, and run where the board names."""

from __future__ import annotations

import io
import shutil
import struct
import zlib
from contextlib import AbstractContextManager
from itertools import pairwise, product
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from intelhex import IntelHex

from tests.firmware.images import flash_of, read_uf2
from tinylm.bench.make import end_token
from tinylm.bench.reference import token_reference
from tinylm.boards import Board, board, names
from tinylm.bundle import load_bundle
from tinylm.compiler.program import compile_bundle
from tinylm.errors import MissingError
from tinylm.firmware.build import BuildResult, build
from tinylm.firmware.toolchain import TOOLCHAINS, Gcc, Toolchain, Zig
from tinylm.targets.open import Device, open_emulator, open_qemu

MODEL = "commands"
SCORED = 48
FAST = {("nrf52840", "zig"), ("pico", "zig"), ("mps2-an386", "gcc"), ("riscv32-virt", "gcc")}
# microsoft/uf2, utils/uf2families.json
FAMILIES = {"nrf52840": 0xADA52840, "rp2040": 0xE48BFF56, "rp2350": 0xE48BFF59, "rp2350-riscv": 0xE48BFF5A}
# espressif/esp32c3-direct-boot-example, README: what the ROM looks for at the start of the flash
DIRECT_BOOT = struct.pack("<2I", 0xAEDB041D, 0xAEDB041D)


PAIRS = list(product(names(), TOOLCHAINS))
COMBINATIONS = [pytest.param(*pair, marks=[] if pair in FAST else [pytest.mark.slow]) for pair in PAIRS]


@pytest.mark.parametrize(("name", "toolchain"), COMBINATIONS)
def test_the_image_is_what_it_should_be_and_answers_as_the_oracle_does(name: str, toolchain: str, tmp_path: Path) -> None:
    where = board(name)
    built = image(where, compiler(toolchain, where), tmp_path)
    elf = ELFFile(io.BytesIO(built.elf.read_bytes()))
    check_files(built, where)
    check_memory_map(elf, built, where)
    check_start(elf, built, where)
    missing = []
    for target in where.file.status.ci:
        try:
            with opened(target, where, built) as device:
                check_answers(device)
        except MissingError as error:
            missing.append(str(error))
    if missing:
        pytest.skip("; ".join(missing))


def compiler(name: str, where: Board) -> Toolchain:
    """strict: whatever the compiler or the linker warns of is an error."""
    try:
        return Zig(strict=True) if name == "zig" else Gcc.find(where.core, strict=True)
    except MissingError as error:
        pytest.skip(str(error))


def image(where: Board, toolchain: Toolchain, folder: Path) -> BuildResult:
    bundle = load_bundle(MODEL)
    return build(bundle, compile_bundle(bundle, where.core, "balanced"), where, folder / "out", toolchain=toolchain)


def opened(target: str, where: Board, built: BuildResult) -> AbstractContextManager[Device]:
    if target == "renode" or (target == "qemu" and where.file.qemu and not shutil.which(f"qemu-system-{where.file.qemu.system}")):
        raise MissingError(f"no {target} here")
    opener = {"emulator": open_emulator, "qemu": open_qemu}[target]
    return opener(where, built.elf, built.build_id, end_token(load_bundle(MODEL)))


def check_files(built: BuildResult, where: Board) -> None:
    """HEX, BIN and UF2 hold what the ELF holds."""
    flash = flash_of(built.elf.read_bytes())
    assert IntelHex(str(built.files["hex"])).todict() == flash
    start, binary = min(flash), built.files["bin"].read_bytes()
    assert len(binary) == max(flash) - start + 1 and all(binary[at - start] == byte for at, byte in flash.items())
    assert ("uf2" in built.files) == (where.soc.name in FAMILIES)
    if "uf2" in built.files:
        families, content = read_uf2(built.files["uf2"].read_bytes())
        assert families == {FAMILIES[where.soc.name]} and flash.items() <= content.items()


def check_memory_map(elf: ELFFile, built: BuildResult, where: Board) -> None:
    """All of it inside the board's regions, nothing over anything else, and as large as the report says."""
    flash = flash_of(built.elf.read_bytes())
    assert min(flash) == where.flash.start and max(flash) < where.flash.end - where.file.reserve.flash
    assert built.sizes.flash_used == max(flash) + 1 - where.flash.start == sum(built.sizes.flash.values())
    loaded = [section for section in elf.iter_sections() if section["sh_flags"] & 2 and section["sh_size"]]
    sections = sorted((part["sh_addr"], part["sh_addr"] + part["sh_size"], part.name) for part in loaded)
    for low, high in pairwise(sections):
        assert low[1] <= high[0], f"{low[2]} overlaps {high[2]}"
    in_ram = [section for section in sections if where.ram.start <= section[0] < where.ram.end]
    assert built.sizes.ram_used == in_ram[-1][1] - where.ram.start == sum(built.sizes.ram.values())
    assert in_ram[-1][1] <= where.ram.end - where.file.reserve.heap
    others = [section for section in sections if section not in in_ram]
    window = where.soc.data_window
    for start, end, name in others:
        shift = where.flash.start - window if window is not None and start < where.flash.start else 0
        assert where.flash.start <= start + shift and end + shift <= where.flash.end, name


def check_start(elf: ELFFile, built: BuildResult, where: Board) -> None:
    """The entry, and what the chip finds at the beginning of its flash."""
    flash, soc = flash_of(built.elf.read_bytes()), where.soc
    symbols = {symbol.name: symbol["st_value"] for symbol in elf.get_section_by_name(".symtab").iter_symbols()}
    reset, stack = symbols["Reset_Handler"], symbols["__stack_top"]
    assert elf["e_entry"] == reset and symbols["tl_arena"] % soc.alignment == 0
    assert stack == where.ram.start + where.file.reserve.stack and stack % 16 == 0
    start = where.flash.start + (256 if soc.boot2 else 0)
    assert start % soc.vector_alignment == 0
    if where.core.isa == "riscv":  # it starts with code, and with a vector table for mtvec
        skipped = DIRECT_BOOT if soc.boot_rom == "esp32-c3" else b""
        assert bytes(flash[start + offset] for offset in range(len(skipped))) == skipped
        assert reset == start + len(skipped) and symbols["tl_traps"] % 256 == 0
        return
    vectors = struct.unpack(f"<{16 + soc.interrupts}I", bytes(flash[start + offset] for offset in range(4 * (16 + soc.interrupts))))
    assert vectors[:2] == (stack, reset)
    unused = (7, 8, 9, 10, 13)  # reserved in every profile: ARMv6-M manual B1.5.1, ARMv7-M manual B1.5.2
    for number, handler in enumerate(vectors[1:], 1):
        assert handler == 0 if number in unused and not handler else handler % 2 == 1 and handler - 1 in flash, f"vector {number}"


def check_answers(device: Device) -> None:
    """The first steps of the stored vectors, and the greedy answers to the bundle's examples."""
    reference, session = token_reference(load_bundle(MODEL)), device.session
    session.boot()
    assert session.build_id() == device.build_id
    steps = reference.sequences[0][:SCORED]
    session.reset()
    found = [crc for at in range(0, len(steps), 16) for crc in session.score([token for token, _ in steps[at : at + 16]])]
    assert found == [expected for _, expected in steps]
    for text, expected in reference.texts:
        session.reset()
        session.feed(text)
        assert session.generate(max(len(expected), 1)).tokens == [token for token in expected if token != device.end_token], text
    stack = session.stack()
    assert stack.arena_intact and stack.used < stack.size


def test_the_boot_stage_of_the_pico_carries_the_checksum_that_its_rom_wants(tmp_path: Path) -> None:
    """The ROM's CRC is zlib's without the reflections and the inversions: both can be undone outside."""

    def reflect(value: int, bits: int) -> int:
        return int(f"{value:0{bits}b}"[::-1], 2)

    flash = flash_of(image(board("pico"), Zig(), tmp_path).elf.read_bytes())
    stage = bytes(flash[0x1000_0000 + offset] for offset in range(256))
    crc = reflect(zlib.crc32(bytes(reflect(byte, 8) for byte in stage[:252])) ^ 0xFFFFFFFF, 32)
    assert struct.unpack("<I", stage[252:])[0] == crc and stage[:252].strip(b"\0")
