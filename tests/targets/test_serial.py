"""Serial ports and the devices behind them, good and bad: real pseudo-terminals, the other end played by a thread."""

import os
import socket
import threading
import tty
from collections.abc import Callable, Iterator

import pytest
import serial

from tinylm.boards import Board
from tinylm.errors import InputError, MissingError, TargetError
from tinylm.targets import serial as ports
from tinylm.targets.session import Session

Answer = Callable[[bytes], bytes | None]


class Device(threading.Thread):
    """The far end of a pseudo-terminal: answers each command; None: hangs up."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(daemon=True)
        self.near, self.far = os.openpty()
        tty.setraw(self.far)
        self.port = os.ttyname(self.far)
        self.answer = answer
        self.start()

    def run(self) -> None:
        command = b""
        while True:
            try:
                byte = os.read(self.near, 1)
            except OSError:
                return
            if byte != b"%":
                command += byte
                continue
            reply = self.answer(command)
            command = b""
            if reply is None:
                os.close(self.near)
                return
            os.write(self.near, reply)


devices: dict[serial.Serial, Device] = {}


@pytest.fixture
def session() -> Iterator[Callable[..., Session]]:
    opened: list[serial.Serial] = []

    def connect(answer: Answer, greeting: bytes = b"m-init-done\r\nm-ready\r\n") -> Session:
        device = Device(answer)
        port = ports.open_port(device.port, 115200)  # drops what lies in the port's buffer
        opened.append(port)
        os.write(device.near, greeting)
        session = Session(port, timeout=0.3)
        devices[port] = device
        return session

    yield connect
    for port in opened:
        port.close()


def replies(**texts: bytes) -> Answer:
    """A device that knows no guarded commands, like the reference firmware."""

    def answer(command: bytes) -> bytes:
        word = command.decode("latin-1").split()[0] if command else ""
        return texts.get(word, f"e-[Unknown command: {word}]\r\nm-ready\r\n".encode("latin-1"))

    return answer


def test_a_command_over_a_real_port(session):
    line = session(replies(name=b"m-name-dut-[pty]\r\nm-ready\r\n"))
    assert line.boot() == ["m-init-done", "m-ready"]
    assert line.name() == "pty"


def test_noise_before_the_greeting_is_dropped(session):
    line = session(replies(name=b"m-name-dut-[x]\r\nm-ready\r\n"), greeting=b"\xff\x00\x80half a li\r\n\xfem-ready\r\n")
    line.boot()
    assert line.name() == "x"


def test_a_silent_device(session):
    line = session(lambda _: b"", greeting=b"")
    with pytest.raises(TargetError, match=r"silent: no 'm-ready' within 0.6 s.*reset"):
        line.boot()


def test_a_device_at_another_baud_rate_sends_garbage(session):
    line = session(lambda _: b"\x00\xf8\x80" * 10, greeting=b"\xf8\x00\x80\xff" * 8)
    with pytest.raises(TargetError, match=r"sent '\\xf8\\x00\\x80.*without 'm-ready'.*baud rate"):
        line.boot()


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("%", r"sent '%' and fell silent, without 'm-ready'\. Is this the right port"),  # its two ends wired together
        ("\r\nERROR\r\n", r"sent 'ERROR' and fell silent.*is the firmware on the board\?"),  # a modem
        ("\r\nPassword: \r\nLogin incorrect\r\n\r\nlogin: ", r"sent 'Password: ' and fell silent.*right port"),
        ("$GPGGA,,,,,,0,,,,,,,,*66\r\n" * 101, r"sent '\$GPGGA,,,,,,0,,,,,,,,\*66' and goes on.*right port"),  # a GPS receiver never stops
        ("m-timestamp-mode-performance\r\nm-init", r"sent 'm-timestamp-mode-performance' and fell silent.*may have crashed"),
    ],
)
def test_a_device_that_is_not_ours(session, says: str, message: str):
    line = session(lambda _: says.encode(), greeting=b"")
    line.timeout = 0.1
    with pytest.raises(TargetError, match=message):
        line.boot()


def test_garbage_without_end_is_cut(session):
    line = session(replies(name=b""), greeting=b"m-ready\r\n")
    line.boot()
    stop = threading.Event()
    near = devices[line.stream].near

    def babble() -> None:
        while not stop.is_set():
            os.write(near, b"U" * 512)

    thread = threading.Thread(target=babble, daemon=True)
    thread.start()
    try:
        with pytest.raises(TargetError, match=r"(after 'name' came 65536 bytes without a line end|does not stop talking): 'UUU.*baud rate"):
            line.name()
        assert len(line._buffer) < 100_000
    finally:
        stop.set()
        line.stream._serial.reset_input_buffer()
        thread.join(1)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"m-name-dut-[x]\r\n", r"silent for 0.3 s after 'name' \(the last line was 'm-name-dut-\[x\]'\)"),
        (b"m-name-d", r"silent for 0.3 s after 'name', in the middle of 'm-name-d'"),
        (b"", r"silent for 0.3 s after 'name'.*reset it"),
        (b"m-ready\r\n", r"answered 'm-ready' to 'name', where 'm-name-dut-\[...\]' was due"),
        (b"m-results-[1]\r\nm-ready\r\n", r"answered 'm-results-\[1\]' to 'name'"),
        (b"m-name-dut-[a]\r\nm-name-dut-[b]\r\nm-ready\r\n", r"answered 'm-name-dut-\[b\]' to 'name', where 'm-ready' was due"),
        (b"m-name-\xc3\xa4\r\nm-ready\r\n", r"after 'name' came bytes that are no text: 'm-name-\\xc3\\xa4'"),
        (b"e-[Unknown command: name]\r\nm-ready\r\n", r"the device refused 'name': Unknown command: name\."),
        (b"e-[fault] HardFault pc=0x00000400 lr=0x00000101\r\n", r"crashed in 'name': HardFault pc=0x00000400"),
        (b"x" * 300 + b"\r\nm-ready\r\n", r"answered 'x{60}\.\.\.' to 'name'"),
    ],
)
def test_bad_answers_are_quoted_in_one_sentence(session, reply: bytes, message: str):
    line = session(replies(name=reply))
    line.boot()
    with pytest.raises(TargetError, match=message):
        line.name()


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"m-warmup-start-1\r\nm-warmup-done\r\n", r"silent for 0.3 s after 'infer 5 1' \(the last line was 'm-warmup-done'"),
        (b"m-warmup-start-1\r\nm-infer-start-5\r\nm-ready\r\n", r"answered 'm-infer-start-5' to 'infer 5 1', where .m-warmup-done."),
        (
            b"m-warmup-start-1\r\nm-warmup-done\r\nm-infer-start-5\r\nm-lap-us-1\r\nm-lap-us-9\r\nm-infer-done\r\n"
            b"m-results-[1.0,zwei]\r\nm-ready\r\n",
            r"results after 'infer 5 1' are not numbers: '1.0,zwei'",
        ),
    ],
)
def test_a_device_that_stops_or_errs_in_the_middle_of_infer(session, reply: bytes, message: str):
    line = session(replies(infer=reply))
    line.boot()
    with pytest.raises(TargetError, match=message):
        line.infer(5, 1, timeout=0.3)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"m-lap-us-5\r\n", r"answered 'm-ready' to 'lm generate 9', where 'm-lap-us-...' was due"),
        (b"m-lap-us-5\r\nm-lap-us-6\r\nm-lm-token-1-[a]\r\n", r"answered 'm-ready'.* was due"),
        (b"m-lap-us-5\r\nm-lap-us-6\r\nm-lap-us-7\r\nm-lm-stop-[why]\r\n", r"answered 'm-lm-stop-\[why\]'"),
    ],
)
def test_a_broken_generation(session, reply: bytes, message: str):
    line = session(replies(lm=b"m-lm-prompt-3\r\nm-lm-ahead-1\r\n" + reply + b"m-ready\r\n"))
    line.boot()
    with pytest.raises(TargetError, match=message):
        line.generate(9)


def test_a_device_that_is_unplugged(session):
    line = session(lambda command: None if command == b"name" else replies()(command))
    line.boot()
    with pytest.raises(TargetError, match=r"(port failed after|silent for 0.3 s after) 'name'"):
        line.name()


def test_a_port_over_a_socket():
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        while data := connection.recv(100):
            known = b"m-name-dut-[tcp]\r\nm-ready\r\n"
            connection.sendall(known if data == b"name%" else replies()(data.rstrip(b"%")) or b"")

    threading.Thread(target=serve, daemon=True).start()
    with ports.open_port(f"socket://127.0.0.1:{server.getsockname()[1]}", 115200) as port:
        line = Session(port, timeout=0.3)
        line.boot()
        assert line.name() == "tcp"
    server.close()


def test_a_missing_port_lists_those_there_are():
    with pytest.raises(MissingError, match=r"/dev/ttyNOSUCH: there is no such serial port\. (Ports here|This machine shows)"):
        ports.open_port("/dev/ttyNOSUCH", 115200)


def test_a_busy_port_is_said_to_be_busy():
    near, far = os.openpty()
    name = os.ttyname(far)
    with serial.Serial(name, exclusive=True), pytest.raises(MissingError, match=rf"{name}: the serial port is busy\. Close the other"):
        ports.open_port(name, 115200)
    os.close(near)
    os.close(far)


def test_an_address_where_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(MissingError, match=r"nothing answers at this address\. Start"):
        ports.open_port(f"socket://127.0.0.1:{port}", 115200)


def test_a_url_of_an_unknown_kind():
    with pytest.raises(InputError, match="cannot be used as a serial port"):
        ports.open_port("carrier-pigeon://roof", 115200)


def found(monkeypatch: pytest.MonkeyPatch, *ids: tuple[str, int, int]) -> None:
    """The list of ports is the operating system's: this machine has no USB, so the test supplies it."""
    from serial.tools.list_ports_common import ListPortInfo

    listed = []
    for device, vid, pid in ids:
        info = ListPortInfo(device)
        info.vid, info.pid = vid, pid
        listed.append(info)
    monkeypatch.setattr(ports.list_ports, "comports", lambda: listed)


def test_the_board_is_found_by_its_usb_id(nrf: Board, pico: Board, monkeypatch):
    found(monkeypatch, ("/dev/ttyACM0", 0x1366, 0x1015), ("/dev/ttyACM1", 0x2E8A, 0x000C))
    assert ports.find_port(nrf) == "/dev/ttyACM0"
    assert ports.find_port(pico) == "/dev/ttyACM1"


def test_several_boards_are_listed(nrf: Board, monkeypatch):
    found(monkeypatch, ("/dev/ttyACM3", 0x1366, 0x1015), ("/dev/ttyACM2", 0x1366, 0x1051))
    with pytest.raises(InputError, match=r"several.*: /dev/ttyACM2, /dev/ttyACM3\. Name one with --port"):
        ports.find_port(nrf)


def test_no_board(nrf: Board, monkeypatch):
    found(monkeypatch)
    with pytest.raises(MissingError, match=r"no serial port of a Nordic nRF52840 DK \(USB ids 1366:1015"):
        ports.find_port(nrf)
