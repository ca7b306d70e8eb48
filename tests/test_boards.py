"""Boards and SoCs: the shipped ones, and every way to get a TOML wrong."""

import re
from pathlib import Path

import pytest

from tinylm import boards
from tinylm.boards import board, load_board, names, pin_number
from tinylm.errors import InputError

SOC = """
name = "soc"
title = "A chip"
core = "cortex-m4"
max_clock_hz = 64_000_000
interrupts = 48
pins = 48
port = "nrf52"
reference = "its manual"

[[memory]]
name = "FLASH"
start = 0x0
length = 0x1000
kind = "flash"

[[memory]]
name = "RAM"
start = 0x2000_0000
length = 0x1000
kind = "ram"

[[peripheral]]
name = "uart0"
model = "pl011"
base = 0x4000_0000
irq = 2
"""

BOARD = """
name = "board"
title = "A board"
soc = "soc"
clock_hz = 64_000_000

[console]
peripheral = "uart0"
tx = 0
rx = 1

[reserve]
stack = 2048
"""


def load(folder: Path, soc: tuple[str, str] = ("", ""), change: tuple[str, str] = ("", "")):
    (folder / "soc.toml").write_text(SOC.replace(*soc, 1) if soc[0] else SOC)
    (folder / "board.toml").write_text(BOARD.replace(*change, 1) if change[0] else BOARD)
    return load_board(folder / "board.toml", folder)


def test_shipped_boards_load_and_are_named_after_their_file():
    assert {"nrf52840", "pico"} <= set(names())
    for name in names():
        shipped = board(name)
        assert shipped.name == name and shipped.soc.name == shipped.file.soc
        assert shipped.core.isa in ("arm", "riscv")
        assert shipped.flash.length > 0 and shipped.ram.length > shipped.file.reserve.stack


def test_shipped_boards_promise_only_what_was_seen():
    for name in names():
        status = board(name).file.status
        assert set(status.ci) <= set(board(name).file.targets)
        assert status.hardware or "ot tried on hardware" in status.note


@pytest.mark.parametrize("name", names())
def test_what_a_shipped_board_says_is_plausible(name):
    shipped = board(name)
    file, soc = shipped.file, shipped.soc
    regions = [region for region in soc.memory if region.start <= shipped.flash.start and shipped.flash.end <= region.end]
    assert [region.kind for region in regions] == ["flash"], "the image's flash is inside one of the chip's"
    assert file.reserve.stack > 0 and file.reserve.stack % 8 == 0 and 0 < file.clock_hz <= soc.max_clock_hz
    assert shipped.peripheral(file.console.peripheral).irq is not None or shipped.core.isa == "riscv"
    assert soc.reference and (soc.flash_timing is None or soc.flash_timing.source)
    bases = [peripheral.base for peripheral in soc.peripherals]
    assert len(set(bases)) == len(bases) and all(base % 4 == 0 for base in bases)
    assert all(re.fullmatch("[0-9a-f]{4}:[0-9a-f]{4}", ids) for ids in file.console.usb)
    if "serial" in file.targets:
        assert file.console.usb and soc.flash_timing, "how it is found, and what real flash costs"


def test_a_target_is_advertised_only_where_a_test_runs_it():
    """Serial ports cannot be tested here, Renode only where it is installed; that a board was not tried is in its status."""
    for name in names():
        assert set(board(name).file.targets) - {"serial", "renode"} == set(board(name).file.status.ci) - {"renode"}


@pytest.mark.parametrize(
    ("name", "number"),
    [("PA0", 0), ("PD8", 56), ("PG7", 103), ("PK15", 175), ("P0.06", 6), ("P1.08", 40), ("GP0", 0), ("GP29", 29), (7, 7)],
)
def test_pins_go_by_the_names_on_the_data_sheet(name, number):
    assert pin_number(name) == number


@pytest.mark.parametrize("name", ["", "P", "PA", "PA16", "PL0", "P0.32", "P0.6", "gp1", "GP", "GP100", "TX", "PA0 "])
def test_what_is_no_pin_is_refused(name):
    with pytest.raises(InputError, match="is no pin"):
        pin_number(name)


def test_the_example_that_the_others_spoil_is_good(tmp_path):
    assert load(tmp_path).ram.end == 0x2000_1000


