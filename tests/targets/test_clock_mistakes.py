"""Mistakes in a port's set-up that a chip would not survive, or answer with silence: each stops the emulator with a name."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.firmware import standin
from tinylm import paths
from tinylm.boards import board
from tinylm.errors import TargetError
from tinylm.firmware.build import build
from tinylm.targets.emulator import EmulatorStream, Machine

#: board, template, what is replaced by what there, the beginning of what the emulator says
MISTAKES = [
    ("nrf52840", "nrf52", "HFCLKSTART = 1;", "", r"waits for ever: clock \(offset 0x100\) stays 0x0; PC .*tl_port_init"),
    (
        "nano33ble",
        "../arm/startup",
        "TL_REG(0xE000ED08u) = ",
        "(void)",
        "exception 18 has no handler: its vector at 0x000000.* VTOR is 0x00000000",
    ),
    ("microbit-v2", "nrf52", "TIMER_PRESCALER = 4", "TIMER_MODE = 1", "timer0 .* models timer mode only"),
    ("microbit-v1", "nrf51", "    STARTTX = 1;", "", "uart0 .* given a byte to send before STARTTX"),
    ("microbit-v1", "nrf51", "ENABLE = 4;", "", "uart0 .* while ENABLE is not 4"),
    (
        "nrf5340dk",
        "nrf53",
        "    HFCLKCTRL = ",
        "    (void)",
        "starts while the core runs at 64000000 Hz; the board's clock_hz is 128000000",
    ),
    ("pico", "rp2040", "GPIO_CTRL(TX) = 2;", "", "uart0 .* GPIO0 is not set to function 2"),
    ("pico2", "rp2350", "    PAD(TX) = 1u << 4 | 1u << 1; ", "", "uart0 .* the pad of GPIO0 is isolated"),
    ("pico2-riscv", "rp2350", "0x11010142u", "0x10210142u", "boot ROM does not start the image: its image definition is 0x1021"),
    ("pico2-riscv", "rp2350", "csrw 0xbe0", "csrw 0xbe2", "a register of the core at .*CSR 0xbe2 has no model"),
    ("pico2", "rp2350", "0x10210142u", "0x11210142u", "boot ROM does not start the image: its image definition is 0x1121"),
    ("pico2", "rp2350", "0xAB123579u", "0", "boot ROM does not start the image: there is no image definition in the first 4096 bytes"),
    ("nucleo-l4r5", "stm32l4", "1u << 8 | {{", "1u << 8 | 1u | 0u * {{", r"waits for ever: flash \(offset 0x0\) stays 0x701"),
    ("nucleo-l4r5", "stm32l4", "PWR_CR5 &= ~(1u << 8);", "", "allows 80000000|waits for ever"),
    ("nucleo-l4r5", "stm32l4", "enable(RCC_APB1ENR1, 28);", "", r"pwr .* while its clock is off \(RCC register 0x58, bit 28\)"),
    ("nucleo-l4r5", "stm32l4", "    RCC_CR |= 1u << 24;", "", r"waits for ever: rcc \(offset 0x0\) stays"),
    ("nucleo-l4r5", "stm32l4", "    wait_for(&RCC_CR, 1u << 25, 1u << 25);", "", "run the core from PLL, which is not ready"),
    ("nucleo-l4r5", "stm32", "enable_bit }}u + pin / 16u", "enable_bit }}u + pin / 16u + 1u", "gpio .* while the clock of port G is off"),
    (
        "nucleo-l4r5",
        "stm32",
        "connect(TX, {{ function[0] }})",
        "connect(TX, 7)",
        "lpuart1 .* PG7, which is not set to alternate function 8",
    ),
    ("nucleo-l4r5", "stm32", "UART_CR1 = FIFO; ", "UART_CR1 = ON; ", "lpuart1 .* has its FIFO switched while it is on"),
    ("nucleo-l4r5", "stm32", "{{ divisor }}u;", "{{ divisor * 2 }}u;", "sends at 57600 baud, its console is set to 115200"),
    ("stm32f4-discovery", "stm32f4", "    wait_for(&RCC_CR, 1u << 17, 1u << 17);", "", "start the PLL from HSE, which is not ready"),
    ("stm32f4-discovery", "stm32f4", "RCC_CFGR = 4u << 13 | 5u << 10;", "", "runs apb1 at 168000000 Hz; it can do 42000000"),
    (
        "stm32f4-discovery",
        "stm32f4",
        "{{ mhz }}u << 6",
        "{{ mhz - 8 }}u << 6",
        "core runs at 160000000 Hz; the board's clock_hz is 168000000",
    ),
    ("stm32f4-discovery", "stm32f4", "{{ mhz }}u << 6", "{{ mhz + 60 }}u << 6", "a VCO frequency of 456000000 Hz, which is not in"),
    ("nucleo-h743", "stm32h7", "    PWR_CR3 = (PWR_CR3 & ~7u) | 1u << 1;", "", "change the voltage before the supply is chosen"),
    ("nucleo-h743", "stm32h7", "SYSCFG_PWRCR |= 1u;", "", "a VCO frequency of 960000000 Hz, which is not in 192000000 to 836000000"),
    ("nucleo-u575", "stm32u5", "    PWR_VOSR |= 1u << 18;", "    return;", "core runs at 4000000 Hz|the core runs at"),
    (
        "nucleo-u575",
        "stm32u5",
        "wait_for(&PWR_VOSR, 1u << 14, 1u << 14);",
        "PWR_VOSR &= ~(1u << 18);",
        "Hz; the voltage that PWR is set to allows 55000000",
    ),
]


def cases() -> list[Any]:
    """The first of each template always, the others in the slow suite."""
    first = {case[1]: case for case in reversed(MISTAKES)}
    marks = {True: (), False: (pytest.mark.slow,)}
    return [pytest.param(*case, id=f"{case[0]}-{case[2].strip()}", marks=marks[first[case[1]] is case]) for case in MISTAKES]


@pytest.mark.parametrize(("name", "template", "right", "wrong", "said"), cases())
def test_a_mistake_is_named(name: str, template: str, right: str, wrong: str, said: str, tmp_path: Path) -> None:
    """The mistake is made in a template of the user's own, which takes the place of the shipped one."""
    place = f"ports/{template}.c.j2" if "/" not in template else f"{template.removeprefix('../')}.c.j2"
    text = (paths.TEMPLATES / place).read_text()
    assert text.count(right) == 1, f"{right!r} is there {text.count(right)} times"
    mistaken = tmp_path / "own" / place
    mistaken.parent.mkdir(parents=True)
    mistaken.write_text(text.replace(right, wrong))
    changed = replace(board(name), own=tmp_path / "own")
    built = build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), changed, tmp_path / "out")
    with pytest.raises(TargetError) as stopped:
        EmulatorStream(Machine(changed, built.elf)).read(1000)
    assert re.search(said, str(stopped.value)), stopped.value
