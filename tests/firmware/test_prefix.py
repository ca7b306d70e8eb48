"""A prompt that is read once: going on from what was kept of it equals reading it again, bit for bit."""

import ctypes
import json
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.firmware import standin
from tests.lm import tiny_llama
from tinylm import boards
from tinylm.bundle import Bundle, load_bundle
from tinylm.cli.app import main
from tinylm.compiler.program import compile_bundle
from tinylm.cores import core
from tinylm.errors import FitError, InputError
from tinylm.firmware import prefix
from tinylm.firmware.build import build, build_host
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.targets.host import HostStream
from tinylm.targets.open import open_emulator
from tinylm.targets.session import Session

pytest.importorskip("ai_edge_litert")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return tiny_llama.bundle(tmp_path_factory.mktemp("bundle") / "tiny")


@pytest.fixture(scope="module")
def tokenizer(bundle: Bundle) -> ByteTokenizer:
    return ByteTokenizer.load(bundle.read("tokenizer.json"))


@pytest.fixture(scope="module")
def host(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory):
    stream = HostStream(build_host(bundle, compile_bundle(bundle, core("host")), tmp_path_factory.mktemp("host") / "own"))
    session = Session(stream)
    session.boot()
    yield session
    stream.close()


def replayed(session: Session, tokens: list[int]) -> bytes:
    """The logits after tokens from the reset state."""
    session.reset()
    session.score(tokens)
    return session.output(0)


TEXT = st.text("abc é☃", max_size=12)


@settings(max_examples=60, deadline=None)
@given(TEXT.filter(bool), TEXT)
def test_going_on_from_a_kept_text_equals_reading_it_again(host, tokenizer, start, rest):
    host.reset()
    host.feed(start)
    assert host.keep() > 0
    for text in (rest, ""):  # it may be gone on from again and again
        host.feed(text)
        made = host.generate(1)
        tokens = [*tokenizer.prompt(start), *tokenizer.encode(text)]
        assert made.prompt_tokens == len(tokens)
        assert made.ahead >= len(tokenizer.prompt(start))
        found = host.output(0)
        assert found == replayed(host, tokens)
    assert host.keep() == 0
    host.feed(rest)
    assert host.generate(1).prompt_tokens == len(tokenizer.prompt(rest))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 255), st.sampled_from([1, 1, 1, 2, 3, 4, 5, 40, 0x7FFE, 0x7FFF, 0x8000])), max_size=12))
