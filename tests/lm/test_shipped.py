"""The shipped commands bundles: within their limits, honest about their figures, and their stored vectors are what the oracle computes."""

import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tinylm.bundle import Bundle, load_bundle, shipped
from tinylm.errors import ModelError
from tinylm.lm.answers import Row
from tinylm.lm.decode import Decoder
from tinylm.lm.evaluate import Judge
from tinylm.lm.grammar import Grammar, automaton
from tinylm.lm.home import FLAGS, Names, load_home
from tinylm.lm.oracle import Oracle, Vectors, flags_of
from tinylm.lm.tokenizer import Tokenizer

# bytes of the graph, and what exact_match must be, of each
LIMITS = {"commands": (100_000, 0.93), "commands-int4": (64_000, 0.92), "commands-nano": (40_000, 0.80)}


@dataclass
class Shipped:
    bundle: Bundle
    limits: tuple[int, float]

    def __post_init__(self) -> None:
        manifest = self.bundle.manifest
        assert manifest.oracle and manifest.tokenizer
        self.model = self.bundle.read(self.bundle.graph.file)
        self.stored = Vectors.load(self.bundle.read(manifest.oracle.file))
        self.tokens = Tokenizer.load(self.bundle.path(manifest.tokenizer.file))

    @property
    def oracle(self) -> Any:
        pytest.importorskip("tflite_micro")
        return Oracle(self.model, self.bundle.graph)


@pytest.fixture(scope="module", params=[name for name in LIMITS if name in shipped()])
def made(request: pytest.FixtureRequest) -> Shipped:
    return Shipped(load_bundle(request.param), LIMITS[request.param])


def test_the_graph_is_within_its_limit(made: Shipped) -> None:
    assert len(made.model) <= made.limits[0]


def test_manifest_states_how_good_the_model_is_and_how_that_was_measured(made: Shipped) -> None:
    manifest, quality = made.bundle.manifest, made.bundle.manifest.quality
    for key in ("intent_accuracy", "intent_macro", "wording_intent_accuracy", "accepted_wording"):
        assert 0.5 < quality[key] <= 1
    assert quality["exact_match"] >= made.limits[1]
    assert quality["rows"] >= 1_000
    assert quality["false_accepts_chat"] <= 0.05 and quality["false_accepts_near"] <= 0.05
    assert manifest.commands and manifest.commands.threshold == quality["threshold"] > 0
    assert "never" in quality["split"]
    assert quality["command"] == f"python -m tinylm train models/{manifest.name}/recipe.toml"
    assert manifest.oracle and quality["measured_by"] == manifest.oracle.made_by == made.stored.made_by


def test_stored_vectors_cover_enough_real_input(made: Shipped) -> None:
    stored, tokens = made.stored, made.tokens
    assert len(stored.tokens) == len(stored.crc) >= 1_200
    assert stored.logits.shape == (256, len(tokens) - made.bundle.graph.first_logit)
    assert stored.resets[0] == 0
    lengths = np.diff([*stored.resets.tolist(), len(stored.tokens)])
    assert lengths.max() <= made.bundle.graph.window


def test_oracle_computes_the_stored_vectors_again(made: Shipped) -> None:
    oracle, stored = made.oracle, made.stored
    resets = set(stored.resets.tolist())
    for at, token in enumerate(stored.tokens.tolist()):
        if at in resets:
            oracle.reset()
        outputs = oracle.step(token)
        assert zlib.crc32(b"".join(output.tobytes() for output in outputs)) == stored.crc[at]
        if at < len(stored.logits):
            assert np.array_equal(outputs[0].reshape(-1), stored.logits[at])


def test_oracle_answers_the_examples_as_stored(made: Shipped) -> None:
    manifest, tokens, oracle = made.bundle.manifest, made.tokens, made.oracle
    assert [text for text, _, _ in made.stored.examples] == manifest.examples
    assert manifest.commands and manifest.commands.home
    names = Names(load_home(made.bundle.path(manifest.commands.home)), tokens.normalise)
    for text, prompt, written in made.stored.examples:
        assert tokens.prompt(text) == prompt
        assert oracle.generate(prompt, tokens.end, 48, flags_of(tokens, prompt, names)) == written


def test_a_truncated_vector_file_is_refused(made: Shipped) -> None:
    assert made.bundle.manifest.oracle
    data = made.bundle.read(made.bundle.manifest.oracle.file)
    for cut in (0, 10, len(data) // 2, len(data) - 30):
        with pytest.raises(ModelError, match="damaged"):
            Vectors.load(data[:cut])


def test_licences_of_the_data_are_recorded(made: Shipped) -> None:
    readme = made.bundle.read("README.md").decode()
    for package in ("home-assistant-intents 2026.10.27 (Apache-2.0)", "hassil 3.12.1 (Apache-2.0)", "chatterbot-corpus 1.3.3 (BSD"):
        assert package in readme


def test_tokenizer_file_is_one_key_a_line(made: Shipped) -> None:
    assert len(json.loads(made.bundle.path("tokenizer.json").read_text())) == 9


def test_the_right_answer_costs_fewer_bits_a_byte_than_a_wrong_one(made: Shipped) -> None:
    tokens, home = made.tokens, Names(load_home(made.bundle.path("home.toml")), made.tokens.normalise)
    states = automaton(Grammar.load(made.bundle.path("grammar.json")), tokens, FLAGS)
    decoder = Decoder(tokens, states, home, first_logit=tokens.first_structural)
    judge = Judge(made.oracle, decoder, {0: home}, made.bundle.graph.window)
    rows = [Row("what is on my calendar tomorrow", intent, home=0) for intent in ("none", "HassNevermind")]
    right, wrong = (judge.bits([row], lambda: None) for row in rows)
    assert 0 <= right < wrong
