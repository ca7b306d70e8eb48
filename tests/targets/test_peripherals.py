"""Serial lines both ways, timers, boot: the models as firmware sees them."""

from itertools import pairwise

import pytest

from tests.shelf import EMULATED
from tests.targets.conftest import Start
from tinylm.boards import board
from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.peripherals import MODELS

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


def read(model, offset: int) -> int:
    return model.access(offset, 4, None)


def write(model, offset: int, value: int) -> None:
    model.access(offset, 4, value)


def test_gpio_sets_and_clears(on_nrf: Start):
    gpio = on_nrf().machine.peripherals["gpio0"]
    write(gpio, 0x508, 0b101)
    write(gpio, 0x50C, 0b001)
    write(gpio, 0x518, 0b110)
    assert (read(gpio, 0x504), read(gpio, 0x514), read(gpio, 0x510)) == (0b100, 0b110, 0b100)


def test_the_crystal_takes_its_time(on_nrf: Start):
    device = on_nrf()
    clock = device.machine.peripherals["clock"]
    assert read(clock, 0x40C) == 1 << 16 | 1  # started by the image
    write(clock, 0x004, 1)
    write(clock, 0x100, 0)
    write(clock, 0x000, 1)
    assert (read(clock, 0x100), read(clock, 0x40C), read(clock, 0x408)) == (0, 1 << 16, 1)
    device.stream.read(1)
    assert (read(clock, 0x100), read(clock, 0x40C)) == (1, 1 << 16 | 1)


def test_atomic_aliases_flip_set_and_clear(on_pico: Start):
    pads = on_pico().machine.peripherals["pads-bank0"]
    for alias, operand, result in ((0x0000, 0b0110, 0b0110), (0x1000, 0b0011, 0b0101), (0x2000, 0b1000, 0b1101), (0x3000, 0b0101, 0b1000)):
        write(pads, alias + 4, operand)
        assert read(pads, 4) == result


def test_sio_is_core_0_and_drives_pins(on_pico: Start):
    sio = on_pico().machine.peripherals["sio"]
    for offset, value in ((0x24, 0b111), (0x14, 0b110), (0x18, 0b010), (0x1C, 0b001)):
        write(sio, offset, value)
    assert (read(sio, 0), read(sio, 0x10), read(sio, 0x20), read(sio, 0x04)) == (0, 0b101, 0b111, 0b101)


def test_a_second_stage_that_asks_the_flash_for_quad_mode_is_answered(on_pico: Start):
    ssi = on_pico().machine.peripherals["ssi"]
    write(ssi, 0x60, 0x35)
    write(ssi, 0x60, 0)
    assert read(ssi, 0x28) == 0b1110
    assert (read(ssi, 0x60), read(ssi, 0x60)) == (0, 2)
    assert read(ssi, 0x28) == 0b0110


def test_a_pll_without_power_does_not_lock(on_pico: Start):
    machine = on_pico().machine
    assert read(machine.peripherals["pll-sys"], 0) >> 31 == 1
    assert read(machine.peripherals["pll-usb"], 0) >> 31 == 0


def test_the_timer_stands_without_its_tick(on_pico: Start):
    machine = on_pico().machine
    timer, watchdog = machine.peripherals["timer"], machine.peripherals["watchdog"]
    write(watchdog, 0x2C, 0)
    held = read(timer, 0x28)
    machine.clock.sleep_until(machine.clock.now + machine.clock.hz)
    assert read(timer, 0x28) == held
    write(watchdog, 0x2C, 1 << 9 | 12)
    machine.clock.sleep_until(machine.clock.now + machine.clock.hz)
    assert read(timer, 0x28) - held == 1_000_000


def test_the_high_half_of_the_time_belongs_to_the_low_half_read_before(on_pico: Start):
    machine = on_pico().machine
    timer = machine.peripherals["timer"]
    machine.clock.sleep_until(machine.clock.cycles((2 << 32) - 1_000_000, 1_000_000))
    low = read(timer, 0x0C)
    machine.clock.sleep_until(machine.clock.now + 2 * machine.clock.hz)
    assert (low > 0xFFF0_0000, read(timer, 0x08), read(timer, 0x24)) == (True, 1, 2)


def test_reception_can_stop_by_itself_after_one_buffer(on_nrf: Start):
    device = on_nrf()
    uarte = device.machine.peripherals["uarte0"]
    for offset, value in ((0x200, 1 << 6), (0x538, 2), (0x110, 0), (0x144, 0), (0x000, 1)):
        write(uarte, offset, value)
    uarte.line.feed(b"?!")
    for _ in range(2):
        device.machine.clock.sleep_until(device.machine.clock.due)
        device.machine.clock.run_due()
    assert (read(uarte, 0x110), read(uarte, 0x144), read(uarte, 0x53C)) == (1, 1, 2)
    assert device.machine.core.load(read(uarte, 0x534), 2) == b"?!"


@pytest.mark.parametrize(
    ("peripheral", "offset", "value", "message"),
    [
        ("nvmc", 0x504, 1, "writing and erasing flash"),
        ("timer0", 0x504, 1, "timer mode only"),
        ("uarte0", 0x008, 1, "while ENABLE is not 8"),
        ("uarte0", 0xFFC, 1, "no model of this register"),
    ],
)
def test_what_a_model_leaves_out_it_says(on_nrf: Start, peripheral: str, offset: int, value: int, message: str):
    model = on_nrf().machine.peripherals[peripheral]
    if peripheral == "uarte0":
        write(model, 0x500, 0)
    with pytest.raises(Unmodelled, match=message):
        write(model, offset, value)


@pytest.mark.parametrize("size", [1, 2])
def test_narrow_accesses_are_refused(on_nrf: Start, size: int):
    with pytest.raises(Unmodelled, match=f"4-byte accesses only, not {size}"):
        on_nrf().machine.peripherals["timer0"].access(0x540, size, None)


def test_every_model_is_used_by_a_soc():
    assert {entry.model for name in EMULATED for entry in board(name).soc.peripherals} == set(MODELS)
