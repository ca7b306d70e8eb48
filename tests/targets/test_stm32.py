"""The models of STM32 peripherals as a program sees them, and what lies between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.firmware import standin
from tinylm.boards import board
from tinylm.errors import TargetError
from tinylm.firmware.build import build
from tinylm.targets.emulator import EmulatorStream, Machine
from tinylm.targets.emulator.bus import Unmodelled

Running = Callable[[], Machine]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stm32")
    return build(standin.add_one_bundle(folder / "b"), standin.add_one(), board("nucleo-l4r5"), folder / "out").elf


@pytest.fixture
def machine(image: Path) -> Machine:
    """A Nucleo-L4R5ZI that has greeted."""
    made = Machine(board("nucleo-l4r5"), image)
    assert b"m-ready" in EmulatorStream(made).read(1000)
    return made


def read(machine: Machine, name: str, offset: int) -> int:
    return machine.peripherals[name].access(offset, 4, None)


def write(machine: Machine, name: str, offset: int, value: int) -> None:
    machine.peripherals[name].access(offset, 4, value)


def test_gpio_sets_and_clears_by_halves_of_one_register(machine: Machine) -> None:
    port = 6 * 0x400  # G, whose clock the image has switched on
    write(machine, "gpio", port + 0x18, 0b0110)
    write(machine, "gpio", port + 0x18, 0b0010 << 16 | 0b1000)
    write(machine, "gpio", port + 0x28, 0b1000)
    assert [read(machine, "gpio", port + offset) for offset in (0x14, 0x10, 0x18)] == [0b0100, 0b0100, 0]


def test_the_timer_wraps_counts_on_and_says_so(machine: Machine) -> None:
    write(machine, "tim2", 0x0C, 0)  # no interrupt
    write(machine, "tim2", 0x24, 0xFFFF_FFF0)
    machine.clock.sleep_until(machine.clock.now + machine.clock.cycles(0x20, 1_000_000))
    machine.clock.run_due()
    assert (read(machine, "tim2", 0x10), read(machine, "tim2", 0x24) <= 0x11) == (1, True)
    write(machine, "tim2", 0x10, 0)
    write(machine, "tim2", 0x00, 0)
    held = read(machine, "tim2", 0x24)
    machine.clock.sleep_until(machine.clock.now + machine.clock.hz)
    assert (read(machine, "tim2", 0x10), read(machine, "tim2", 0x24)) == (0, held)


def test_the_clock_tree_knows_what_the_image_has_set_up(machine: Machine) -> None:
    rcc = machine.peripherals["rcc"]
    assert {name: rcc.hertz(name) for name in ("core", "apb1", "apb2")} == dict.fromkeys(("core", "apb1", "apb2"), 120_000_000)
    assert (read(machine, "rcc", 0x08) >> 2 & 3, read(machine, "rcc", 0x00) >> 25 & 1) == (3, 1)


@pytest.mark.parametrize(
    ("name", "offset", "value", "message"),
    [
        ("rcc", 0x00, 1 << 8, "switch off PLL, from which the core runs"),
        ("rcc", 0x00, 1 << 24 | 1 << 8 | 1 << 16, "use HSE, but the board has no crystal_hz"),
        ("rcc", 0x08, 2, "run the core from HSE, which is not ready"),
        ("rcc", 0x0C, 0, "is changed while the PLL runs"),
        ("flash", 0x00, 4, "the flash at 120000000 Hz with 4 wait states"),
        ("pwr", 0x00, 2 << 9, "runs the core at 120000000 Hz; the voltage that PWR is set to allows 26000000"),
        ("gpio", 0x00, 0, "while the clock of port A is off"),
        ("tim2", 0x00, 1 << 4, "plain counting up only"),
        ("usart3", 0x00, 1, "while its clock is off"),
    ],
)
def test_what_would_break_the_chip_is_refused(machine: Machine, name: str, offset: int, value: int, message: str) -> None:
    with pytest.raises(Unmodelled, match=message):
        write(machine, name, offset, value)


def test_between_two_models_in_a_page_is_nothing(image: Path) -> None:
    """RCC and FLASH of the F407 share a page; on the L4R5 behind RCC's 0x400 bytes the page is empty."""
    machine = Machine(board("nucleo-l4r5"), image)
    with pytest.raises(TargetError, match="4-byte read of 0x40021800, where nothing is"):
        machine._fault(_read_from(machine, 0x4002_1800))


def _read_from(machine: Machine, address: int) -> object:
    machine.core.store(0x2000_0000, b"\x01\x68\x00\xbf")  # ldr r1, [r0]; nop
    machine.core.set("r0", address)
    machine.core.jump(0x2000_0000)
    return machine.core.run(machine.clock.now + 10)
