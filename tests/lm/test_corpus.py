"""The corpus: deterministic, labelled rightly, and nothing held out leaks into training."""

import random
import re
from importlib.resources import files

import pytest

from tinylm.lm import bpe
from tinylm.lm.answers import NONE, Row, Slot
from tinylm.lm.home import Entity, Home, Names
from tinylm.lm.tokenizer import Tokenizer

pytestmark = pytest.mark.train
pytest.importorskip("home_assistant_intents")
pytest.importorskip("hassil")
pytest.importorskip("chatterbot_corpus")

from tinylm.lm import augment  # noqa: E402
from tinylm.lm import corpus as corpora  # noqa: E402
from tinylm.lm.commands import Sampler, Template, home_assistant  # noqa: E402
from tinylm.lm.names import Pools  # noqa: E402
from tinylm.lm.paraphrases import WORDING, asides, paraphrases, voices  # noqa: E402
from tinylm.lm.prepared import SETS  # noqa: E402

SPEC = corpora.CorpusSpec(rows=5_000, clean_rows=3_000, heldout_rows=600, noncommand_rows=100, invented=0.3, voices=True)
CORPUS = corpora.build(SPEC, seed=5)
TRAIN = [*CORPUS.train, *CORPUS.clean]


def sample(text: str, *, count: int = 40, held: bool = False) -> list[Row]:
    sampler, rng = Sampler(home_assistant(), Pools(1)), random.Random(1)
    return [sampler.row(Template("X", text), rng, held).row() for _ in range(count)]


def test_the_same_seed_gives_the_same_corpus_and_another_seed_another() -> None:
    small = corpora.CorpusSpec(rows=200, clean_rows=100, heldout_rows=20, noncommand_rows=10)
    first, second, other = (corpora.build(small, seed) for seed in (5, 5, 6))
    assert (first.train, first.clean, first.heldout, first.houses) == (second.train, second.clean, second.heldout, second.houses)
    assert first.train[:50] != other.train[:50]


def test_all_42_intents_and_none_are_trained() -> None:
    assert len({row.intent for row in TRAIN}) == 43


def test_no_held_out_template_is_in_training() -> None:
    trained = {(row.intent, row.template) for row in TRAIN}
    held = {(row.intent, row.template) for row in CORPUS.heldout}
    assert len(held) > 60
    assert held.isdisjoint(trained)


def test_no_held_out_sentence_is_in_training() -> None:
    sets = [getattr(CORPUS, name) for name in SETS]
    trained = {row.text.lower() for row in TRAIN}
    assert all(sets) and trained.isdisjoint(row.text.lower() for rows in sets for row in rows)


def test_no_held_out_name_or_number_is_a_value_in_training() -> None:
    trained = {slot.value for row in TRAIN for slot in row.slots if slot.free}
    for row in [*CORPUS.heldout, *CORPUS.familiar]:
        values = {slot.value for slot in row.slots if slot.free and slot.key != "conversation_command"}
        unseen = {value for value in values if not re.fullmatch(r"-?\d(\.5)?|.*\.5", value)}
        assert unseen.isdisjoint(trained), row


def test_every_held_out_name_holds_a_word_that_training_never_draws() -> None:
    pools, rng = Pools(5), random.Random(0)
    for kind in ("area", "floor", "light", "cover", "scene", "item", "timer_name", "message"):
        seen = {word for words in pools.seen.values() for word in words}
        for _ in range(30):
            value = pools.draw(kind, rng, held=True)
            assert any(word in value and word not in seen for words in pools.held.values() for word in words), value


def test_invented_words_are_never_held_out_ones() -> None:
    pools, rng = Pools(5, invented=1.0), random.Random(0)
    held = {part for words in pools.held.values() for word in words for part in word.split()}
    invented = [pools.invent(rng) for _ in range(3_000)]
    assert held.isdisjoint(invented)
    assert len(set(invented)) > 2_000


def test_values_stand_where_the_row_says() -> None:
    for row in [*TRAIN[:2_000], *CORPUS.heldout]:
        for slot in row.slots:
            if slot.free:
                assert slot.value.removeprefix("-") == row.text[slot.start : slot.end]


def test_no_two_training_commands_read_the_same() -> None:
    for rows in (CORPUS.train, CORPUS.clean):
        texts = [row.text.lower() for row in rows if row.slots]
        assert len(texts) == len(set(texts))


