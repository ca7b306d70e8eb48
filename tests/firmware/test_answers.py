"""Answers of the device: those of the Python decoder for every sentence, logits and pointers; always valid; read while they come."""

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.firmware import standin_commands as chance
from tests.firmware.conftest import Console, laps
from tinylm.errors import InputError
from tinylm.firmware.build import build_host
from tinylm.firmware.toolchain import Zig
from tinylm.lm.decode import Decided, Decoder, Scores, Sentence
from tinylm.lm.fixed import ONE, share
from tinylm.lm.grammar import AREA, FLOOR, NUMBER, automaton
from tinylm.lm.home import FLAGS, Home, Names, load_home

PIECES = [
    "kitchen", "lamp", "two", "living", "room", "the", "den", "first", "floor", "attic", "turn", "on", "x", "'s", "-", ".", "%", "5", "100",
    "20.5", "1.2.3", "0", "1000000", "twenty", "five", "a", "hundred", "and", "point", "thousand", "seven", "dner", "Döner", "K", "?",
]  # fmt: skip
SENTENCES = st.lists(st.sampled_from(PIECES), max_size=12).flatmap(
    lambda words: st.lists(st.sampled_from([" ", " ", "-", "", "  "]), min_size=len(words), max_size=len(words)).map(
        lambda gaps: "".join(word + gap for word, gap in zip(words, gaps, strict=True))
    )
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("chance")


@pytest.fixture(scope="module")
def device(folder):
    bundle = chance.bundle(folder / "bundle")
    console = Console(build_host(bundle, chance.program(), folder / "host", toolchain=Zig(strict=True, sanitize=True)))
    yield console
    console.stream.close()


@pytest.fixture(scope="module")
def decoder(folder):
    names = Names(load_home(chance.bundle(folder / "same").home_path), chance.TOKENS.normalise)
    return Decoder(chance.TOKENS, automaton(chance.GRAMMAR, chance.TOKENS, FLAGS), names, first_logit=chance.FIRST)


def ask(console: Console, *parts: str) -> list[str]:
    console("lm reset")
    for part in parts:
        assert console(f"lm feed {part}".encode())[0].startswith("m-lm-pending-")
    return [line for line in console("lm answer") if not line.startswith(("m-lap-us-", "m-lm-ahead-"))]


def escaped(text: str) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02X}" for byte in text.encode())


def shown(decided: Decided, prompt: int, steps: int) -> list[str]:
    slots = [f"m-lm-slot-[{key}]-[{escaped(value)}]" for key, value in decided.slots]
    thousandths = (decided.confidence * 125 + 4096) >> 13
    confidence = f"m-lm-confidence-{thousandths // 1000}.{thousandths % 1000:03d}"
    return [f"m-lm-prompt-{prompt}", f"m-lm-steps-{steps}", f"m-lm-intent-[{decided.intent}]", *slots, confidence]


def expected(decoder: Decoder, text: str) -> list[str]:
    model = chance.Chance()
    decided = decoder.answer(model, text.encode().decode("latin-1"))
    prompt = len(decoder.tokenizer.prompt(text.encode().decode("latin-1")))
    return shown(decided, prompt, len(model.fed) - prompt)


@settings(max_examples=250, deadline=None)
@given(SENTENCES)
@example("")
@example("turn on the kitchen lamp two in the living room")
def test_the_device_answers_as_the_decoder_does(device, decoder, text):
    text = text.replace("%", "").encode()[:70].decode(errors="ignore")
    assert ask(device, text) == expected(decoder, text)


@settings(max_examples=150, deadline=None)
@given(SENTENCES, st.lists(st.integers(0, 60), max_size=5))
def test_it_does_not_matter_in_which_parts_the_text_comes(device, decoder, text, cuts):
    text = text.replace("%", "")[:60]
    places = sorted({0, *(min(cut, len(text)) for cut in cuts), len(text)})
    parts = [text[low:high] for low, high in itertools.pairwise(places)] or [""]
    whole = expected(decoder, "".join(part.encode().decode() for part in parts))
    assert ask(device, *parts) == whole


@settings(max_examples=150, deadline=None)
@given(SENTENCES)
def test_every_answer_is_a_combination_of_the_grammar_with_values_of_text_and_home(decoder, text):
    decided = decoder.answer(chance.Chance(), text)
    if decided.intent == "none":
        assert decided.slots == ()
        return
    normal = decoder.tokenizer.normalise(text)
    known = {name for names in decoder.names.known.values() for name, _ in names.values()}
    keys = [key for key, _ in decided.slots]
    assert any(sorted(keys) == sorted(combination) for combination in chance.GRAMMAR.intents[decided.intent])
    for key, value in decided.slots:
        if key in ("area", "floor") or (key == "name" and decided.intent == "TurnOn"):
            assert value in known
        elif key in ("minutes", "seconds"):
            assert 1 <= int(value) <= 100
        elif key in ("message", "item", "name"):
            assert f" {value}" in normal or value in re.split(r"[ .%'-]", normal) or value in normal
        elif key == "volume_step":
            assert value in ("up", "down") or -100 <= int(value) <= 0


def test_a_text_without_names_or_numbers_needs_no_names_or_numbers(decoder):
    seen = {decoder.answer(chance.Chance(), f"do {letter}").intent for letter in "abcdefghijklmnopqrstuvwxyz"}
    assert seen <= {"none", "SetVolume", "Say", "Nevermind"} and len(seen) > 2


