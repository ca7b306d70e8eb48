"""Answers as tokens, and tokens read back."""

from tinylm.lm import answers, bpe
from tinylm.lm.answers import Answer, Row, Slot
from tinylm.lm.tokenizer import Tokenizer

STRUCTURAL = ["none", "HassTurnOn", "HassSetVolumeRelative", " domain=light", " name:", " area:", " volume_step:", " volume_step:-"]
TOKENS = Tokenizer.make(bpe.ALPHABET, [], STRUCTURAL)


def test_an_answer_reads_back_as_it_was_written() -> None:
    slots = Slot.ordered([Slot("area", "Emma's room", True), Slot("name", "lamp 2", True), Slot("domain", "light", False)])
    row = Row("turn on lamp 2 in emma's room", "HassTurnOn", slots)
    ids = answers.encode(TOKENS, row)
    assert TOKENS.decode(ids) == "HassTurnOn domain=light name: lamp 2 area: emma's room"
    assert answers.parse(TOKENS, ids) == Answer("HassTurnOn", (("area", "emma's room"), ("domain", "light"), ("name", "lamp 2")))


def test_a_negative_number_keeps_its_sign_in_the_key() -> None:
    row = Row("turn it down by 20", "HassSetVolumeRelative", (Slot("volume_step", "-20", True),))
    assert answers.parse(TOKENS, answers.encode(TOKENS, row)).slots == (("volume_step", "-20"),)


def test_slots_have_one_order() -> None:
    forward = [Slot("name", "a", True), Slot("area", "b", True), Slot("unheard_of", "c", True)]
    assert Slot.ordered(forward) == Slot.ordered(reversed(forward))


def test_malformed_answers_have_no_intent() -> None:
    intent, text, end = TOKENS.structural["HassTurnOn"], TOKENS.encode("a"), TOKENS.end
    assert answers.parse(TOKENS, [end]).intent == ""
    assert answers.parse(TOKENS, [intent, *text, end]).intent == ""
    assert answers.parse(TOKENS, [intent, intent, end]).intent == ""
