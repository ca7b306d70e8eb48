"""Boards and SoCs: the shipped ones, and every way to get a TOML wrong."""

from pathlib import Path

import pytest

from tinylm import paths
from tinylm.boards import board, load_board, names
from tinylm.errors import InputError

SOC = """
name = "soc"
title = "A chip"
core = "cortex-m4"
max_clock_hz = 64_000_000
interrupts = 48
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


def test_shipped_ports_and_templates_exist():
    for name in names():
        soc = board(name).soc
        assert (paths.TEMPLATES / "ports" / f"{soc.port}.c.j2").is_file()
        assert soc.boot2 is None or (paths.TEMPLATES / "ports" / soc.boot2).is_file()


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
    ],
)
def test_a_bad_soc_is_refused_and_the_file_named(tmp_path, change, words):
    with pytest.raises(InputError, match=words) as refusal:
        load(tmp_path, soc=change)
    assert "soc.toml" in str(refusal.value)
