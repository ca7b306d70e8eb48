"""Counts are exact, the same in C and in Python, and the same every time."""

import subprocess
import sys
import threading

import pytest
import unicorn

from tests.targets.conftest import Device, Start
from tinylm import paths
from tinylm.cores import CORES
from tinylm.errors import InputError, MissingError, TargetError
from tinylm.targets.emulator import native
from tinylm.targets.emulator.costs import ThumbCosts


def counted(n: int) -> int:
    """Instructions of counted(n) in firmware/common.h, by construction."""
    return 2 + 4 * n


@pytest.mark.parametrize("hook", [True, False], ids=["native", "python"])
def test_instructions_of_a_function_are_exact(on_either: Start, hook: bool):
    device = on_either(native=hook)
    watch = device.machine.watch("counted")
    device("c")
    assert (watch.calls, watch.instructions) == (2, counted(1000) + counted(10))


def test_cycles_follow_the_cores_table(on_nrf: Start, on_pico: Start):
    """adds, nop, subs: 1 each; a taken branch 3 on the M4, 2 on the M0+; movs 1; the last bne 1; bx 3 or 2, charged to the caller."""
    for start, taken in ((on_nrf, 3), (on_pico, 2)):
        device = start()
        watch = device.machine.watch("counted")
        device("c")
        assert watch.cycles == sum(1 + n * 3 + (n - 1) * taken + 1 + taken for n in (1000, 10))


@pytest.mark.parametrize("program", ["iabc.", "t", "P", "m"])
def test_the_native_hook_and_python_agree(on_nrf: Start, program: str):
    runs = []
    for hook in (True, False):
        device = on_nrf(native=hook)
        watch = device.machine.watch("counted")
        text = device(program)
        runs.append((text, device.machine.instructions, device.machine.cycles, device.machine.clock.now, watch.calls, watch.cycles))
    assert runs[0] == runs[1]


def test_two_runs_are_the_same(on_either: Start):
    def run():
        device = on_either()
        return device("iabc."), device("t"), device.machine.instructions, device.machine.cycles, device.machine.clock.now

    assert run() == run()


def test_slicing_a_run_changes_nothing(on_nrf: Start):
    whole, sliced = on_nrf(), on_nrf()
    for device in (whole, sliced):
        device.stream.write(b"t")
    whole.machine.run(whole.machine.clock.now + 500_000)
    end = sliced.machine.clock.now + 500_000
    for stop in range(sliced.machine.clock.now, end, 777):
        sliced.machine.run(stop)
    sliced.machine.run(end)
    assert whole.machine.instructions == sliced.machine.instructions
    assert bytes(whole.machine.console.to_host) == bytes(sliced.machine.console.to_host) != b""


def test_waiting_by_reading_is_shorter_in_instructions_but_not_in_time(on_pico: Start):
    runs = [on_pico(skip_waiting=skip) for skip in (True, False)]
    texts = [device("t", 86) for device in runs]
    times = [[int(line, 16) for line in text.split()[:8:2]] for text in texts]
    assert all(abs(short - long) <= 2 for short, long in zip(*times, strict=True))
    assert runs[0].machine.instructions < runs[1].machine.instructions


def single_steps(device: Device) -> list[int]:
    """Have unicorn itself report every instruction from now on: an independent count."""
    steps = [0]

    def step(*_: object) -> None:
        steps[0] += 1

    device.machine.core.uc.ctl_flush_tb()
    device.machine.core.uc.hook_add(unicorn.UC_HOOK_CODE, step)
    return steps


@pytest.mark.parametrize(("board", "program"), [("nrf", "c"), ("nrf", "t"), ("pico", "c"), ("pico", "iabc."), ("pico", "t")])
def test_the_count_is_the_number_of_instructions_executed(request: pytest.FixtureRequest, board: str, program: str):
    """Programs that skip nothing in IT blocks: unicorn does not report those instructions, the core issues them."""
    device = request.getfixturevalue(f"on_{board}")()
    steps, before = single_steps(device), device.machine.instructions
    device(program)
    assert device.machine.instructions - before == steps[0] > 1000


@pytest.mark.parametrize("program", ["w", "r", "p", "x", "u", "b", "F"])
def test_what_a_fault_cuts_off_is_not_counted(on_nrf: Start, program: str):
    """The instruction that fails is not executed either; a jump to nowhere is, only its target is not."""
    device = on_nrf()
    steps, before = single_steps(device), device.machine.instructions
    with pytest.raises(TargetError):
        device(program)
    reported_but_failed = program != "x"
    assert device.machine.instructions - before == steps[0] - reported_but_failed


