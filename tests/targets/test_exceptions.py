"""Exceptions of the core: entry, frames, masking, return; faults that the firmware's handler sees."""

import pytest

from tests.targets.conftest import Start
from tinylm.errors import TargetError

PRECISE_WITH_ADDRESS, FORCED = 0x8200, 0x4000_0000


def registers(device, count: int = 12) -> list[int]:
    return [device.word("fault_record", index) for index in range(count)]


def test_systick_ticks_while_the_core_sleeps(on_nrf: Start):
    device = on_nrf()
    before = device.machine.clock.now
    device.stream.write(b"s")
    assert device.stream.read(10) == b"0000000a\r\n"
    seconds = (device.machine.clock.now - before) / device.machine.clock.hz
    assert seconds == pytest.approx(0.010 + 11 * 10 / 115200, rel=0.02)  # ten ticks of 1 ms, a byte in, ten out


def test_waiting_for_events_ends(on_nrf: Start):
    assert on_nrf()("W") == b"0000000a\r\ndone\r\n"


def test_primask_holds_the_handler_back_but_not_the_wake_up(on_nrf: Start):
    assert on_nrf()("m") == b"00000000\r\n00000001\r\ndone\r\n"


def test_a_handler_may_use_every_register_that_hardware_saves(on_nrf: Start):
    """survives() adds up r0-r3, r12 and s0 after the handler: 13. EXC_RETURN says 'floats stacked', IPSR 14."""
    assert on_nrf()("P") == b"0000000d\r\nffffffe9\r\n0000000e\r\ndone\r\n"


def test_the_process_stack_comes_back(on_nrf: Start):
    assert on_nrf()("k") == b"0000000d\r\nffffffed\r\ndone\r\n"


def test_frames_are_aligned_to_eight_bytes_and_the_stack_comes_back(on_nrf: Start):
    assert on_nrf()("a") == b"00000000\r\n00000000\r\ndone\r\n"


def test_an_interrupt_whose_cause_stands_comes_again(on_nrf: Start):
    assert on_nrf()("L") == b"00000003\r\ndone\r\n"


def test_supervisor_call(on_nrf: Start):
    assert on_nrf()("v") == b"00000064\r\ndone\r\n"


def test_a_frame_that_does_not_fit_is_a_stack_overflow(on_nrf: Start):
    with pytest.raises(TargetError, match=r"0x1ffffff0.*stack overflow"):
        on_nrf()("O")


def test_a_store_to_nowhere_reaches_the_fault_handler(on_nrf: Start):
    device = on_nrf(faults="deliver")
    device("w")
    record = registers(device)
    assert record[2] == 0x6000_0000 or 0x6000_0000 in record[:5]
    assert device.machine.image.where(record[6]).split("(")[1].startswith("start")
    assert record[8:11] == [PRECISE_WITH_ADDRESS, FORCED, 0x6000_0000]
    assert record[11] & 0xFFFF_FFE0 == 0xFFFF_FFE0
    assert device.word("sink") == 1  # what follows the store did not run


@pytest.mark.parametrize(
    ("program", "status", "address"),
    [
        pytest.param("r", PRECISE_WITH_ADDRESS, 0x4000_1234, id="read of nothing"),
        pytest.param("p", PRECISE_WITH_ADDRESS, 0x4000_2ABC, id="register without a model"),
        pytest.param("x", 0x100, 0, id="jump to nowhere"),
        pytest.param("u", 0x1_0000, 0, id="undefined instruction"),
        pytest.param("y", 0x2_0000, 0, id="jump to an even address"),
        pytest.param("b", 0, 0, id="breakpoint"),
    ],
)
def test_faults_leave_their_kind_in_cfsr(on_nrf: Start, program: str, status: int, address: int):
    device = on_nrf(faults="deliver")
    device(program)
    record = registers(device)
    assert record[8:11] == [status, FORCED, address]


def test_the_m0_faults_on_unaligned_access_and_has_no_status(on_pico: Start):
    device = on_pico(faults="deliver")
    device("n")
    assert device.machine.image.where(registers(device)[6]).split("(")[1].startswith("start")
    with pytest.raises(TargetError, match="unaligned access; PC"):
        on_pico()("n")