def test_the_flash_of_a_board_is_what_is_left_behind_the_application_offset(tmp_path):
    made = load(tmp_path, change=("clock_hz", "application = 0x100\nflash_length = 0x800\nclock_hz"))
    assert (made.flash.start, made.flash.end) == (0x100, 0x800)
    assert [region.length for region in made.memory] == [0x800, 0x1000]


@pytest.mark.parametrize(("name", "near"), [("nrf52480", "nrf52840"), ("PICO", "pico"), ("pcio", "pico")])
def test_an_unknown_board_offers_the_nearest(name, near):
    with pytest.raises(InputError, match=f"unknown board '{name}'. Did you mean '{near}'?"):
        board(name)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("clock_hz", "clok_hz"), "unknown key 'clok_hz'. Did you mean 'clock_hz'?"),
        (("tx = 0", "txx = 0"), "unknown key 'txx' in console"),
        (('title = "A board"', "title = 7"), r"key 'title': Expected `str`, got `int`"),
        (("tx = 0", "tx = 1.5"), r"key 'console.tx': Expected `int \| str \| null`, got `float`"),
        (("tx = 0\n", ""), "console.tx is missing: the pin that carries it"),
        (('title = "A board"\n', ""), "missing required field `title`"),
        (("[console]", "[console"), "is not valid TOML"),
        (('soc = "soc"', 'soc = "sock"'), "unknown SoC 'sock'. Did you mean 'soc'?"),
        (("64_000_000", "65_000_000"), "clock_hz 65000000 is not in 1 to 64000000, what the A chip can do"),
        (("64_000_000", "0"), "clock_hz"),
        (('"uart0"', '"uart1"'), "the A chip has no 'uart1'. Did you mean 'uart0'?"),
        (("stack = 2048", "stack = 0"), "reserve.stack must be positive"),
        (("stack = 2048", "stack = 0x2000"), "leave nothing of"),
        (("stack = 2048", "flash = 0x1000"), "leave nothing of"),
        (("clock_hz", "application = 0x1000\nclock_hz"), "application offset 0x1000 is outside"),
        (("clock_hz", "application = 0x10\nclock_hz"), "application offset 0x10 is not a multiple of 0x100, as the vector"),
        (("clock_hz", "flash_length = 0x2000\nclock_hz"), "flash_length 0x2000 is outside"),
        (("tx = 0", "tx = 0\nbaud = 0"), "console.baud must be positive"),
        (("tx = 0", 'tx = "P7"'), "console.tx: 'P7' is no pin. Pins are called PD8"),
        (("tx = 0", "tx = 1"), "console.tx and console.rx are the same pin, 1"),
        (("tx = 0", "tx = 48"), "console.tx: 48 is no pin of the A chip, which has 48"),
        (("tx = 0", ""), "console.tx is missing"),
        (("clock_hz", 'timestamp_pin = "P7"\nclock_hz'), "timestamp_pin: 'P7' is no pin. Pins are called PD8"),
        (("clock_hz", 'timestamp_pin = "P1.16"\nclock_hz'), "timestamp_pin: P1.16 is no pin of the A chip, which has 48"),
        (("clock_hz", "timestamp_pin = 1\nclock_hz"), "timestamp_pin 1 is a pin of the console. Take one that is free"),
        (('name = "board"', 'name = "bord"'), "name 'bord' is not the file's, 'board'"),
    ],
)
def test_a_bad_board_is_refused_and_the_file_named(tmp_path, change, words):
    with pytest.raises(InputError, match=words) as refusal:
        load(tmp_path, change=change)
    assert "board.toml" in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("irq = 2", "irqs = 2"), r"unknown key 'irqs' in peripheral\[0\]. Did you mean 'irq'?"),
        (("[[peripheral]]", "[[peripherals]]"), "unknown key 'peripherals'. Did you mean 'peripheral'?"),
        (("0x2000_0000", "0x800"), r"memory regions overlap: FLASH \[0x00000000, 0x00001000\) and RAM \[0x00000800, 0x00001800\)"),
        (("0x2000_0000", "0xFFFF_FFFF"), "is not inside the 32-bit address space"),
        (("length = 0x1000", "length = 0"), "is not inside the 32-bit address space"),
        (('kind = "ram"', 'kind = "rom"'), "Invalid enum value 'rom'"),
        (('kind = "ram"', 'kind = "flash"'), "no memory region of kind 'ram'"),
        (("cortex-m4", "cortex-m44"), "unknown core 'cortex-m44'. Did you mean 'cortex-m4'?"),
        (("irq = 2", "irq = 48"), "peripheral 'uart0': irq 48 is not below interrupts = 48"),
        (('port = "nrf52"', 'port = "nrf522"'), "the template of port 'nrf522', ports/nrf522.c.j2, is missing. Did you mean 'nrf52'?"),
        (('port = "nrf52"', 'port = "nrf52"\nboot2 = "none.S"'), "the template of boot2 'none.S', ports/none.S, is missing"),
    ],
)
def test_a_bad_soc_is_refused_and_the_file_named(tmp_path, change, words):
    with pytest.raises(InputError, match=words) as refusal:
        load(tmp_path, soc=change)
    assert "soc.toml" in str(refusal.value)