def test_non_commands_have_no_slots() -> None:
    assert all(row.intent == NONE and not row.slots for row in [*CORPUS.chat, *CORPUS.near, *CORPUS.asides])
    assert 0.05 < sum(row.intent == NONE for row in CORPUS.train) / len(CORPUS.train) < 0.2


def test_names_are_those_of_the_home_and_homes_change() -> None:
    assert len({row.home for row in CORPUS.train}) > 80
    for row in CORPUS.clean[:500]:
        home = CORPUS.houses[row.home].home()
        for slot in row.slots:
            if slot.key in ("area", "floor"):
                assert slot.value in (home.areas if slot.key == "area" else home.floors)


def test_a_sentence_that_means_something_else_in_this_home_is_left_out() -> None:
    plain = Tokenizer.make(bpe.ALPHABET, [], [], numbers=True)
    lamp, text = Home(entities=[Entity("kitchen lamp", "light")], areas=["kitchen"]), "turn on the kitchen lamp"
    area = Row(text, "HassTurnOn", (Slot("area", "kitchen", 12, 19),))
    name = Row(text, "HassTurnOn", (Slot("name", "kitchen lamp", 12, 24),))
    for home, row, good in ((lamp, area, False), (lamp, name, True), (Home(areas=["kitchen"]), area, True)):
        assert corpora.consistent(row, Names(home, plain.normalise), plain) == good


def test_every_paraphrase_means_something_that_the_grammar_allows() -> None:
    sampler, rng, known = Sampler(home_assistant(), Pools(1)), random.Random(1), set(CORPUS.structural)
    for template in [*paraphrases(), *voices()]:
        row = sampler.row(template, rng).row()
        assert {row.intent, *(slot.token for slot in row.slots)} <= known, template


def test_every_file_of_wording_is_read() -> None:
    assert {f"wording/{file.name}" for file in files("tinylm.lm").joinpath("wording").iterdir()} == set(WORDING)
    assert len(voices()) > 8_000 and len(asides()) > 900


def test_what_is_held_out_of_the_first_paraphrases_does_not_depend_on_the_later_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    with_all = corpora.split(SPEC, 5, home_assistant())
    monkeypatch.setattr(corpora, "voices", lambda: voices()[::2])
    monkeypatch.setattr(corpora, "asides", lambda: asides()[::2])
    with_half = corpora.split(SPEC, 5, home_assistant())
    assert (with_all.heldout_wording, with_all.heldout) == (with_half.heldout_wording, with_half.heldout)
    assert len(with_half.heldout_voices) < len(with_all.heldout_voices)


def test_short_forms_and_missing_apostrophes_are_drawn() -> None:
    sampler, rng = Sampler(home_assistant(), Pools(1)), random.Random(1)
    said = Template("X", "what's the {name} at")
    drawn = {augment.vary(sampler.row(said, rng), rng, forms=True).row().text.split(" the ")[0] for _ in range(400)}
    assert {"what's", "whats", "what is"} <= drawn


def test_what_is_said_otherwise_keeps_its_values() -> None:
    sampler, rng = Sampler(home_assistant(), Pools(1)), random.Random(1)
    template = Template("HassTurnOn", "turn on the lights in the {area}", (("domain", "light"),))
    seen = set()
    for _ in range(300):
        row = augment.vary(sampler.row(template, rng), rng).row()
        seen.add(row.text)
        assert [slot.key for slot in row.slots] == ["domain", "area"]
        assert row.slots[1].value == row.text[row.slots[1].start : row.slots[1].end] != ""
    assert len(seen) > 200


def test_alternatives_and_options_are_all_drawn() -> None:
    assert {row.text for row in sample("(open|raise) [up] it")} == {"open it", "open up it", "raise it", "raise up it"}


def test_permutations_come_in_every_order() -> None:
    assert {row.text for row in sample("(pause;now)")} == {"pause now", "now pause"}


def test_rules_are_expanded() -> None:
    assert {row.text for row in sample("<timer_cancel> it")} == {"cancel it", "stop it"}


def test_closed_lists_give_their_output_and_renamed_slots_their_name() -> None:
    got = {(row.text, row.slots[0].key, row.slots[0].value, row.slots[0].free) for row in sample("half {timer_half:minutes}")}
    assert got == {("half half", "minutes", "30", False), ("half 1/2", "minutes", "30", False)}


def test_a_range_with_a_multiplier_gives_the_signed_value() -> None:
    for row in sample("down by {volume_step_down:volume_step}"):
        assert row.slots[0].value == f"-{row.text.removeprefix('down by ')}"
        assert row.text[row.slots[0].start :] == row.slots[0].value[1:]
