"""The corpus: deterministic, labelled rightly, and nothing held out leaks into training."""

import random
import re

import pytest

from tinylm.lm.answers import NONE, Row

pytestmark = pytest.mark.train
pytest.importorskip("home_assistant_intents")
pytest.importorskip("hassil")
pytest.importorskip("chatterbot_corpus")

from tinylm.lm import corpus as corpora  # noqa: E402
from tinylm.lm.commands import Sampler, Template, home_assistant  # noqa: E402
from tinylm.lm.names import Pools  # noqa: E402

SPEC = corpora.CorpusSpec(rows=8_000, heldout_rows=600, noncommand_rows=100, invented=0.3)
CORPUS = corpora.build(SPEC, seed=5)


def sample(text: str, *, count: int = 40, held: bool = False) -> list[Row]:
    sampler, rng = Sampler(home_assistant(), Pools(1)), random.Random(1)
    return [sampler.row(Template("X", text), rng, held) for _ in range(count)]


def test_the_same_seed_gives_the_same_corpus_and_another_seed_another() -> None:
    assert corpora.build(SPEC, seed=5) == CORPUS
    assert corpora.build(SPEC, seed=6).train[:50] != CORPUS.train[:50]


def test_all_42_intents_and_none_are_trained() -> None:
    assert len({row.intent for row in CORPUS.train}) == 43


def test_no_held_out_template_is_in_training() -> None:
    trained = {(row.intent, row.template) for row in CORPUS.train}
    held = {(row.intent, row.template) for row in CORPUS.heldout}
    assert len(held) > 60
    assert held.isdisjoint(trained)


def test_no_held_out_sentence_is_in_training() -> None:
    trained = {row.text.lower() for row in CORPUS.train}
    assert trained.isdisjoint(row.text.lower() for row in [*CORPUS.heldout, *CORPUS.familiar, *CORPUS.known, *CORPUS.noncommands])


def test_no_held_out_name_or_number_is_a_value_in_training() -> None:
    trained = {slot.value for row in CORPUS.train for slot in row.slots if slot.free}
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


def test_copied_values_stand_in_the_sentence() -> None:
    for row in [*CORPUS.train[:2_000], *CORPUS.heldout]:
        for slot in row.slots:
            if slot.free:
                assert slot.value.removeprefix("-") in row.text


def test_no_two_training_commands_read_the_same() -> None:
    texts = [row.text.lower() for row in CORPUS.train if row.slots]
    assert len(texts) == len(set(texts))


def test_non_commands_have_no_slots() -> None:
    assert all(row.intent == NONE and not row.slots for row in CORPUS.noncommands)
    assert 0.05 < sum(row.intent == NONE for row in CORPUS.train) / len(CORPUS.train) < 0.2


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
