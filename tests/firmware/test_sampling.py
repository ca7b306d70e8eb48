"""Sampling on the device: the tokens that the Python sampler draws, whole characters, a generation that can be stopped."""

import ctypes
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinylm.errors import InputError
from tinylm.lm.fixed import exp2_down, octaves
from tinylm.lm.sample import Sampler, Sampling
from tinylm.targets.host import HostStream

SCALE, ZERO = 0.1, 0  # of the stand-in's logits

SETTINGS = st.builds(
    Sampling,
    temperature=st.sampled_from([0, 1, 50, 500, 800, 1000, 3000, 10_000]),
    top_k=st.sampled_from([1, 2, 5, 19, 20, 0xFFFF]),
    top_p=st.sampled_from([1, 300, 900, 999, 1000]),
    min_p=st.sampled_from([0, 10, 100, 1000]),
    penalty=st.sampled_from([1000, 1100, 2000, 10_000]),
    seed=st.integers(0, 2**32 - 1),
)


@pytest.fixture(scope="module")
def library(libraries, tmp_path_factory):
    """A device of its own: a library that is loaded from another path."""
    stream = HostStream(shutil.copy(libraries["talk"], tmp_path_factory.mktemp("own")))
    stream.reset_input_buffer()
    library = stream._library
    library.tl_sample_draw.restype = ctypes.c_uint16
    library.tl_sample_saw.argtypes = [ctypes.c_uint16]
    library.tl_exp2_down.argtypes, library.tl_exp2_down.restype = [ctypes.c_uint32], ctypes.c_uint32
    library.stream = stream
    yield library
    stream.close()


def logits_of(library) -> np.ndarray:
    io = library.tl_host_out(0).contents
    return np.frombuffer((ctypes.c_int8 * io.bytes).from_address(io.data), np.int8)


@settings(max_examples=250, deadline=None)
@given(SETTINGS, st.lists(st.lists(st.integers(-128, 127), min_size=20, max_size=20), min_size=1, max_size=6))
def test_the_device_draws_what_the_sampler_draws(library, sampling, steps):
    library.stream.write(f"lm sampler {sampling.numbers}%".encode())
    assert library.stream.read(200) == b"m-ready\r\n"
    sampler = Sampler(sampling, octaves(SCALE), ZERO)
    library.tl_sample_start()
    for logits in steps:
        logits_of(library)[:] = logits
        token = sampler.draw(logits)
        assert library.tl_sample_draw() == token
        sampler.saw(token)
        library.tl_sample_saw(token)


@given(st.integers(0, 2**23))
def test_powers_of_two_are_the_same_and_close(library, x):
    assert library.tl_exp2_down(x) == exp2_down(x)
    assert abs(exp2_down(x) - 32768 * 2 ** -(x / 65536)) < 4


def test_drawn_tokens_have_the_probabilities_of_the_softmax():
    logits = [10, 7, 7, 0, -40]
    sampler = Sampler(Sampling.of(temperature=0.7, seed=5), octaves(SCALE))
    counts = np.bincount([sampler.draw(logits) for _ in range(20_000)], minlength=5) / 20_000
    weights = np.exp(np.array(logits) * SCALE / 0.7)
    assert np.abs(counts - weights / weights.sum()).max() < 0.012


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"top_k": 2}, {0, 1}),
        ({"top_k": 3}, {0, 1, 2}),
        ({"min_p": 0.7}, {0, 1, 2}),
        ({"min_p": 0.75}, {0}),
        ({"top_p": 0.3}, {0}),
        ({"top_p": 0.6}, {0, 1}),
        ({}, {0, 1, 2, 3}),
    ],
)
def test_unlikely_tokens_are_left_out(options, kept):
    """Probabilities: 0.36, 0.27, 0.27, 0.10 and next to nothing."""
    sampler = Sampler(Sampling.of(temperature=1, **options), octaves(SCALE))
    assert {sampler.draw([13, 10, 10, 0, -120]) for _ in range(2_000)} == kept


