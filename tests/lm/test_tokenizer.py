"""The tokenizer: what it promises the firmware, and what it says about damaged files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.errors import InputError
from tinylm.lm import bpe
from tinylm.lm.tokenizer import Tokenizer

WORDS = [" turn", " turn", " on", " the", " the", " lamp", " lamps", " 5-hour", " 20%", " emma's"]
SMALL = Tokenizer.make(bpe.ALPHABET, bpe.learn(WORDS * 3, 24), ["none", "HassTurnOn", " name:"])
FILE = json.loads(SMALL.dump())


@given(st.text())
def test_any_text_survives_encoding_as_its_normal_form(text: str) -> None:
    assert SMALL.decode(SMALL.encode(text)) == SMALL.normalise(text)


@given(st.text())
def test_normal_form_is_what_the_firmware_expects(text: str) -> None:
    normal = SMALL.normalise(text)
    assert set(normal) <= set(SMALL.alphabet)
    assert normal == "" or (normal[0] == " " and normal[1] != " " and normal[-1] != " ")
    assert "  " not in normal
    assert SMALL.normalise(normal) == normal


@given(st.text(alphabet=" aelmnoprstu5", max_size=30))
def test_merging_the_whole_sentence_gives_the_same_pieces_as_word_by_word(text: str) -> None:
    """The device merges over the whole sentence: lowest rank first, leftmost first."""
    characters = [SMALL.tokens.index(c) for c in SMALL.normalise(text)]
    assert SMALL._merge(characters) == SMALL.encode(text)


@given(st.text())
def test_text_never_encodes_to_a_structural_or_control_token(text: str) -> None:
    assert all(SMALL.answer < id < SMALL.first_structural <= SMALL.end for id in SMALL.encode(text))


def test_only_ascii_capitals_are_lowered_and_unknown_bytes_dropped() -> None:
    assert SMALL.normalise("  TURN\tÖn,  the Lamp! ") == " turnn the lamp"
    assert SMALL.normalise(" ?! ") == ""
    assert SMALL.encode("") == []


def test_a_number_has_the_same_pieces_wherever_it_stands() -> None:
    assert SMALL.encode("5-hour")[: len(SMALL.encode("5"))] == SMALL.encode("5")
    assert SMALL.encode("20%")[: len(SMALL.encode("20"))] == SMALL.encode("20")


def test_a_prompt_is_the_pieces_and_the_answer_token() -> None:
    assert SMALL.bos is None
    assert SMALL.prompt("turn on") == [*SMALL.encode("turn on"), SMALL.answer]


def test_dump_and_load_give_the_same_tokenizer() -> None:
    again = Tokenizer.load(SMALL.dump().encode())
    assert again.dump() == SMALL.dump()
    assert again.structural == {"none": len(SMALL) - 3, "HassTurnOn": len(SMALL) - 2, " name:": len(SMALL) - 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 9}, "format is 9"),
        ({"answer": 10_000}, "answer is 10000, outside the vocabulary"),
        ({"bos": -1}, "bos is -1"),
        ({"first_structural": 10_000}, "first_structural is 10000"),
        ({"alphabet": "ab"}, "lacks the space"),
        ({"alphabet": " aa"}, "different printable ASCII"),
        ({"alphabet": " ~"}, "'~' of the alphabet has no token"),
        ({"merges": [[4, 5, 6]]}, "merge 0 gives"),
        ({"merges": [[4, 5, 60_000]]}, "merge 0 refers to a token outside"),
        ({"tokens": []}, "it has 0 tokens"),
        ({"colour": 1}, "colour"),
        ({"merges": [["a", "b", "c"]]}, "merges"),
    ],
)
def test_a_damaged_file_is_refused_with_the_reason(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Tokenizer.load(json.dumps(FILE | change).encode())


def test_a_merge_over_a_space_is_refused() -> None:
    at = FILE["tokens"].index("a")
    changed = FILE | {"tokens": [*FILE["tokens"][:45], "a a", *FILE["tokens"][46:]], "merges": []}
    space = changed["tokens"].index(" ")
    changed["tokens"][46] = "a "
    changed["merges"] = [[at, space, 46], [46, at, 45]]
    with pytest.raises(InputError, match="merge 0 reaches over a space"):
        Tokenizer.load(json.dumps(changed).encode())


@given(st.binary(max_size=60))
def test_random_bytes_are_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError):
        Tokenizer.load(data)


def test_decoding_an_unknown_id_is_an_input_error() -> None:
    with pytest.raises(InputError, match="token 9999 is outside"):
        SMALL.decode([9999])
