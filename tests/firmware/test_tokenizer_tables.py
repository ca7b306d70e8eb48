import ctypes
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.firmware import standin
from tinylm import paths
from tinylm.bundle import load_bundle
from tinylm.errors import InputError
from tinylm.firmware.build import build, build_host
from tinylm.firmware.render import tables_of
from tinylm.firmware.tokenizer_tables import make_tables
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.tokenizer import Tokenizer
from tinylm.targets.host import load_library


def tables(**changes: object):
    return make_tables(Tokenizer.load(json.dumps(standin.TOKENIZER | changes).encode()))


def test_merges_are_sorted_for_the_binary_search_and_keep_their_rank():
    made = tables().merges
    assert made == sorted(made) and {merge[2] for merge in made} == set(range(7))


def test_a_merge_listed_twice_counts_at_its_first_rank():
    assert tables(merges=[[1, 2, 7], [2, 3, 9], [1, 2, 7]]).merges == [(1, 2, 0, 7), (2, 3, 1, 9)]


def test_a_bad_tokenizer_is_refused_before_anything_is_written(tmp_path):
    from tinylm.boards import board

    bundle = standin.language_bundle(tmp_path / "b", standin.TOKENIZER | {"answer": 99})
    with pytest.raises(InputError, match=r"tokenizer\.json: .*answer is 99"):
        build(bundle, standin.language(), board("pico"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def encode(library_path, text: bytes) -> list[int]:
    out, normal = (ctypes.c_uint16 * 257)(), ctypes.create_string_buffer(257)
    library = load_library(library_path)
    count = library.tl_text_merge(normal, library.tl_text_normalise(text, len(text), normal), out)
    return list(out[:count])


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=256), st.text(" abcdABCD1xé%", max_size=120).map(str.encode)))
def test_the_device_encodes_as_the_tokenizer_does(libraries, text):
    assert encode(libraries["talk"], text) == standin.encode(text)


def test_the_longest_text_fits(libraries):
    assert encode(libraries["talk"], b"a" * 256) == standin.encode(b"a" * 256)
    assert len(encode(libraries["talk"], b"1" * 256)) == 257


def test_the_lowest_rank_goes_first_and_the_leftmost_of_equals(libraries):
    # 'bc' (rank 0) beats 'ab' (rank 1), then ' a' (2) beats 'a' + 'bc' (4); 'ddd' pairs from the left.
    assert encode(libraries["talk"], b"abc") == [6, 9]
    assert encode(libraries["talk"], b"ddd") == [0, 12]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shipped")
    tokenizer = json.loads((paths.MODELS / "commands" / "tokenizer.json").read_text())
    return build_host(standin.language_bundle(folder / "b", tokenizer), standin.language(), folder / "out", sanitize=True)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text("abcdefghijklmnopqrstuvwxyz 0123456789'%.", max_size=200), st.text(max_size=60)))
def test_the_shipped_tokenizer_encodes_the_same_on_the_device(shipped, text):
    data = text.encode()[:256]
    tokenizer = json.loads((paths.MODELS / "commands" / "tokenizer.json").read_text()) | {"numbers": False}  # tests/lm/test_numbers.py
    assert encode(shipped, data) == Tokenizer.load(json.dumps(tokenizer).encode()).encode(data.decode("latin-1"))


@pytest.fixture(scope="module")
def of_bytes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bytes")

    def library(name, tokenizer):
        bundle = standin.language_bundle(folder / f"bundle-{name}", json.loads(tokenizer.dump()))
        return tokenizer, build_host(bundle, standin.language(), folder / name, sanitize=True)

    return [library("all", BYTES), library("less", LESS)]


PIECES = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *" abcd", "ab", "aba", " a", " ab", "é", "a b", "dd", "™"]
BYTES = ByteTokenizer.make([(piece.encode(), float(-at)) for at, piece in enumerate(PIECES)])
LESS = BYTES.only([id for id in range(len(BYTES)) if id not in BYTES.byte_tokens[0x40:]])  # what is beyond ASCII may be unknown


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(" abcdABé™%", max_size=80), st.text(max_size=60)))
def test_a_tokenizer_of_bytes_encodes_the_same_on_the_device(of_bytes, text):
    for tokenizer, library in of_bytes:
        assert encode(library, text.encode()) == tokenizer.encode(text)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=256))
def test_bytes_that_are_no_text_are_encoded_as_bytes(of_bytes, data):
    made = b"".join(BYTES.pieces[id] for id in encode(of_bytes[0][1], data))
    assert made == (b" " if data else b"") + data


def test_the_flash_of_the_shipped_tables_is_estimated_from_above_and_closely(shipped, tmp_path):
    from tinylm.boards import board

    tokenizer = json.loads((paths.MODELS / "commands" / "tokenizer.json").read_text())
    bundle = standin.language_bundle(tmp_path / "b", tokenizer)
    measured = build(bundle, standin.language(), board("pico"), tmp_path / "out").sizes.flash["tokenizer"]
    estimate = tables_of(bundle).flash_bytes
    assert 0.9 * estimate < measured <= estimate


def test_a_model_that_is_none_has_no_tables(tmp_path):
    assert tables_of(standin.add_one_bundle(tmp_path)) is None
    assert tables_of(load_bundle("commands")) is not None
