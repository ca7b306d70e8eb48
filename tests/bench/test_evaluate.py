"""Evaluation: sets are read with care, figures are those of the answers, a device gives the same ones as this machine."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.firmware import standin
from tests.firmware import standin_commands as chance
from tinylm.bench.evaluate import Sentence, evaluate, load_set, same_slots
from tinylm.bench.make import open_device
from tinylm.boards import board
from tinylm.bundle import load_bundle
from tinylm.cli.app import main
from tinylm.errors import InputError
from tinylm.firmware.build import build, build_host
from tinylm.lm.answers import stated
from tinylm.lm.home import Names, load_home
from tinylm.lm.oracle import flags_of
from tinylm.targets.open import open_emulator, open_host

TEXTS = ["turn on the kitchen lamp", "lamp two", "set it to 40", "nevermind", "say hello to the attic", "living room lamp", "den", ""]


def silent(*_: object) -> None:
    pass


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return chance.bundle(tmp_path_factory.mktemp("chance"))


@pytest.fixture(scope="module")
def host(bundle, tmp_path_factory):
    with open_host(build_host(bundle, chance.program(), tmp_path_factory.mktemp("host") / "out"), "", None) as device:
        device.session.boot()
        yield device


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "line 2"),
        (b"[]", "line 2: Expected `object`"),
        (b'{"text": 1}', r"line 2: Expected `str`, got `int` - at `\$\.text`"),
        (b'{"intent": "none"}', "line 2: Object missing required field `text`"),
        (b'{"text": "a", "slots": {"a": []}}', "line 2"),
        (b'{"text": "a", "slots": {"a": "b"}}', "line 2: slots need an intent"),
        (b'{"text": "a", "intent": "none", "slots": {"a": "b"}}', "line 2: slots need an intent"),
        (b'{"text": "a", "intent": ""}', "line 2: .* an intent is not empty"),
        (b'{"text": "\xff"}', "line 2 is not UTF-8"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(tmp_path: Path, line: bytes, message: str):
    path = tmp_path / "set.jsonl"
    path.write_bytes(b'{"text": "fine", "extra": 1}\n' + line + b"\n")
    with pytest.raises(InputError, match=message) as error:
        load_set(path)
    assert str(path) in str(error.value)


def test_an_empty_or_missing_set_is_refused(tmp_path: Path):
    (tmp_path / "empty.jsonl").write_text("\n\n")
    with pytest.raises(InputError, match="holds no sentence"):
        load_set(tmp_path / "empty.jsonl")
    with pytest.raises(InputError, match="cannot be read"):
        load_set(tmp_path / "none.jsonl")


def test_numbers_of_a_set_are_text(tmp_path: Path):
    path = tmp_path / "set.jsonl"
    path.write_text('{"text": "a", "intent": "X", "slots": {"a": 5, "b": 20.5, "c": "x"}}\n')
    assert load_set(path) == [Sentence("a", "X", {"a": "5", "b": "20.5", "c": "x"})]


@pytest.mark.parametrize(
    ("wanted", "got", "same"),
    [
        ({"a": "5"}, {"a": "5.0"}, True),
        ({"a": "40%"}, {"a": "40"}, True),
        ({"a": "Kitchen"}, {"a": "kitchen"}, True),
        ({"a": "twenty one pilots"}, {"a": "21 pilots"}, True),
        ({"a": "The Den"}, {"a": "den"}, True),
        ({"a": "den"}, {"a": "attic"}, False),
        ({"a": "5"}, {}, False),
        ({}, {"a": "5"}, False),
        ({"a": "-20"}, {"a": "20"}, False),
    ],
)
def test_values_are_compared_by_what_they_mean(wanted, got, same):
    assert same_slots(chance.TOKENS, wanted, got) is same


def answered(device, text: str):
    device.session.reset()
    device.session.feed(text)
    return device.session.answer()


def test_figures_are_those_of_the_answers(bundle, host):
    given = [answered(host, text) for text in TEXTS]
    right = [Sentence(text, answer.intent, dict(answer.slots)) for text, answer in zip(TEXTS, given, strict=True)]
    quality = evaluate(host, bundle, right, silent)
    assert quality.exact_match == quality.intent_accuracy == quality.intent_macro == quality.accepted == 1.0 and not quality.wrong
    commands = [row for row in right if row.intent != "none"]
    assert quality.commands == len(commands) > 2

    spoilt = [Sentence(row.text, row.intent, {**row.slots, "more": "x"}) for row in commands[:1]] + commands[1:]
    quality = evaluate(host, bundle, spoilt, silent)
    assert quality.intent_accuracy == 1.0 and quality.exact_match == pytest.approx(1 - 1 / len(commands), abs=1e-4)
    assert [row.text for row, _ in quality.wrong] == [commands[0].text]

    strangers = [Sentence(row.text, "none") for row in commands] + [row for row in right if row.intent == "none"]
    quality = evaluate(host, bundle, strangers, silent)
    assert quality.false_accepts == pytest.approx(len(commands) / len(right), abs=1e-4) and quality.intent_accuracy is None
    assert json.loads(json.dumps(quality.to_json()))["false_accepts"] == quality.false_accepts


def test_a_text_that_is_too_long_is_none(bundle, host):
    rows = [Sentence("x " * 200, "none"), Sentence("xy " * 80, "Nevermind"), Sentence(TEXTS[0], "none")]
    quality = evaluate(host, bundle, rows, silent)
    assert quality.accepted == 0.0 and quality.wrong[0][1].confidence == 0.0


def test_a_device_gives_the_same_figures(bundle, host, tmp_path):
    pytest.importorskip("unicorn")
    image = build(bundle, chance.program(), board("pico"), tmp_path / "out")
    rows = [Sentence(text, "TurnOn") for text in TEXTS]
    with open_emulator(board("pico"), image.elf, image.build_id, None) as device:
        device.session.boot()
        on_device = evaluate(device, bundle, rows, silent)
    same = evaluate(host, bundle, rows, silent)
    assert [(a.intent, a.slots, a.confidence, a.steps) for _, a in on_device.wrong] == [
        (a.intent, a.slots, a.confidence, a.steps) for _, a in same.wrong
    ]
    assert on_device.by_intent == same.by_intent
    assert on_device.bits_per_byte == same.bits_per_byte is not None


def test_bits_a_byte_of_answers_are_those_of_the_right_tokens_and_pointers(bundle, host):
    """The same model in Python, told the home's flags on the sentence, then the answer."""
    rows = [Sentence("turn on the kitchen lamp", "TurnOn", {"name": "Kitchen lamp"}), Sentence("lamp two", "none")]
    unsaid = [Sentence("lamp two", "TurnOn", {"name": "attic"}), Sentence("lamp two", "Unheard"), Sentence("xy " * 80, "none")]
    quality = evaluate(host, bundle, [*rows, *unsaid], silent)
    nats, letters, tokens = 0.0, 0, 0
    for row in rows:
        model, made = chance.Chance(), stated(chance.TOKENS, row.text, row.intent, row.slots)
        names = Names(load_home(bundle.path("home.toml")), chance.TOKENS.normalise)
        scores = [model.step(*fed) for fed in zip(made.prompt, flags_of(chance.TOKENS, made.prompt, names), strict=True)][-1]
        pointers = (-1, -1)
        for token, following in zip(made.answer, made.spans, strict=True):
            nats += lost(scores.logits, chance.LOGIT, token - chance.FIRST)
            if pointers[0] >= 0:
                pieces = len(made.prompt) - 1
                nats += lost(scores.start[:pieces], chance.START, pointers[0]) + lost(scores.end[:pieces], chance.END, pointers[1])
                letters += sum(len(chance.TOKENS.tokens[id]) for id in made.prompt[pointers[0] : pointers[1] + 1])
            letters, tokens, pointers = letters + len(chance.TOKENS.tokens[token]), tokens + 1, following
            scores = model.step(token, 0)
    assert tokens == 5 and letters == len("TurnOn name: kitchen lampnone")
    assert quality.bits_per_byte == pytest.approx(nats / math.log(2) / letters, abs=1e-3)
    assert quality.perplexity == pytest.approx(math.exp(nats / tokens), rel=1e-3)


