"""The protocol: shared facts in the MLPerf Tiny rules, v1.4, and our own commands."""

import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.firmware import standin
from tests.firmware.conftest import Console, laps, pairwise_ordered


def load(console: Console, data: bytes) -> None:
    assert console(f"db load {len(data)}") == [f"m-[Expecting {len(data)} bytes]"]
    assert console(f"db {data.hex()}") == ["m-load-done"]


def test_greeting(add_one):
    first, lap, *rest = add_one.greeting
    assert (first, rest) == ("m-timestamp-mode-performance", ["m-init-done", "m-ready"])
    assert laps([lap])


def test_who_it_is(add_one):
    assert add_one("name") == ["m-name-dut-[tinylm-host]"]
    assert add_one("profile") == ["m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[kws01]"]
    (build,) = add_one("build")
    assert int(build.removeprefix("m-build-[").removesuffix("]"), 16) >= 0 and len(build) == len("m-build-[01234567]")
    assert any("db load" in line for line in add_one("help"))


def test_timestamps_never_go_back(add_one):
    assert pairwise_ordered([laps(add_one("timestamp"))[0] for _ in range(20)])


def test_infer_answers_in_the_order_of_the_rules(add_one):
    load(add_one, bytes(range(8)))
    lines = add_one("infer 3 2")
    assert lines[:3] == ["m-warmup-start-2", "m-warmup-done", "m-infer-start-3"]
    assert pairwise_ordered(laps(lines[3:5]))
    # (element - -2) * 0.25 of 1..8
    assert lines[5:] == ["m-infer-done", "m-results-[0.750,1.000,1.250,1.500,1.750,2.000,2.250,2.500]"]
    assert add_one("results") == lines[-1:]


def test_warmups_default_to_ten(add_one):
    assert add_one("infer 1")[0] == "m-warmup-start-10"


def test_every_inference_sees_the_loaded_input_although_the_model_destroys_it(add_one):
    load(add_one, b"\x01" * 8)
    assert add_one("infer 5 5")[-1] == add_one("infer 1 0")[-1]


def test_raw_output(add_one):
    load(add_one, bytes([0, 1, 2, 3, 126, 127, 254, 255]))
    add_one("infer 1 0")
    assert add_one("output 0") == ["m-output-01-02-03-04-7F-80-FF-00"]


def test_input_comes_back_eight_bytes_a_line(add_one):
    assert add_one("db print") == []
    add_one("db load 8")
    add_one("db 0a0B0c")
    assert add_one("db print") == ["m-buffer-0A-0B-0C"]
    assert add_one("db 0102030405") == ["m-load-done"]
    assert add_one("db print") == ["m-buffer-0A-0B-0C-01-02-03-04-05"]


def test_line_ends_are_no_part_of_a_command(add_one):
    assert add_one("na\r\nme\r\n") == ["m-name-dut-[tinylm-host]"]


def test_stack_and_arena(add_one):
    assert add_one("stack") == ["m-stack-used-0", "m-stack-size-0", "m-arena-[ok]"]


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("", "e-[Unknown command: ]"),
        ("   ", "e-[Unknown command: ]"),
        ("frobnicate 7", "e-[Unknown command: frobnicate]"),
        ("\x01\x00\x7f", "e-[Unknown command: ???]"),
        ("db", "e-[Command 'db' requires a subcommand]"),
        ("db load", "e-[Command 'db load' requires the # of bytes]"),
        ("db load 0", "e-[Command 'db load' must be >0 bytes]"),
        ("db load -3", "e-[Command 'db load' must be >0 bytes]"),
        ("db load many", "e-[Command 'db load' must be >0 bytes]"),
        ("db load 9", "e-[Command 'db load' must be <=8 bytes]"),
        ("db load 99999999999999999999", "e-[Command 'db load' must be <=8 bytes]"),
        ("db 00", "e-[Command 'db load' must come first]"),
        ("db 0", "e-[Insufficent number of hex digits]"),
        ("db 0g", "e-[Invalid hex digit '0g']"),
        ("infer", "e-[Inference iterations must be >0]"),
        ("infer 0", "e-[Inference iterations must be >0]"),
        ("infer -1", "e-[Inference iterations must be >0]"),
        ("infer 1 -1", "e-[Inference warmup must be >=0]"),
        ("infer 1 x", "e-[Inference warmup must be >=0]"),
        ("output", "e-[Output must be >=0 and <1]"),
        ("output 1", "e-[Output must be >=0 and <1]"),
        ("lm reset", "e-[Not a language model]"),
        ("x" * 81, "e-[Command longer than 80 characters]"),
        ("x" * 100_000, "e-[Command longer than 80 characters]"),
    ],
)
def test_bad_lines_get_an_error_and_the_device_goes_on(add_one, command, error):
    assert add_one(command) == [error]
    assert add_one("name") == ["m-name-dut-[tinylm-host]"]