def test_what_is_taken_back_is_the_rest_of_the_block(on_nrf: Start):
    """adds, nop, subs, bne of counted(): taken back from the nop on."""
    machine = on_nrf().machine
    core, state, loop = machine.core, machine.core.state, machine.image.symbols["counted"] + 2
    state.address, state.end, state.instructions, state.cycles = loop, loop + 8, 100, 200
    core._unwind(loop + 2)
    assert (state.instructions, state.cycles, state.end) == (97, 197, loop + 2)


def test_a_watch_that_is_forgotten_makes_room(on_nrf: Start):
    machine = on_nrf().machine
    names = ["counted", "start", "reset", "systick", "uart_irq", "timer_irq", "clobber", "supervisor"]
    watches = [machine.watch(name) for name in names]
    with pytest.raises(InputError, match="at most 8"):
        machine.watch("survives")
    machine.core.counter.forget(watches[0])
    assert machine.watch("survives").calls == 0


def test_an_unknown_function_is_named_with_the_nearest(on_nrf: Start):
    with pytest.raises(InputError, match=r"no function 'countet'.*'counted'"):
        on_nrf().machine.watch("countet")


def test_the_table_grows(on_nrf: Start):
    """More blocks than the first table has slots, each still found."""
    counter = on_nrf().machine.core.counter
    known = counter._used
    for address in range(0x2000_0000, 0x2000_0000 + 2 * 20_000, 2):
        counter._add(address, 2)
    assert counter._used == known + 20_000
    assert all(counter._slot(address).address == address for address in range(0x2000_0000, 0x2000_0000 + 2 * 20_000, 2))


def test_the_hook_can_be_built_by_two_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(paths.cache_dir() / "zig"))  # zig's own libraries need no second build
    monkeypatch.setenv("TINYLM_CACHE", str(tmp_path))
    made = tmp_path / "tinylm" / "emulator" / "hook.so"
    threads = [threading.Thread(target=native._compile, args=(native._FOLDER / "hook.c", made)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in made.parent.iterdir()] == ["hook.so"]


def test_without_a_compiler_python_counts(on_nrf: Start, tmp_path, monkeypatch):
    """A cache that is empty and a compiler that refuses: slower, same machine."""
    monkeypatch.setenv("TINYLM_CACHE", str(tmp_path))
    monkeypatch.setattr(native, "_FLAGS", ("--no-such-flag",))
    native._functions.cache_clear()
    try:
        device = on_nrf()
        assert type(device.machine.core.counter).__name__ == "PythonCounter"
        assert device("c").startswith(b"counted")
        with pytest.raises(MissingError, match="cannot be built"):
            on_nrf(native=True)
    finally:
        native._functions.cache_clear()


def test_without_the_extra_the_message_says_what_to_install():
    attempt = "try:\n import tinylm.targets.emulator\nexcept Exception as e: print(type(e).__name__, e)"
    code = f"import sys; sys.modules['unicorn'] = None\n{attempt}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("MissingError") and "pip install 'tinylm[emulator]'" in done.stdout


@pytest.mark.parametrize(
    ("core", "code", "instructions", "cycles", "taken"),
    [
        ("cortex-m4", "0068 4168", 2, 3, 0),  # ldr, ldr: the second is pipelined
        ("cortex-m0plus", "0068 4168", 2, 4, 0),
        ("cortex-m4", "f0bd", 1, 6, 2),  # pop {r4-r7, pc}: 1 + N, and the way there
        ("cortex-m0plus", "f0b5", 1, 6, 0),  # push {r4-r7, lr}
        ("cortex-m0plus", "f0bd", 1, 6, 2),
        ("cortex-m4", "20ee001a", 1, 1, 0),  # vmul
        ("cortex-m4", "80ee001a", 1, 14, 0),  # vdiv
        ("cortex-m4", "2de9f041", 1, 7, 0),  # push.w {r4-r8, lr}
        ("cortex-m4", "00fb0100", 1, 1, 0),  # mla
        ("cortex-m3", "00fb0100", 1, 2, 0),
        ("cortex-m4", "00f001f8", 1, 1, 2),  # bl
        ("cortex-m0plus", "00f001f8", 1, 1, 2),
        ("cortex-m4", "90fbf1f0", 1, 7, 0),  # sdiv: the middle of 2 to 12
        ("cortex-m4", "ffff ffff", 1, 1, 0),  # unknown: counted all the same
    ],
)
def test_costs_of_instructions(core: str, code: str, instructions: int, cycles: int, taken: int):
    assert ThumbCosts(CORES[core]).block(bytes.fromhex(code), 0x100)[:3] == (instructions, cycles, taken)