def test_a_penalty_makes_what_was_said_less_likely():
    sampler = Sampler(Sampling.of(penalty=2), octaves(SCALE))
    assert sampler.draw([20, 15, 0]) == 0
    sampler.saw(0)
    assert sampler.draw([20, 15, 0]) == 1
    assert sampler.draw([-20, -30, -50]) == 1, "logits below 0 fall"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": float("nan")}, "the temperature is nan"),
        ({"temperature": -1}, "the temperature is -1"),
        ({"temperature": float("inf")}, "the temperature is inf"),
        ({"top_k": 0}, "top-k is 0: at least 1 token"),
        ({"top_p": 0}, "the top-p is 0"),
        ({"top_p": 1.5}, "the top-p is 1.5"),
        ({"min_p": -0.1}, "the min-p is -0.1"),
        ({"penalty": 0.5}, "the penalty is 0.5"),
        ({"seed": -1}, "the seed is -1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Sampling.of(**options)


@pytest.mark.parametrize(
    "numbers",
    [
        "",
        "1 2 3",
        "800 0 900 0 1000 1",
        "800 40 0 0 1000 1",
        "800 40 900 0 999 1",
        "x 1 1 1 1 1",
        "1 1 1 1 1000 99999999999",
        "800 40 900 0 1000 1 7",
    ],
)
def test_the_device_refuses_such_settings_too(talk, numbers):
    assert talk(f"lm sampler {numbers}")[0].startswith("e-[Give temperature")


def test_a_seed_gives_the_same_text_again_and_another_one_another(talk):
    def said(seed: int) -> list[str]:
        talk(f"lm sampler 3000 65535 1000 0 1000 {seed}")
        talk("lm feed abc")
        return [line for line in talk("lm generate 20") if line.startswith("m-lm-token")]

    assert said(1) == said(1) != said(2)
    talk("lm sampler 0 65535 1000 0 1000 1")


def test_a_byte_that_comes_meanwhile_stops_the_generation_and_is_not_lost(talk):
    talk("lm feed abc")
    lines = talk(b"lm generate 30%\r\nname")
    assert "m-lm-stop-[cancel]" in lines and len([line for line in lines if line.startswith("m-lm-token")]) == 1
    assert lines[-1] == "m-name-dut-[tinylm-host]"


def utf8(library, parts: list[bytes]) -> str:
    library.stream.reset_input_buffer()
    library.tl_utf8_start()
    for part in parts:
        library.tl_utf8_put(part, len(part))
    library.tl_end_line()
    text = library.stream.read(100_000).decode("ascii").removesuffix("\r\n")
    return text.encode().decode("unicode_escape").encode("latin-1").decode()


_BYTES = st.lists(
    st.one_of(
        st.binary(max_size=5), st.text(max_size=3).map(str.encode), st.sampled_from([b"\xf0", b"\x9f", b"\x98\x80", b"\xed\xa0", b"\xc3"])
    )
)


@settings(max_examples=250, deadline=None)
@given(_BYTES)
def test_characters_come_out_whole_as_python_decodes_them(library, parts):
    assert utf8(library, [*parts, b"."]) == b"".join([*parts, b"."]).decode(errors="replace")


@pytest.mark.parametrize("text", ["é", "厨", "😀"])
def test_half_a_character_is_held_until_it_is_whole(library, text):
    data = text.encode()
    for cut in range(1, len(data)):
        assert utf8(library, [data[:cut]]) == ""
        assert utf8(library, [data[:cut], data[cut:]]) == text


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_text_can_be_fed(library, data):
    line = "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in "%\\" else f"\\x{byte:02X}" for byte in data)
    if len(line) > 70:
        return
    library.stream.reset_input_buffer()
    library.stream.write(f"lm reset%lm feed {line}%".encode())
    assert library.stream.read(200) == f"m-ready\r\nm-lm-pending-{len(data)}\r\nm-ready\r\n".encode()