def test_eighty_characters_are_still_a_command(add_one):
    assert add_one("name".ljust(80)) == ["m-name-dut-[tinylm-host]"]


def test_bytes_behind_the_load_are_refused_and_change_nothing(add_one):
    load(add_one, bytes(range(8)))
    assert add_one("db ff") == ["e-[More bytes than expected]"]
    assert add_one("db print") == ["m-buffer-00-01-02-03-04-05-06-07"]


def test_a_line_with_a_bad_digit_is_dropped_whole_and_can_be_sent_again(add_one):
    add_one("db load 4")
    assert add_one("db 0102zz") == ["e-[Invalid hex digit 'zz']"]
    assert add_one("db print") == []
    assert add_one("db 01020304") == ["m-load-done"]


def guarded(number: int, command: str) -> str:
    body = f"{number:02X} {command}"
    return f"#{zlib.crc32(body.encode()):08X}{body}"


class TestGuardedCommands:
    def test_the_answer_carries_a_check_bound_to_the_command(self, add_one):
        for count, number in ((1, 7), (2, 8)):
            sent = guarded(number, "name")
            *lines, check = add_one(sent)
            assert lines == ["m-name-dut-[tinylm-host]"]
            head = f"m-check-{number:02X}-{count:08X}"
            answered = "".join(f"{line}\r\n" for line in lines) + head
            assert check == f"{head}-{zlib.crc32(answered.encode(), int(sent[1:9], 16)):08X}"

    def test_errors_are_checked_too(self, add_one):
        error, check = add_one(guarded(1, "infer 0"))
        assert error == "e-[Inference iterations must be >0]" and check.startswith("m-check-01-00000001-")

    def test_a_number_runs_once(self, add_one):
        add_one("db load 8")
        add_one(guarded(5, "db 0102"))
        error, check = add_one(guarded(5, "db 0102"))
        assert error == "e-[Repeated command]" and check.startswith("m-check-05-00000001-")
        assert add_one("db print") == ["m-buffer-01-02"]

    @given(st.integers(0, 16), st.integers(1, 255))
    def test_a_changed_byte_never_runs(self, libraries, place, change):
        console = Console(libraries["add-one"])
        sent = bytearray(guarded(3, "infer 1 0").encode())
        sent[place % len(sent)] ^= change
        if b"%" in sent:
            return
        assert "m-infer-done" not in console(bytes(sent)) or bytes(sent).upper() == guarded(3, "infer 1 0").upper().encode()

    @pytest.mark.parametrize("line", ["#", "#0", "#0123456700name", "#0123456700 ", "#" * 80, "#0123456Z00 name"])
    def test_what_is_no_guarded_command_is_damaged(self, add_one, line):
        assert add_one(line) == ["e-[Damaged command]"]
        assert add_one("name") == ["m-name-dut-[tinylm-host]"]


