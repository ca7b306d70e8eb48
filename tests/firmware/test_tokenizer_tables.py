import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.firmware import standin
from tinylm.errors import InputError
from tinylm.firmware.tokenizer_tables import load_tables
from tinylm.targets.host import load_library


def tables(**changes: object):
    return load_tables(json.dumps(standin.TOKENIZER | changes).encode(), "tokenizer.json")


def test_merges_are_sorted_for_the_binary_search_and_keep_their_rank():
    made = tables().merges
    assert made == sorted(made) and {merge[2] for merge in made} == set(range(7))


def test_a_merge_listed_twice_counts_at_its_first_rank():
    assert tables(merges=[[1, 2, 7], [2, 3, 9], [1, 2, 8]]).merges == [(1, 2, 0, 7), (2, 3, 1, 9)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, "has format 2, known is 1"),
        ({"tokens": []}, "has 0 tokens"),
        ({"answer": 20}, "names token 20, but there are only 20"),
        ({"merges": [[1, 2, 99]]}, "names token 99"),
        ({"merges": [[1, 2]]}, "is not a tokenizer"),
        ({"alphabet": "abc"}, "lacks the space"),
        ({"alphabet": " abz"}, "'z' has no token of its own"),
        ({"alphabet": " é"}, "not ASCII"),
        ({"answer": None}, "is not a tokenizer"),
    ],
)
def test_a_bad_tokenizer_is_refused(changes, words):
    with pytest.raises(InputError, match=words):
        tables(**changes)


def test_a_file_that_is_not_json_is_refused():
    with pytest.raises(InputError, match=r"t\.json: is not a tokenizer"):
        load_tables(b"\xff{", "t.json")


def encode(libraries, text: bytes) -> list[int]:
    import ctypes

    out = (ctypes.c_uint16 * 257)()
    library = load_library(libraries["talk"])
    count = library.tl_text_encode(text, len(text), out)
    return list(out[:count])


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=256), st.text(" abcdABCD1xé%", max_size=120).map(str.encode)))
def test_the_device_encodes_as_the_rules_say(libraries, text):
    assert encode(libraries, text) == standin.encode(text)


def test_the_longest_text_fits(libraries):
    assert encode(libraries, b"a" * 256) == standin.encode(b"a" * 256)
    assert len(encode(libraries, b"1" * 256)) == 257


def test_the_lowest_rank_goes_first_and_the_leftmost_of_equals(libraries):
    # 'bc' (rank 0) beats 'ab' (rank 1), then ' a' (2) beats 'a' + 'bc' (4); 'ddd' pairs from the left.
    assert encode(libraries, b"abc") == [6, 9]
    assert encode(libraries, b"ddd") == [0, 12]