def lost(scores: list[int], scale: float, right: int) -> float:
    real = np.array(scores) * scale
    return float(np.log(np.exp(real).sum()) - real[right])


def bigrams(folder: Path) -> tuple[np.ndarray, Path]:
    """A language model that is one table: the logits of a token are its row."""
    table = np.random.default_rng(3).integers(-100, 100, (20, 20)).astype(np.int8)
    builder = Builder()
    token = builder.input((1,), "int32", name="token")
    rows = builder.tensor((20, 20), scale=0.05, data=table)
    builder.operator("GATHER", [rows, token], [builder.output((1, 20), scale=0.05, name="logits")], "GatherOptions", axis=0)
    folder.mkdir()
    (folder / "step.tflite").write_bytes(builder.finish())
    (folder / "tokenizer.json").write_text(json.dumps(standin.TOKENIZER))
    (folder / "model.toml").write_text(
        'name = "bigrams"\ntitle = "Bigrams"\nkind = "language-model"\ntokenizer.file = "tokenizer.json"\n'
        '[graphs.step]\nfile = "step.tflite"\ninputs = ["token"]\noutputs = ["logits"]\n'
    )
    return table, folder


def test_bits_a_byte_are_those_of_the_logits(tmp_path):
    table, folder = bigrams(tmp_path / "bundle")
    bundle = load_bundle(folder)
    texts = ["abc dd", "a b"]
    with open_device("host", bundle, output=tmp_path / "out") as device:
        device.session.boot()
        quality = evaluate(device, bundle, [Sentence(text) for text in texts], silent)
        with pytest.raises(InputError, match="has no grammar"):
            evaluate(device, bundle, [Sentence("a", "none")], silent)
    nats, steps = 0.0, 0
    for text in texts:
        ids = [*standin.encode(text.encode()), 14]
        for token, following in itertools.pairwise(ids):
            row = table[token].astype(float) * np.float32(0.05)
            nats += math.log(np.exp(row).sum()) - row[following]
            steps += 1
    assert quality.bits_per_byte == pytest.approx(nats / math.log(2) / 9, abs=1e-3)
    assert quality.perplexity == pytest.approx(math.exp(nats / steps), rel=1e-3)


def test_eval_says_the_same_of_a_device_and_of_this_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("unicorn")
    slots = {"domain": "light", "area": "kitchen"}
    (tmp_path / "set.jsonl").write_text(json.dumps({"text": "kitchen lights please", "intent": "HassTurnOn", "slots": slots}))
    found = []
    for name in ("host", "nrf52840"):
        assert main(["eval", "commands", "--set", str(tmp_path / "set.jsonl"), "--board", name, "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert [report.pop("board") for report in found] == ["host", "nrf52840"]
    assert [report.pop("target") for report in found] == ["host", "emulator"]
    assert found[0] == found[1] and 0 < found[0]["bits_per_byte"] < 0.1
