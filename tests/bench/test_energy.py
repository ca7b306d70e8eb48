"""Energy mode end to end: firmware in energy mode in the emulator, its pin's edges seen by a simulated monitor, joules an inference."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.bench.lpm01a import Simulated, encoded
from tests.firmware import standin
from tests.shelf import FIRST, PORTS, slow_but
from tinylm.bench.joulescope import read_recording
from tinylm.bench.monitor import BAUD, Capture, Lpm01a
from tinylm.bench.rules import energy, recorded_energy
from tinylm.boards import board, names
from tinylm.errors import InputError, TargetError
from tinylm.firmware.build import build
from tinylm.firmware.toolchain import Zig
from tinylm.targets.serial import open_port
from tinylm.targets.session import Session

SECONDS = 0.05  # of a window, instead of ten
OTHER_PINS = {"pico2-riscv": "GP40"}  # an RP2350B's: it stands in the second word of the registers


def quiet(*_: object) -> None:
    pass


def joules(millisecond: int) -> float:
    return (3000 + millisecond % 7) * 1e-8


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    made = Simulated(joules)
    yield made
    made.close()


def energy_device(name: str, folder: Path, simulated: Simulated) -> Session:
    """A board in energy mode whose timestamp pin is wired to the monitor."""
    pytest.importorskip("unicorn")
    from tinylm.targets.emulator import EmulatorStream, Machine
    from tinylm.targets.emulator.peripherals.base import Pins

    chosen = board(name)
    pin = OTHER_PINS.get(name, chosen.file.timestamp_pin)
    chosen = dataclasses.replace(chosen, file=msgspec.structs.replace(chosen.file, timestamp_pin=pin)).for_energy()
    image = build(standin.add_one_bundle(folder / "b"), standin.add_one(), chosen, folder / "out", toolchain=Zig(strict=True))
    machine = Machine(chosen, image.elf)
    pins = next(model for model in machine.peripherals.values() if isinstance(model, Pins))
    written = pins.write

    def write(offset: int, value: int) -> None:
        before = pins.level(chosen.timestamp)
        written(offset, value)
        if before and pins.level(chosen.timestamp) is False:
            simulated.edge(machine.clock.now * 1000 // machine.clock.hz)

    pins.write = write
    return Session(EmulatorStream(machine))


@pytest.mark.parametrize("name", slow_but(FIRST, [name for name in PORTS if board(name).file.timestamp_pin is not None]))
def test_joules_between_the_edges_of_an_emulated_device(name: str, tmp_path: Path, simulated: Simulated) -> None:
    with open_port(simulated.port, BAUD) as port:
        monitor = Lpm01a(port, 1.8)
        monitor.power(True)
        monitor.start()
        session = energy_device(name, tmp_path, simulated)
        assert session.boot()[0] == "m-timestamp-mode-energy"
        done = energy(session, monitor, [(str(n), bytes(8)) for n in range(5)], quiet, SECONDS)
        monitor.close()
    assert simulated.sent[:2] == ["htc", "pwr off"] and "volt 1800m" in simulated.sent and "eventsrc d7 fal" in simulated.sent
    assert simulated.sent[-3:] == ["stop", "pwr off", "hrc"]
    for burst in done.bursts:
        assert burst.seconds >= SECONDS and burst.inferences > 100
        assert burst.joules == pytest.approx(burst.seconds * 1000 * 3003e-8, rel=2e-3)
    assert done.energy_uj == pytest.approx(float(np.median([b.joules / b.inferences for b in done.bursts])) * 1e6)


def test_in_energy_mode_laps_are_not_printed_and_the_line_is_slow(tmp_path: Path, simulated: Simulated) -> None:
    session = energy_device("nrf52840", tmp_path, simulated)
    session.boot()
    assert session.exchange("timestamp") == []
    before = session.stream.machine.clock.now
    assert session.infer(1, 0, laps=False).elapsed_us == 0
    with pytest.raises(TargetError, match=r"where 'm-lap-us-\.\.\.' was due"):
        session.infer(1, 0)
    assert session.stream.machine.clock.now - before > 64_000_000 * 100 / 960  # a hundred bytes at 9600 baud


@pytest.mark.parametrize("name", names())
def test_every_board_whose_chip_has_pins_has_an_energy_mode(name: str) -> None:
    chosen = board(name)
    if chosen.soc.pins != 0:
        made = chosen.for_energy()
        assert made.energy and made.file.console.baud == 9600 and made.timestamp not in (made.tx, made.rx)
        return
    with pytest.raises(InputError, match=r"no pin for the energy mode's timestamps\. Its chip has none.*choose another board"):
        chosen.for_energy()


def test_an_own_board_without_the_pin_is_told_the_key() -> None:
    chosen = board("nrf52840")
    unnamed = dataclasses.replace(chosen, file=msgspec.structs.replace(chosen.file, timestamp_pin=None))
    with pytest.raises(InputError, match=r"no pin for the energy mode's timestamps\. Add timestamp_pin"):
        unnamed.for_energy()


def connected(simulated: Simulated) -> Lpm01a:
    return Lpm01a(open_port(simulated.port, BAUD), 3.3, timeout=5.0)


def test_a_timestamp_that_was_lost(simulated: Simulated) -> None:
    monitor = connected(simulated)
    monitor.start()
    simulated.edge(10)
    simulated.events += 1
    simulated.edge(20)
    with pytest.raises(TargetError, match="lost a timestamp: it counted 0, 2"):
        monitor.pair(0)


def test_samples_that_were_lost(simulated: Simulated) -> None:
    monitor = connected(simulated)
    monitor.start()
    simulated.edge(10)
    simulated.until(1010)
    simulated.samples += 90
    simulated.edge(2010)
    with pytest.raises(TargetError, match="sent 910 samples in a second instead of 1000"):
        monitor.pair(0)


def test_a_sample_that_is_damaged(simulated: Simulated) -> None:
    monitor = connected(simulated)
    monitor.start()
    simulated.edge(1)
    simulated.write("3000-0x8\r\n")
    simulated.write("30\x8000-08\r\n3000-08 30-08\r\n")
    with pytest.raises(TargetError, match="damaged sample"):
        monitor.pair(0)


def test_edges_that_do_not_come(simulated: Simulated) -> None:
    monitor = connected(simulated)
    monitor.start()
    simulated.edge(1)
    with pytest.raises(TargetError, match=r"silent for 5 s after 'the device's timestamps'\. Is it connected, its D7 wired"):
        monitor.pair(0)


def test_a_monitor_that_refuses(simulated: Simulated) -> None:
    simulated.refuse = "freq 1k"
    with pytest.raises(TargetError, match=r"refused 'freq 1k'"):
        connected(simulated)


def test_numbers_as_the_monitor_writes_them() -> None:
    assert encoded(640.9e-6) == "6409-07"  # its own help's example


# A Joulescope's file.


def record(path: Path, *, rate: int = 20_000, names: tuple[str, ...] = ("current", "voltage", "gpi[0]")) -> list[float]:
    """Five windows of 0.1 s after a greeting's edge, 10 mA at 3 V in them and 1 mA between; the true joules of each."""
    pyjls = pytest.importorskip("pyjls")
    windows = [(0.2 + 0.3 * n, 0.3 + 0.3 * n) for n in range(5)]
    time = np.arange(round(2.0 * rate)) / rate
    inside = np.zeros(time.size, bool)
    low = np.zeros(time.size, bool)
    for start, end in [(0.05, None), *windows]:
        low |= (time >= start) & (time < start + 0.002)
        if end:
            inside |= (time >= start) & (time < end)
            low |= (time >= end) & (time < end + 0.002)
    with pyjls.Writer(str(path)) as writer:
        writer.source_def(1, name="simulated", vendor="", model="", version="", serial_number="")
        for number, name in enumerate(names, 1):
            bit = name.startswith("gpi")
            kind = pyjls.DataType.U1 if bit else pyjls.DataType.F32
            writer.signal_def(number, source_id=1, sample_rate=rate, name=name, units="", data_type=kind)
            if bit:
                writer.fsr(number, 0, np.packbits(~low, bitorder="little"))
            else:
                value = np.where(inside, 0.010, 0.001) if name == "current" else np.full(time.size, 3.0)
                writer.fsr_f32(number, 0, value.astype(np.float32))
    return [0.030 * (end - start) for start, end in windows]


