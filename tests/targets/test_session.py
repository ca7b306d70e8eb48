"""The protocol's client against the real firmware: on this machine, and on both emulated boards."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.firmware import standin
from tinylm.boards import board
from tinylm.errors import InputError, TargetError
from tinylm.firmware.build import build, build_host
from tinylm.firmware.toolchain import Zig
from tinylm.targets.emulator import EmulatorStream, Machine
from tinylm.targets.host import HostStream
from tinylm.targets.session import Session


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    folder = tmp_path_factory.mktemp("session")
    return {
        "add-one": build_host(standin.add_one_bundle(folder / "a"), standin.add_one(), folder / "add-one", toolchain=Zig()),
        "talk": build_host(standin.language_bundle(folder / "t"), standin.language(), folder / "talk", toolchain=Zig()),
    }


@pytest.fixture
def add_one(libraries) -> Session:
    session = Session(HostStream(libraries["add-one"]))
    session.boot()
    return session


@pytest.fixture
def talk(libraries) -> Session:
    session = Session(HostStream(libraries["talk"]))
    session.boot()
    session.reset()  # one library is one device: what was fed before is still there
    return session


def test_boot_returns_the_greeting(libraries):
    greeting = Session(HostStream(libraries["add-one"])).boot()
    assert greeting[0] == "m-timestamp-mode-performance" and greeting[-2:] == ["m-init-done", "m-ready"]


def test_a_device_that_runs_already_is_taken_up_where_it_is(libraries):
    """No greeting will come, and half a command lies in its buffer."""
    stream = HostStream(libraries["add-one"])
    stream.write(b"db 01")
    stream.reset_input_buffer()
    session = Session(stream)
    assert session.boot()[-1] == "m-ready"
    assert session.profile() == ("ULPMark for tinyML Firmware V0.0.1", "kws01")


def test_questions_about_the_device(add_one: Session):
    assert add_one.name()
    assert len(add_one.build_id()) == 8
    assert add_one.stack().arena_intact
    assert add_one.timestamp() <= add_one.timestamp()


def test_load_infer_and_read_the_output(add_one: Session):
    data = bytes([0, 1, 2, 3, 100, 126, 127, 255])
    add_one.load(data)
    run = add_one.infer(3, warmup=2)
    raw = add_one.output(0)
    assert raw == bytes((byte + 1) & 0xFF for byte in data)
    real = [0.25 * ((byte ^ 0x80) - 0x80 + 2) for byte in raw]  # scale 0.25, zero point -2
    assert run.results == add_one.results() == pytest.approx(real, abs=0.0005)
    assert run.elapsed_us >= 0


@pytest.mark.parametrize("pieces", [[""], ["ab c"], ["a b", " c d"], ["ab " * 60]])
def test_fed_text_arrives_whole(talk: Session, pieces: list[str]):
    for piece in pieces:
        pending = talk.feed(piece)
    text = "".join(pieces)
    assert pending == len(text)
    assert talk.generate(4).prompt_tokens == len(standin.encode(text.encode())) + 1


def test_what_a_line_cannot_carry_goes_as_escaped_bytes(talk: Session):
    assert talk.feed("a%b\r\n\u00e9\\ d") == len("a%b\r\n\u00e9\\ d".encode())
    assert talk.generate(1).prompt_tokens == len(standin.encode(b"ab d")) + 1
    talk.reset()
    assert talk.feed("%" * 100) == 100


def test_generation_is_read_back(talk: Session):
    talk.feed("abc")
    answer = talk.generate(5)
    model = standin.LanguageReference()
    for token in [*standin.encode(b"abc"), standin.TOKENIZER["answer"]]:
        logits = model.step(token)
    expected = []
    while len(expected) < 5 and (best := logits.index(max(logits))) != standin.TOKENIZER["end"]:
        expected.append(best)
        logits = model.step(best)
    assert answer.tokens == expected
    assert answer.text == "".join(standin.TOKENIZER["tokens"][token] for token in expected)
    assert answer.stop == ("limit" if len(expected) == 5 else "end")
    assert min(answer.prompt_us, answer.generate_us) >= 0


def test_scores_of_more_tokens_than_fit_a_line(talk: Session):
    tokens = [(7 * index) % 20 for index in range(100)]
    model = standin.LanguageReference()
    expected = [zlib.crc32(model.step(token)) for token in tokens]
    talk.reset()
    assert talk.score(tokens) == expected
    assert talk.score([3]) != talk.score([3])  # the state goes on
    with pytest.raises(InputError, match="65535"):
        talk.score([65536])


def test_an_error_of_the_device_is_quoted(add_one: Session, talk: Session):
    with pytest.raises(TargetError, match="refused 'lm reset': Not a language model"):
        add_one.reset()
    with pytest.raises(TargetError, match="refused 'lm score 0063': Token out of range"):
        talk.score([99])
    with pytest.raises(InputError, match="the text is too long: 400 bytes"):
        talk.feed("a " * 200)
    assert talk.name()  # and the session goes on


@pytest.mark.parametrize("text", ["x" * 80, "na%me", "n\u00e4me", "name\n"])
def test_a_command_that_fits_no_line_is_not_sent(add_one: Session, text: str):
    sent = len(add_one.transcript)
    assert add_one.guarded
    with pytest.raises(InputError, match="is no command"):
        add_one.command(text)
    assert len(add_one.transcript) == sent


def test_the_transcript_is_kept_and_bounded(add_one: Session):
    add_one.name()
    assert list(add_one.transcript)[-3] == "> name" and add_one.transcript[-1] == "< m-ready"
    for _ in range(7000):
        add_one.name()
    assert len(add_one.transcript) == 20_000


@pytest.mark.parametrize("name", ["nrf52840", "pico"])
def test_the_same_session_on_an_emulated_board(name: str, tmp_path):
    built = build(standin.language_bundle(tmp_path / "b"), standin.language(), board(name), tmp_path / "out", toolchain=Zig())
    machine = Machine(board(name), built.elf)
    session = Session(EmulatorStream(machine))
    session.boot()
    watch = machine.watch("tl_model_invoke")
    model = standin.LanguageReference()
    tokens = [index % 20 for index in range(40)]
    assert session.build_id() == built.build_id
    assert session.score(tokens) == [zlib.crc32(model.step(token)) for token in tokens]
    assert watch.calls == 40 and watch.instructions % 40 == 0  # every step costs the same
    session.feed("abc ab")
    answer = session.generate(3)
    assert answer.prompt_tokens == len(standin.encode(b"abc ab")) + 1
    stack = session.stack()
    assert 0 < stack.used < stack.size and stack.arena_intact


class Replay:
    """A device that says what it is given, whatever it is asked, and then nothing."""

    timeout: float | None = None

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def in_waiting(self) -> int:
        return 0

    def read(self, size: int = 1) -> bytes:
        data, self.data = self.data[:size], self.data[size:]
        return data

    def write(self, data: bytes) -> int:
        return len(data)


class Endless(Replay):
    """A device that never stops."""

    def read(self, size: int = 1) -> bytes:
        return (self.data * size)[:size]


@pytest.mark.parametrize(
    ("said", "message"),
    [(b"\n", "reply to 'name' does not end: over 1048576 bytes"), (b"U", "after 'name' came 65536 bytes without a line end: 'UUU")],
)
def test_a_reply_without_end_is_cut(said: bytes, message: str):
    session = Session(Endless(said))
    with pytest.raises(TargetError, match=message):
        session.name()
    assert len(session._buffer) <= 70_000 and len(session.transcript) <= 20_000


@pytest.mark.parametrize("said", [b"\n", b"U"])
def test_noise_without_end_is_no_greeting(said: bytes):
    with pytest.raises(TargetError, match=r"the device sent '(U{60}\.\.\.|nothing but line ends)' and goes on.*Is this the right port"):
        Session(Endless(said)).boot()


LINES = (
    b"m-ready m-lap-us-1 m-lm-prompt-1 m-lm-ahead-0 m-lm-steps-1 m-lm-intent-[a] m-lm-confidence-0.500 m-lm-token-1-[a] m-lm-stop-[end] "
    b"m-output-00 m-load-done e-[x] m-results-[1]"
).split()
SAYINGS = st.lists(st.sampled_from(LINES) | st.binary(max_size=40), max_size=8).map(b"\r\n".join)


@given(SAYINGS, st.sampled_from(["boot", "name", "infer", "generate", "answer", "output", "stack"]))
def test_whatever_a_device_says_ends_in_an_answer_or_one_sentence(said: bytes, method: str):
    arguments = {"infer": (1,), "generate": (2,), "output": (0,)}.get(method, ())
    try:
        getattr(Session(Replay(said)), method)(*arguments)
    except TargetError as error:
        assert str(error).isascii() and "\n" not in str(error) and len(str(error)) < 400