def test_runs_come_back_as_they_went(runs):
    data = b"".join(bytes([value]) * length for value, length in runs)
    made, at, back = prefix.packed(data), 0, b""
    while at < len(made):
        head = int.from_bytes(made[at : at + 2], "little")
        length, body = head >> 1, head >> 1 if head & 1 else 1
        back += made[at + 2 : at + 2 + body] * (1 if head & 1 else length)
        at += 2 + body
    assert back == data
    assert len(made) <= len(data) + 2 * (len(data) // 5 + len(data) // prefix.RUN + 1)


@pytest.mark.parametrize("text", ["a", "abab cab é☃", "a" * 70])
def test_the_image_begins_where_the_twin_stopped(bundle, tokenizer, tmp_path, text):
    """The bytes that the host computes at build time are those that the device would have kept."""
    program = compile_bundle(bundle, core("host"))
    stream = HostStream(build_host(bundle, program, tmp_path / "host"))
    session, library = Session(stream), stream._library
    session.boot()
    session.feed(text)
    kept = (ctypes.c_uint8 * session.keep())()
    library.tl_snapshot_save(kept)
    assert bytes(kept) == prefix.snapshot(replace(bundle, prefix=text), program)
    stream.close()


@pytest.mark.parametrize("name", ["nrf52840", "esp32-c3"])
def test_boards_start_behind_the_prefix_that_they_were_built_with(bundle, tokenizer, tmp_path, name):
    begun = replace(bundle, prefix="ab é")
    board = boards.board(name)
    image = build(begun, compile_bundle(begun, board.core), board, tmp_path / "image")
    with open_emulator(board, image.elf, image.build_id, None) as device:
        session = device.session
        session.boot()
        assert session.generate(1).prompt_tokens == len(tokenizer.prompt("ab é"))
        assert session.output(0) == replayed(session, tokenizer.prompt("ab é"))
        session.feed("cab")
        assert session.keep() > 0
        session.feed("ab")
        session.generate(1)
        assert session.output(0) == replayed(session, [*tokenizer.prompt("ab é"), *tokenizer.encode("cab"), *tokenizer.encode("ab")])


def test_run_keeps_a_prefix(bundle, tokenizer, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # one path is one device
    arguments = ["run", str(bundle.folder), "--board", "host", "--prefix", "ab", "--prompt", "cab", "--max-tokens", "3", "--json"]
    assert main(arguments) == 0
    (answer,) = json.loads(capsys.readouterr().out)["answers"]
    assert answer["prompt_tokens"] == len(tokenizer.prompt("ab")) + len(tokenizer.encode("cab"))


def test_a_prefix_may_be_longer_than_what_the_device_gathers(bundle, tokenizer, capsys, tmp_path, monkeypatch):
    """It is fed in parts; beyond the model's window the oldest is forgotten."""
    monkeypatch.chdir(tmp_path)
    text = " ".join(["abab", "cab", "é☃"] * 60)
    assert len(text.encode()) > 600
    assert main(["run", str(bundle.folder), "--board", "host", "--prefix", text, "--prompt", "a", "--max-tokens", "1", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["answers"]
    assert answer["prompt_tokens"] == len(tokenizer.prompt(text)) + len(tokenizer.encode("a"))


def reserving(free: str, more: int) -> boards.Board:
    """The nRF52840 with so many bytes less of flash, or of RAM for other things than the stack."""
    made = boards.board("nrf52840")
    reserve = msgspec.structs.replace(made.file.reserve, **{free: getattr(made.file.reserve, free) + more})
    return replace(made, file=msgspec.structs.replace(made.file, reserve=reserve))


@pytest.fixture(scope="module")
def sizes(bundle, tmp_path_factory):
    board = boards.board("nrf52840")
    return build(bundle, compile_bundle(bundle, board.core), board, tmp_path_factory.mktemp("whole") / "image").sizes


def test_a_device_without_ram_to_spare_keeps_no_prefix_and_goes_on(bundle, tokenizer, sizes, tmp_path):
    board = reserving("stack", sizes.ram_limit - sizes.ram_used - 64)
    image = build(bundle, compile_bundle(bundle, board.core), board, tmp_path / "image")
    with open_emulator(board, image.elf, image.build_id, None) as device:
        device.session.boot()
        device.session.feed("ab")
        with pytest.raises(InputError, match="the device has no RAM left to keep a prefix in") as refused:
            device.session.keep()
        assert "build --prefix" in str(refused.value.hint)
        device.session.feed("cab")
        assert device.session.generate(1).prompt_tokens == len(tokenizer.prompt("cab"))


@pytest.mark.parametrize(
    ("free", "prefix", "message"),
    [
        ("flash", "ab cab é☃", r"bytes of flash \(.*, the Nordic nRF52840 DK has \d+; \d+ too many"),
        ("heap", "", r"bytes of RAM \(arena \d+ \+ state \d+ \+ stack 4096.* too many"),
    ],
)
def test_a_board_without_room_for_the_state_is_refused(bundle, sizes, tmp_path, free, prefix, message):
    """Behind a prefix it lies in flash: what fits without one may not fit with it. In RAM it has to lie in any case."""
    left = {"flash": sizes.flash_limit - sizes.flash_used, "heap": sizes.ram_limit - sizes.ram_used + 1}[free]
    board, begun = reserving(free, left), replace(bundle, prefix=prefix)
    with pytest.raises(FitError, match=message):
        build(begun, compile_bundle(begun, board.core), board, tmp_path / "image")
    assert not (tmp_path / "image").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prefix": "\udcff"}, "is not UTF-8"),
        ({"window": 4, "prefix": "é☃é☃"}, "the model's window 4"),
    ],
)
def test_a_prefix_that_cannot_be_read_is_refused(bundle, change, message):
    graph = bundle.graph
    changed = replace(bundle, prefix=change["prefix"])
    graph.window = change.get("window", 0)
    try:
        with pytest.raises(InputError, match=message):
            prefix.tokens(changed)
    finally:
        graph.window = 0


def test_models_that_answer_take_no_prefix(tmp_path):
    with pytest.raises(InputError, match="writes no text"):
        load_bundle("commands", prefix="turn on")
    with pytest.raises(InputError, match="answers what it is told"):
        prefix.tokens(replace(standin.language_bundle(tmp_path / "talk"), prefix="ab"))
