"""Answers as tokens and pointers, and both read back."""

import pytest

from tinylm.lm import answers, bpe
from tinylm.lm.answers import Answer, Row, Slot
from tinylm.lm.tokenizer import Tokenizer

STRUCTURAL = ["none", "HassTurnOn", "HassSetVolumeRelative", " domain=light", " name:", " area:", " volume_step:", " volume_step:-"]
TOKENS = Tokenizer.make(bpe.ALPHABET, bpe.learn([" lamp"] * 9, 5), STRUCTURAL, numbers=True)
TEXT = "turn on Lamp twenty two in Emma's room"


def slot(key: str, value: str, text: str = TEXT) -> Slot:
    start = text.lower().index(value.removeprefix("-"))
    return Slot(key, value, start, start + len(value.removeprefix("-")))


ROW = Row(TEXT, "HassTurnOn", Slot.ordered([slot("area", "emma's room"), slot("name", "lamp twenty two"), Slot("domain", "light")]))


def test_an_answer_reads_back_as_it_was_written() -> None:
    made = answers.encode(TOKENS, ROW)
    assert made
    assert [TOKENS.tokens[id] for id in made.answer] == ["HassTurnOn", " domain=light", " name:", " area:", ""]
    assert [TOKENS.tokens[id] for id in made.prompt[slice(*made.spans[2])]] == [" lamp", " ", "2"]
    got = answers.parse(TOKENS, made.prompt, made.answer, made.spans)
    assert got == Answer("HassTurnOn", (("area", "emma's room"), ("domain", "light"), ("name", "lamp 22")))
    assert got == answers.expected(TOKENS, ROW)


def test_a_negative_number_keeps_its_sign_in_the_key() -> None:
    text = "turn it down by 20%"
    row = Row(text, "HassSetVolumeRelative", (slot("volume_step", "-20", text),))
    made = answers.encode(TOKENS, row)
    assert made
    assert answers.parse(TOKENS, made.prompt, made.answer, made.spans).slots == (("volume_step", "-20"),)


def test_a_value_that_ends_inside_a_piece_cannot_be_pointed_at() -> None:
    row = Row("lamps on", "HassTurnOn", (Slot("name", "lam", 0, 3),))
    assert answers.encode(TOKENS, row) is None


@pytest.mark.parametrize(
    ("text", "intent", "slots", "found"),
    [
        (TEXT, "HassTurnOn", {"area": "Emma's room", "name": "the lamp twenty two", "domain": "light"}, ["lamp 22", "emma's room"]),
        ("turn it down by 20%", "HassSetVolumeRelative", {"volume_step": "-20"}, ["20"]),
        ("lamp five", "HassTurnOn", {"name": "lamp", "volume_step": "5.0"}, ["lamp", "5"]),
        ("never mind", "none", {}, []),
        ("lamp", "HassTurnOn", {"name": "lam"}, None),
        ("lamp", "HassTurnOn", {"colour": "red"}, None),
        ("lamp", "HassTurnOff", {}, None),
    ],
)
def test_a_stated_answer_is_pointed_at_where_it_stands(text: str, intent: str, slots: dict[str, str], found: list[str] | None) -> None:
    made = answers.stated(TOKENS, text, intent, slots)
    assert (made and [answers.text_of(TOKENS, made.prompt, *span) for span in made.spans if span[0] >= 0]) == found


def test_slots_have_one_order() -> None:
    forward = [Slot("name", "a", 0, 1), Slot("area", "b", 2, 3), Slot("unheard_of", "c", 4, 5)]
    assert Slot.ordered(forward) == Slot.ordered(reversed(forward))


def test_malformed_answers_have_no_intent() -> None:
    intent, text, end = TOKENS.structural["HassTurnOn"], TOKENS.encode("a"), TOKENS.end
    for ids in ([], [end], [intent, *text, end], [intent, intent, end]):
        assert answers.parse(TOKENS, TOKENS.prompt("a"), ids, [(0, 0)] * len(ids)).intent == ""