def test_below_the_threshold_the_answer_is_none(decoder, folder):
    texts = [f"turn on lamp {number}" for number in range(40)]
    sure = [decoder.answer(chance.Chance(), text) for text in texts]
    middle = sorted(decided.confidence for decided in sure)[20]
    strict = replace(decoder, threshold=middle)
    for before, text in zip(sure, texts, strict=True):
        after = strict.answer(chance.Chance(), text)
        assert after == (before if before.confidence >= middle else Decided("none", (), before.confidence, before.best))
    bundle = chance.bundle(folder / "strict", middle / ONE)
    console = Console(build_host(bundle, chance.program(), folder / "strict-host"))
    for text in texts:
        assert ask(console, text) == expected(strict, text)
    console.stream.close()


def test_the_likelier_none_was_the_less_sure_is_any_other_answer(decoder):
    class Sure(chance.Chance):
        """Nevermind, and none so many steps of the logits below it."""

        gap = 0

        def step(self, token: int, flags: int) -> Scores:
            logits = {"Nevermind": 100, "none": 100 - self.gap}
            return Scores([logits.get(token, -128) for token in chance.TOKENS.tokens[chance.FIRST :]], [0] * 64, [0] * 64)

    shares, sure = [], []
    for Sure.gap in (20, 80, 150, 220):
        answer = decoder.answer(Sure(), "do a")
        assert answer.best == "Nevermind"
        shares.append(share([100, 100 - Sure.gap], 100 - Sure.gap, Sure.steps[0]))
        sure.append(answer.confidence / ONE)
    assert sure == sorted(sure) and sure[0] < 0.01 and sure[-1] > 0.95
    wanted = [(ONE - none) ** 2 / ONE / (ONE + 1023 * none) for none in shares]  # the answer's own share is what none leaves, too
    assert sure == pytest.approx(wanted, abs=0.001)


def test_without_a_home_names_are_spans_of_the_text(folder):
    made = automaton(chance.GRAMMAR, chance.TOKENS, FLAGS, named=False)
    decoder = Decoder(chance.TOKENS, made, Names(Home(), chance.TOKENS.normalise), first_logit=chance.FIRST)
    console = Console(build_host(chance.bundle(folder / "empty", home=""), chance.program(), folder / "empty-host"))
    texts = [f"dim {word} two lamps {number}" for number in range(8) for word in ("one", "kitchen", "x")]
    for text in texts:
        assert ask(console, text) == expected(decoder, text)
    console.stream.close()


def test_a_word_begins_with_its_space_even_where_that_is_a_piece_of_its_own(decoder):
    """As the model learns it: tinylm.lm.answers.encode."""
    sentence = Sentence(decoder, [chance.TOKENS.tokens[id] for id in chance.TOKENS.encode("x den 5-minute attic")])
    at = {rule.kind: next(sentence._spans(rule)) for rule in decoder.automaton.rules if rule.kind in (AREA, FLOOR, NUMBER)}
    assert [sentence.pieces[at[AREA].first], sentence.pieces[at[AREA].last]] == [" ", "n"]
    assert sentence.pieces[at[FLOOR].first] == " " and sentence.pieces[at[NUMBER].first].startswith(" ")
    starts = [place for place in range(len(sentence.pieces)) if sentence._starts(place)]
    assert len(starts) == 5, "one for each word, that behind the hyphen too"


def test_finished_words_are_read_before_the_text_is_complete(device):
    """Only what later text may change waits: the last word, numbers, the beginning of a longer name."""
    console = device
    for text, waiting in [
        ("turn on ", 0),
        ("turn on", 1),
        ("x kitchen ", 1),
        ("x den ", 0),
        ("x li ", 0),
        ("x living ", 1),
        ("x twenty ", 1),
        ("x living room ", 1),
        ("x a hundred and ", 1),
    ]:
        console("lm reset")
        console(f"lm feed {text}")
        steps = console.stream._library.tl_step_position()
        total = len(chance.TOKENS.prompt(text)) - 1
        assert (steps < total) == bool(waiting), text


def test_another_use_of_the_model_does_not_disturb_the_answer(device, decoder):
    text = "turn on the kitchen lamp"
    for command in ("lm score 0005", "infer 1 0"):
        device("lm reset")
        device(f"lm feed {text[:12]}")
        device(command)
        device(f"lm feed {text[12:]}")
        assert [line for line in device("lm answer") if "lap" not in line and "ahead" not in line] == expected(decoder, text)


def test_text_that_the_window_cannot_hold_is_refused_and_the_device_goes_on(device, decoder):
    device("lm reset")
    for _ in range(4):
        device("lm feed " + "xy " * 20)
    assert device("lm answer")[-1] == "e-[Text longer than the model reads]"
    assert ask(device, "kitchen lamp") == expected(decoder, "kitchen lamp")
    assert device("lm score 0005")[0].startswith("m-lm-crc-")


def test_times_are_in_order(device):
    device("lm feed lamp")
    begun, ended = laps(device("lm answer"))
    assert begun <= ended


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('flags = ["wings"]', "commands.flags names 'wings'"),
        ("flags = []", "does not say which"),
        ("threshold = 2", "threshold is 2"),
        ("grammar = 'other.json'", "names 'other.json', which is not there"),
        ("window = 0", "and a window"),
        ('outputs = ["logits"]', "outputs 'start' and 'end'"),
        (f"first_logit = {chance.FIRST + 3}", "for which the graph has no logit"),
    ],
)
def test_a_bundle_that_does_not_fit_together_is_refused(tmp_path, change, message):
    chance.bundle(tmp_path)
    manifest = tmp_path / "model.toml"
    key = change.split(" ")[0]
    manifest.write_text(re.sub(rf"^{key} = .*$", change, manifest.read_text(), flags=re.M))
    from tinylm.bundle import load_bundle
    from tinylm.firmware.render import render

    with pytest.raises(InputError, match=message):
        render(None, chance.program(), load_bundle(tmp_path))