@pytest.mark.parametrize(
    ("soc", "change", "words"),
    [
        (
            ("irq = 2", "irq = 2\ntx = { PD8 = 7, PB10 = 7 }"),
            ("tx = 0", 'tx = "PD9"'),
            "the uart0 of the A chip cannot be connected to PD9. It can be to: PD8, PB10",
        ),
        (("pins = 48", "pins = 48\ncrystal = true"), ("", ""), "crystal_hz is missing: the A chip makes its clocks from it"),
    ],
)
def test_a_board_that_its_chip_does_not_allow_is_refused(tmp_path, soc, change, words):
    with pytest.raises(InputError, match=words) as refusal:
        load(tmp_path, soc, change)
    assert "board.toml" in str(refusal.value)


def own_folder(folder: Path) -> Path:
    """A folder with a board of the user's own, a chip and a port of its own."""
    (folder / "socs").mkdir(parents=True)
    (folder / "ports").mkdir()
    (folder / "socs" / "soc.toml").write_text(SOC.replace('port = "nrf52"', 'port = "own"'))
    (folder / "ports" / "own.c.j2").write_text("/* {{ board.name }} */\n")
    (folder / "board.toml").write_text(BOARD)
    return folder


def test_a_users_own_board_lives_in_the_users_folder(tmp_path):
    own = own_folder(tmp_path)
    assert set(names(own)) == {*names(), "board"}
    made = board("board", own)
    assert (made.soc.port, made.own, str(made)) == ("own", own, "board")
    assert board("pico", own).own is None and board(made) is made


def test_tinylm_toml_says_where_that_folder_is(tmp_path):
    assert boards.own_folder(tmp_path) is None
    (tmp_path / "tinylm.toml").write_text('boards_dir = "mine"\n')
    own = own_folder(tmp_path / "mine")
    assert boards.own_folder(tmp_path) == own
    (own / "tinylm.toml").write_text("")
    assert "tinylm" not in names(own)
    (tmp_path / "tinylm.toml").write_text('board_dir = "mine"\n')
    with pytest.raises(InputError, match=r"tinylm.toml: unknown key 'board_dir'. Did you mean 'boards_dir'"):
        boards.own_folder(tmp_path)


def test_a_chip_that_is_like_another_says_only_what_differs(tmp_path):
    own = own_folder(tmp_path)
    chip = own / "socs" / "soc.toml"
    chip.write_text('name = "soc"\nlike = "nrf52833"\nmax_clock_hz = 32_000_000\n')
    (own / "board.toml").write_text(BOARD.replace("64_000_000", "32_000_000").replace("uart0", "uarte0"))
    made, base = board("board", own), board("microbit-v2")
    assert (made.soc.name, made.soc.max_clock_hz, made.soc.memory) == ("soc", 32_000_000, base.soc.memory)
    chip.write_text('name = "soc"\nlike = "nrf52843"\n')
    with pytest.raises(InputError, match=r"soc.toml: unknown SoC 'nrf52843'. Did you mean 'nrf52840'?"):
        board("board", own)


@pytest.mark.parametrize(
    ("file", "name", "words"),
    [
        ("pico.toml", "pico", "a board 'pico' comes with tinylm already. Give yours another name"),
        ("socs/rp2040.toml", "board", "a SoC 'rp2040' comes with tinylm already"),
    ],
)
def test_own_things_have_names_of_their_own(tmp_path, file, name, words):
    own = own_folder(tmp_path)
    (own / file).write_text((SOC if "socs" in file else BOARD).replace('"soc"', '"rp2040"'))
    if name == "board":
        (own / "board.toml").write_text(BOARD.replace('soc = "soc"', 'soc = "rp2040"'))
    with pytest.raises(InputError, match=words):
        board(name, own)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere: is not a folder with boards"):
        names(tmp_path / "nowhere")
