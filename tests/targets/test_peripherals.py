"""Serial lines both ways, timers, boot: the models as firmware sees them."""

from itertools import pairwise

import pytest

from tests.targets.conftest import Start

BYTE = 10 / 115200  # seconds


def words(text: bytes) -> list[int]:
    return [int(word, 16) for word in text.split() if len(word) == 8]


def test_bytes_go_both_ways(on_either: Start):
    sent = bytes(range(65, 91)) * 8
    assert on_either()("e" + sent.decode() + ".") == sent + b"done\r\n"


def test_bytes_received_by_interrupt_while_asleep(on_either: Start):
    assert on_either()("iabcdef.") == b".fedcbadone\r\n"


def test_sending_takes_the_time_of_the_line(on_nrf: Start):
    device = on_nrf()
    before = device.machine.clock.now
    device.stream.write(b"f")
    device.stream.read(10)
    seconds = (device.machine.clock.now - before) / device.machine.clock.hz
    assert seconds == pytest.approx(11 * BYTE, rel=0.02)  # one in, ten out


def test_the_transmit_fifo_lets_the_core_go_on(on_pico: Start):
    """32 bytes fit: 'counted' is in the FIFO long before it has left."""
    device = on_pico()
    watch = device.machine.watch("counted")
    device.stream.write(b"t")
    device.stream.read(1)
    assert watch.calls == 1 or device.machine.core.state.inside


def test_a_byte_into_a_full_fifo_is_an_error_not_a_loss(on_pico: Start):
    with pytest.raises(Exception, match="transmit FIFO is full"):
        on_pico()("o")


def test_nrf_timer_counts_microseconds(on_nrf: Start):
    """Between two readings: ten bytes on the line, and counted(16000), which is 6 * 16000 cycles."""
    times = words(on_nrf()("t"))
    expected = 10 * BYTE * 1e6 + 6 * 16000 / 64
    assert [late - early for early, late in pairwise(times)] == pytest.approx([expected] * 3, rel=0.01)


def test_nrf_timer_compare_wakes_the_core(on_nrf: Start):
    device = on_nrf()
    before = device.machine.clock.now
    device.stream.write(b"T")
    assert device.stream.read(10) == b"00000018\r\n"  # exception number 16 + 8, seen in IPSR
    seconds = (device.machine.clock.now - before) / device.machine.clock.hz
    assert seconds == pytest.approx(11 * BYTE + 5 * 100e-6, rel=0.03)


def test_rp2040_timer_counts_microseconds_and_latches_its_high_half(on_pico: Start):
    values = words(on_pico()("t"))
    low, high = values[::2], values[1::2]
    assert low == sorted(low) and len(set(low)) == 4 and high == [0] * 4
    assert low[-1] - low[0] >= 3 * 5 * 12500 / 125


def test_the_cycle_counter_counts_estimated_cycles(on_nrf: Start):
    device = on_nrf()
    watch = device.machine.watch("counted")
    (difference,) = words(device("D"))
    assert watch.cycles <= difference <= watch.cycles + 60


def test_time_starts_at_reset_and_only_goes_on(on_nrf: Start):
    device = on_nrf()
    moments = [device.machine.clock.now]
    for _ in range(20):
        device.stream.read(1)
        moments.append(device.machine.clock.now)
    assert moments == sorted(moments) and moments[0] > 0
