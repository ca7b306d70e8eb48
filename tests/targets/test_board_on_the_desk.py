"""A serial port end to end: the emulated image in its own process behind a pseudo-terminal or a port server, and what happens on a desk."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial.rfc2217

from tests.firmware import standin
from tests.targets.test_serial import found
from tinylm.boards import board
from tinylm.errors import InputError, MissingError, TargetError
from tinylm.firmware.build import build, build_host
from tinylm.firmware.toolchain import Zig
from tinylm.targets.host import HostStream
from tinylm.targets.serial import find_port, open_port
from tinylm.targets.session import Session

pytest.importorskip("unicorn")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are not there on Windows")
ROOT = Path(__file__).resolve().parents[2]


class Desk:
    """The process of the board; ``hand(word)`` does something to it."""

    def __init__(self, elf: Path, link: Path) -> None:
        command = [sys.executable, "-m", "tests.targets.board_process", "nrf52840", str(elf), str(link)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = str(link)
        assert self.process.stdout and self.process.stdout.readline() == "ready\n"

    def hand(self, word: str) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == f"{word}\n"

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=10)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    return build(standin.add_one_bundle(folder / "b"), standin.add_one(), board("nrf52840"), folder / "out", toolchain=Zig()).elf


@pytest.fixture
def desk(image: Path, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(image, tmp_path / "ttyACM0")
    yield made
    made.close()


@pytest.fixture
def session(desk: Desk) -> Iterator[Session]:
    with open_port(desk.port, 115200) as port:
        made = Session(port, timeout=1.0)
        made.boot()
        yield made


def works(session: Session) -> bool:
    session.load(bytes(range(8)))
    session.infer(2, 1)
    return session.output(0) == bytes(range(1, 9))


def test_found_by_its_usb_id_and_used(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, (desk.port, 0x1366, 0x1015), ("/dev/ttyOTHER", 0x2E8A, 0x000C))
    with open_port(find_port(board("nrf52840")), 115200) as port:
        session = Session(port, timeout=1.0)
        session.boot()
        assert session.guarded and works(session) and session.name() == "tinylm-nrf52840"


def test_a_reset_in_the_middle_is_noticed_and_the_session_goes_on(desk: Desk, session: Session) -> None:
    session.load(bytes(8))
    desk.hand("reset")
    with pytest.raises(TargetError, match="was reset"):
        session.infer(1, 0)  # on inputs that are no longer there
    assert works(session)


def test_unplugged_and_plugged_in_again(desk: Desk, session: Session) -> None:
    desk.hand("unplug")
    with pytest.raises(TargetError, match=r"the port failed.*Was the device unplugged\?"):
        session.name()
    timer = threading.Timer(0.3, desk.hand, ["plug"])
    timer.start()
    session.reconnect(wait=5.0)
    assert works(session)
    timer.join()


def test_a_port_that_does_not_come_back(desk: Desk, session: Session) -> None:
    desk.hand("unplug")
    with pytest.raises(MissingError, match="there is no such serial port"):
        session.reconnect(wait=0.3)


def test_a_device_that_resets_for_ever(desk: Desk, session: Session) -> None:
    desk.hand("die")
    with pytest.raises(TargetError, match=r"resets again and again: 3 times after 'm-ready'\. Does its firmware crash"):
        session.reconnect()


def test_another_baud_rate(desk: Desk, session: Session) -> None:
    desk.hand("garbage")
    with pytest.raises(TargetError, match="baud rate"):
        session.name()


def test_the_port_is_busy(desk: Desk, session: Session) -> None:
    with pytest.raises(MissingError, match=r"is busy\. Close the other program"):
        open_port(desk.port, 115200)


def test_a_pseudo_terminal_has_no_reset_line(session: Session) -> None:
    with pytest.raises(InputError, match=r"no control lines.*reset button"):
        session.restart()


def test_permission_denied_names_the_group_that_owns_the_port() -> None:
    near, far = os.openpty()
    name, group, user = os.ttyname(far), Path(os.ttyname(far)).group(), os.geteuid()
    os.chmod(name, 0)
    if user == 0:  # who is denied nothing
        os.seteuid(65534)
    try:
        with pytest.raises(MissingError, match=rf"{name}: no permission.*join the group '{group}' \(sudo usermod -aG {group} "):
            open_port(name, 115200)
    finally:
        os.seteuid(user)
        os.close(near)
        os.close(far)


# A port server (RFC 2217): the control lines reach the board.


class Server(threading.Thread):
    """pyserial's own server side on a loopback port; a board behind it that starts anew when both control lines are let go."""

    def __init__(self, library: Path) -> None:
        super().__init__(daemon=True)
        self.device = HostStream(library)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"rfc2217://127.0.0.1:{self.socket.getsockname()[1]}"
        self.lines = {"dtr": True, "rts": True}
        self.history: list[tuple[bool, bool]] = []
        self.baudrate, self.bytesize, self.parity, self.stopbits = 0, 8, "N", 1
        self.xonxoff = self.rtscts = self.break_condition = False
        self.cts = self.dsr = self.ri = self.cd = False
        self.start()

    def _set(self, **lines: bool) -> None:
        self.lines |= lines
        self.history.append((self.lines["dtr"], self.lines["rts"]))
        if all(self.lines.values()) and (False, False) in self.history[-3:]:
            self.device._library.tl_host_start(self.device._callback)

    dtr = property(lambda self: self.lines["dtr"], lambda self, value: self._set(dtr=bool(value)))
    rts = property(lambda self: self.lines["rts"], lambda self, value: self._set(rts=bool(value)))

    def reset_input_buffer(self) -> None:
        self.device.reset_input_buffer()

    def reset_output_buffer(self) -> None:
        pass

    def run(self) -> None:
        connection, _ = self.socket.accept()
        connection.settimeout(0.01)
        self.connection = connection
        manager = serial.rfc2217.PortManager(self, self)
        while True:
            try:
                data = connection.recv(1024)
                if not data:
                    return
                self.device.write(b"".join(manager.filter(data)))
            except TimeoutError:
                pass
            except OSError:
                return
            out = self.device.read(self.device.in_waiting)
            if out:
                connection.sendall(b"".join(manager.escape(out)))

    def write(self, data: bytes) -> None:  # what the manager answers
        self.connection.sendall(data)


@pytest.fixture
def server(tmp_path: Path) -> Callable[[], Server]:
    bundle = standin.add_one_bundle(tmp_path / "b")
    library = build_host(bundle, standin.add_one(), tmp_path / "out", toolchain=Zig())
    return lambda: Server(library)


def test_a_port_server_passes_baud_rate_and_reset_on(server: Callable[[], Server]) -> None:
    there = server()
    with open_port(there.url, 57600) as port:
        session = Session(port, timeout=1.0)
        session.boot()
        assert works(session) and there.baudrate == 57600
        session.load(bytes(8))
        greeting = session.restart()
        assert "m-init-done" in greeting and (False, False) in there.history and there.history[-1] == (True, True)
        assert works(session)
