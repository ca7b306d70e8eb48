"""What the machine refuses, and how it says so."""

from dataclasses import replace

import pytest

from tests.targets.conftest import Start, put_crc
from tinylm.cores import CORES
from tinylm.errors import InputError, TargetError
from tinylm.targets.emulator import Machine
from tinylm.targets.emulator.bootrom import stage_crc
from tinylm.targets.emulator.image import load_image


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("w", r"nrf52840: 4-byte write to 0x60000000, where nothing is; PC 0x[0-9a-f]{8} \(start\+0x"),
        ("r", r"4-byte read of 0x40001234, where nothing is; PC 0x[0-9a-f]{8} \(start"),
        ("p", r"4-byte read of 0x40002abc: uarte0 \(offset 0xabc\) has no model of this register; PC 0x[0-9a-f]{8} \(start"),
        ("x", r"2-byte fetch from 0x30000000, where nothing is; PC 0x[0-9a-f]{8} \(start.*LR 0x[0-9a-f]{8} \(start"),
        ("u", r"undefined instruction; PC 0x[0-9a-f]{8} \(start"),
        ("b", r"breakpoint; PC"),
        ("y", r"jump to an even address; PC 0x[0-9a-f]{8} \(systick\)"),
        ("F", r"write to 0x0000[0-9a-f]{4}: this memory is read-only; PC"),
        ("d", r"DMA of 5 bytes at 0x[0-9a-f]{8} \(in_flash\), which is not RAM"),
        ("B", r"sends at 307\d\d\d baud, its console is set to 115200"),
    ],
)
def test_what_nothing_models_stops_with_the_place(on_nrf: Start, program: str, message: str):
    with pytest.raises(TargetError, match=message):
        on_nrf()(program)


def test_the_place_is_the_instruction_itself(on_nrf: Start):
    device = on_nrf()
    with pytest.raises(TargetError, match="0x60000000"):
        device("w")
    assert device.word("sink") == 1
    store = int.from_bytes(device.machine.core.load(device.machine.core.pc, 2), "little")
    assert store >> 11 == 0b01100  # str rt, [rn, #imm]


def test_the_fpu_is_off_until_the_firmware_switches_it_on(on_nrf: Start):
    device = on_nrf()
    device.machine.core.control.values[0xD88] = 0
    with pytest.raises(TargetError, match=r"the FPU is off \(CPACR\)"):
        device("f")
    assert on_nrf()("f", 10) == b"00000145\r\n"  # (1.5 * 2 + 0.25) * 100


def test_the_boot_roms_checksum():
    assert stage_crc(b"123456789") == 0x0376_E6E7  # the check value of CRC-32/MPEG-2, which has the same parameters


def test_a_wrong_checksum_of_the_second_stage_is_refused(images, pico, tmp_path):
    elf = tmp_path / "bad.elf"
    elf.write_bytes(images("pico").read_bytes())
    put_crc(elf, 0xDEAD_BEEF)
    with pytest.raises(TargetError, match=r"pico: the boot ROM refuses the second stage: its CRC-32 is 0x\w{8}, stored is 0xdeadbeef"):
        Machine(pico, elf)


def test_an_image_for_another_board_is_refused(images, nrf):
    with pytest.raises(InputError, match=r"at 0x10000000, outside the memory of Nordic nRF52840.*another board"):
        Machine(nrf, images("pico"))


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF\x02\x01\x01" + bytes(60), b"no elf at all, not even close to it"])
def test_a_file_that_is_no_image_is_refused(tmp_path, content: bytes):
    path = tmp_path / "x.elf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.elf: is not a"):
        load_image(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_image(tmp_path / "missing.elf")


def test_a_core_without_a_model_is_refused(images, nrf):
    for core in ("cortex-m55",):
        with pytest.raises(InputError, match=f"no {core} core"):
            Machine(replace(nrf, core=CORES[core]), images("nrf"))


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m7", "cortex-m33"])
def test_the_image_starts_on_every_core_that_understands_it(images, nrf, core: str):
    machine = Machine(replace(nrf, core=CORES[core]), images("nrf"))
    machine.run(machine.clock.now + 1_000_000)
    assert bytes(machine.console.to_host) == b"hello\r\n"


def test_an_unknown_model_is_named_with_the_nearest(images, nrf):
    from msgspec.structs import replace as changed

    entry = changed(nrf.soc.peripherals[0], model="nrf-clok")
    board = replace(nrf, soc=changed(nrf.soc, peripherals=[entry, *nrf.soc.peripherals[1:]]))
    with pytest.raises(InputError, match=r"unknown peripheral model 'nrf-clok'.*'nrf-clock'"):
        Machine(board, images("nrf"))