class TestLanguageModel:
    def test_fed_text_gathers(self, talk):
        assert talk("lm feed ab") == ["m-lm-pending-2"]
        assert talk("lm feed  c ") == ["m-lm-pending-5"]
        assert talk("lm reset") == []
        assert talk("lm feed ") == ["m-lm-pending-0"]

    def test_a_full_buffer_is_left_as_it_was(self, talk):
        for _ in range(4):
            talk("lm feed " + "a" * 60)
        assert talk("lm feed " + "a" * 17) == ["e-[Text buffer full]"]
        assert talk("lm feed " + "a" * 16) == ["m-lm-pending-256"]
        assert talk("lm generate 1")[0] == f"m-lm-prompt-{len(standin.encode(b'a' * 256)) + 1}"

    @pytest.mark.parametrize("text", ["", "abc", "Dd d abab", "  a   b  "])
    def test_generation_equals_the_reference(self, talk, text):
        model, tokens = standin.LanguageReference(), standin.encode(text.encode())
        talk("lm score 000100020003")  # the state left behind must not matter
        talk(f"lm feed {text}")
        lines = talk("lm generate 6")
        for token in [*tokens, 14]:
            logits = model.step(token)
        expected, stop = [], "limit"
        for _ in range(6):
            token = logits.index(max(logits))
            if token == 15:
                stop = "end"
                break
            shown = standin.TOKENIZER["tokens"][token].replace("\\", "\\\\") if token < 20 else ""
            expected.append(f"m-lm-token-{token}-[{shown}]")
            logits = model.step(token)
        assert lines[0] == f"m-lm-prompt-{len(tokens) + 1}"
        assert [line for line in lines if line.startswith("m-lm-token")] == expected
        assert lines[-1] == f"m-lm-stop-[{stop}]"
        assert len(laps(lines)) == 3 and pairwise_ordered(laps(lines))
        assert lines[1].startswith("m-lm-ahead-") and lines[2].startswith("m-lap-us-")

    def test_pending_text_is_dropped_by_generate(self, talk):
        talk("lm feed abc")
        talk("lm generate 1")
        assert talk("lm generate 1")[0] == "m-lm-prompt-1"

    def test_score_carries_the_state_on(self, talk):
        model = standin.LanguageReference()
        talk("lm reset")
        assert talk("lm score 0001000a") == [f"m-lm-crc-{model.crc(1)}", f"m-lm-crc-{model.crc(10)}"]
        assert talk("lm score 0003") == [f"m-lm-crc-{model.crc(3)}"]
        assert talk("lm score 00030014") == ["e-[Token out of range]"]
        assert talk("lm score 0013") == [f"m-lm-crc-{model.crc(19)}"], "the refused line must not have run"

    @pytest.mark.parametrize(
        ("command", "error"),
        [
            ("lm", "e-[Command 'lm' requires a subcommand: reset, feed, generate, score, sampler, keep]"),
            ("lm sing", "e-[Command 'lm' requires a subcommand: reset, feed, generate, score, sampler, keep]"),
            ("lm generate", "e-[Number of tokens must be >0]"),
            ("lm generate 0", "e-[Number of tokens must be >0]"),
            ("lm score", "e-[Insufficent number of hex digits]"),
            ("lm score 001", "e-[Insufficent number of hex digits]"),
            ("lm score 00x1", "e-[Invalid hex digit 'x1']"),
        ],
    )
    def test_bad_lines(self, talk, command, error):
        assert talk(command) == [error]
        assert talk("name") == ["m-name-dut-[tinylm-host]"]


_WORDS = ["db", "load", "print", "infer", "results", "output", "lm", "feed", "generate", "score", "reset", "stack", "help", "build"]
_PIECE = st.one_of(
    st.sampled_from(_WORDS).map(str.encode),
    st.integers(-5, 300).map(lambda number: str(number).encode()),
    st.binary(max_size=12),
    st.text("0123456789abcdefABCDEF", max_size=100).map(lambda digits: b"ab" + digits.encode()),  # never a huge count for infer
)
_LINES = st.lists(st.lists(_PIECE, max_size=5).map(b" ".join), max_size=8).map(b"%".join)


@settings(max_examples=300, deadline=None)
@given(_LINES)
def test_anything_is_answered_once_for_each_percent_sign(libraries, data):
    """Runs on libraries that abort at undefined behaviour."""
    for library in libraries.values():
        console = Console(library)
        console.stream.write(data + b"%")
        answers = console.lines()
        assert answers.count("m-ready") == data.count(b"%") + 1
        assert all(line == "" or line[0] in "emdbinltrpsho" for line in answers)
        assert console("name") == ["m-name-dut-[tinylm-host]"]


def test_the_sanitizer_of_these_libraries_works(tmp_path):
    """Without this the tests above could pass because nothing watches."""
    from tinylm.firmware.build import build_host

    program = standin.add_one()
    program.files["model.c"] = program.files["model.c"].replace("tl_arena[i] = 0x77;", "tl_arena[i] = (uint8_t)(1 << (tl_arena[i] + 40));")
    library = build_host(standin.add_one_bundle(tmp_path / "b"), program, tmp_path / "out", sanitize=True)
    script = f"from tinylm.targets.host import HostStream as S; S({str(library)!r}).write(b'infer 1%'); print('survived')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode != 0 and "survived" not in done.stdout