def test_a_recording_of_a_joulescope(tmp_path: Path) -> None:
    true = record(tmp_path / "run.jls")
    capture = read_recording(tmp_path / "run.jls")
    assert len(capture.edges) == 11
    done = recorded_energy(capture, 50, seconds=0.09)
    assert [burst.joules for burst in done.bursts] == pytest.approx(true, rel=0.02)
    assert done.energy_uj == pytest.approx(1e6 * 0.003 / 50, rel=0.02)


def test_a_recording_with_short_windows(tmp_path: Path) -> None:
    record(tmp_path / "run.jls")
    with pytest.raises(InputError, match=r"no 5 windows of at least 10 s between two timestamps: 0\.10 s"):
        recorded_energy(read_recording(tmp_path / "run.jls"), 50)


def test_a_recording_without_the_pin(tmp_path: Path) -> None:
    record(tmp_path / "run.jls", names=("current", "voltage"))
    with pytest.raises(InputError, match=r"has no signal 'gpi\[0\]'.*Record current"):
        read_recording(tmp_path / "run.jls")


def test_what_is_no_recording(tmp_path: Path) -> None:
    pytest.importorskip("pyjls")
    (tmp_path / "x.jls").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(InputError, match="is no JLS recording"):
        read_recording(tmp_path / "x.jls")
    with pytest.raises(InputError, match="no such recording"):
        read_recording(tmp_path / "none.jls")


def test_windows_of_a_capture() -> None:
    capture = Capture("x", 1000, [1e-6] * 5000, [5, 100, 1100, 2000, 4000])
    assert [(pair.seconds, round(pair.joules * 1e6)) for pair in capture.pairs()] == [(1.0, 1000), (2.0, 2000)]
