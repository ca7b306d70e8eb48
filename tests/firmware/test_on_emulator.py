"""The images, unmodified, on the emulated boards: console, stack mark, fault report."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.firmware import standin
from tests.shelf import CORES, EMULATED, FIRST, PORTS, slow_but
from tinylm.boards import board
from tinylm.errors import TargetError
from tinylm.firmware.build import build
from tinylm.firmware.toolchain import Zig

pytest.importorskip("unicorn")
machine = pytest.importorskip("tinylm.targets.emulator.machine")
stream = pytest.importorskip("tinylm.targets.emulator.stream")

CRASH = "*(volatile uint32_t *)0xA0000000u = 1;"
OVERFLOW = "deeper(0);"
DEEPER = "static int deeper(int n) { volatile int big[64]; big[n & 63] = n; return big[n & 63] < 0 ? 0 : deeper(n + 1) + big[1]; }\n"
OVERRUN = "tl_arena[TL_ARENA_BYTES] = 0;"


class Device:
    def __init__(self, name: str, tmp_path: Path, program: standin.StandinProgram, faults: str = "stop") -> None:
        bundle = standin.language_bundle(tmp_path / "bundle")
        self.built = build(bundle, program, board(name), tmp_path / "out", toolchain=Zig(strict=True))
        self.machine = machine.Machine(board(name), self.built.elf, faults=faults)
        self.stream = stream.EmulatorStream(self.machine)
        self.until("m-ready")

    def until(self, last: str) -> list[str]:
        text = ""
        while not text.endswith(f"{last}\r\n"):
            byte = self.stream.read(1)
            assert byte, f"silent after {text!r}"
            text += byte.decode()
        return text.split("\r\n")[:-1]

    def __call__(self, command: str, last: str = "m-ready") -> list[str]:
        self.stream.write(f"{command}%".encode())
        return self.until(last)


def broken(statement: str, before: str = "") -> standin.StandinProgram:
    program = standin.language()
    text = program.files["model.c"].replace("void tl_model_invoke(void)\n{", f"{before}void tl_model_invoke(void)\n{{\n    {statement}")
    return replace(program, files={**program.files, "model.c": text})


@pytest.fixture(params=slow_but(FIRST, dict.fromkeys([*CORES, *PORTS])))
def device(request, tmp_path) -> Callable[..., Device]:
    return lambda program, **options: Device(request.param, tmp_path, program, **options)


@pytest.fixture(params=EMULATED)
def on_every_board(request, tmp_path) -> Callable[..., Device]:
    return lambda program, **options: Device(request.param, tmp_path, program, **options)


def test_every_board_boots_tells_the_time_and_computes_what_the_host_computes(on_every_board):
    board_device, model = on_every_board(standin.language()), standin.LanguageReference()
    assert board_device("lm score 0001000a") == [f"m-lm-crc-{model.crc(1)}", f"m-lm-crc-{model.crc(10)}", "m-ready"]
    assert board_device("build")[0] == f"m-build-[{board_device.built.build_id}]"
    first = int(board_device("timestamp")[0].removeprefix("m-lap-us-"))
    before, clock = board_device.machine.clock.now, board_device.machine.clock
    second = int(board_device("timestamp")[0].removeprefix("m-lap-us-"))
    assert second - first == pytest.approx((clock.now - before) / clock.hz * 1e6, rel=0.05)


@pytest.mark.parametrize("name", slow_but([*FIRST, "nucleo-l4r5"], PORTS))
def test_microseconds_go_on_for_hours(name, tmp_path):
    """Three times what 32 bits of them hold: 3.6 hours."""
    running = Device(name, tmp_path, standin.language())
    clock = running.machine.clock
    until = clock.now + 3 * (1 << 32) // 1_000_000 * clock.hz
    if not running.machine.run(until):
        clock.sleep_until(until)
    shown = int(running("timestamp")[0].removeprefix("m-lap-us-"))
    assert shown == pytest.approx(clock.now / clock.hz * 1e6, rel=1e-4) and shown > 3 * (1 << 32) - 10_000_000


def test_stack_mark_grows_and_stays_below_the_size(device):
    running = device(standin.language())
    before = int(running("stack")[0].removeprefix("m-stack-used-"))
    running("lm feed ab")
    running("lm generate 3")
    used, size, arena, _ = running("stack")
    assert 0 < before < int(used.removeprefix("m-stack-used-")) < int(size.removeprefix("m-stack-size-"))
    assert int(size.removeprefix("m-stack-size-")) == running.built.sizes.ram["stack"]
    assert arena == "m-arena-[ok]"


def test_an_overrun_arena_is_noticed(device):
    running = device(broken(OVERRUN))
    running("lm score 0001")
    assert "m-arena-[overrun]" in running("stack")


def fault_line(running: Device) -> str:
    running.stream.write(b"lm score 0001%")
    return running.until(f"build={running.built.build_id}")[-1]


def test_a_fault_says_where(device):
    running = device(broken(CRASH), faults="deliver")
    line = fault_line(running)
    pc = int(re.search(r"^e-\[fault\] (?:HardFault|store fault) pc=0x([0-9A-F]{8}) lr=0x[0-9A-F]{8} ", line)[1], 16)
    start = running.machine.image.symbols["tl_model_invoke"] & ~1
    assert start <= pc < start + 200
    if running.machine.board.core.isa == "riscv":
        assert " mtval=0xA0000000 " in line
    elif not running.built.core.startswith("cortex-m0"):
        assert re.search(r" cfsr=0x0000\w{4} bfar=0x\w{8} ", line)
    else:
        assert "cfsr" not in line


def test_a_stack_overflow_leaves_memory_and_is_caught_where_it_happens(device):
    """The stack lies at the low end of RAM: nothing else is overwritten first."""
    running = device(broken(OVERFLOW, DEEPER))
    running.stream.write(b"lm score 0001%")
    below = f"{running.machine.board.ram.start - 1 >> 16:#06x}"
    with pytest.raises(TargetError, match=rf"{below}\w{{4}}.*PC .*deeper"):
        running.stream.read(1000)
