"""The shipped bundle: within its limits, honest about its figures, and its stored vectors are what the oracle computes."""

import json
import zlib
from typing import Any

import numpy as np
import pytest

from tinylm.bundle import load_bundle
from tinylm.errors import ModelError
from tinylm.lm.oracle import Oracle, Vectors
from tinylm.lm.tokenizer import Tokenizer

BUNDLE = load_bundle("commands")
MODEL = BUNDLE.read(BUNDLE.graph.file)
assert BUNDLE.manifest.oracle and BUNDLE.manifest.tokenizer
STORED = Vectors.load(BUNDLE.read(BUNDLE.manifest.oracle.file))
TOKENS = Tokenizer.load(BUNDLE.path(BUNDLE.manifest.tokenizer.file))


@pytest.fixture(scope="module")
def oracle() -> Any:
    pytest.importorskip("tflite_micro")
    return Oracle(MODEL, BUNDLE.graph)


def test_the_graph_is_smaller_than_100_kilobytes() -> None:
    assert len(MODEL) < 100_000


def test_manifest_states_how_good_the_model_is_and_how_that_was_measured() -> None:
    quality = BUNDLE.manifest.quality
    for key in ("bits_per_byte", "intent_accuracy", "intent_macro", "exact_match", "false_accepts"):
        assert 0 < quality[key] < 10
    assert quality["rows"] >= 1_000
    assert "never" in quality["split"]
    assert quality["command"].startswith("python -m tinylm train ")
    assert BUNDLE.manifest.oracle and quality["measured_by"] == BUNDLE.manifest.oracle.made_by == STORED.made_by


def test_stored_vectors_cover_enough_real_input() -> None:
    assert len(STORED.tokens) == len(STORED.crc) >= 1_200
    assert STORED.logits.shape == (256, len(TOKENS))
    assert STORED.resets[0] == 0
    assert all(STORED.tokens[STORED.resets] == TOKENS.bos)


def test_stored_checksums_are_those_of_the_stored_logits() -> None:
    assert [zlib.crc32(row.tobytes()) for row in STORED.logits] == STORED.crc[:256].tolist()


def test_oracle_computes_the_stored_vectors_again(oracle: Oracle) -> None:
    resets = set(STORED.resets.tolist())
    for at, token in enumerate(STORED.tokens.tolist()):
        if at in resets:
            oracle.reset()
        outputs = oracle.step(token)
        assert zlib.crc32(b"".join(output.tobytes() for output in outputs)) == STORED.crc[at]
        if at < len(STORED.logits):
            assert np.array_equal(outputs[0].reshape(-1), STORED.logits[at])


def test_oracle_answers_the_examples_as_stored(oracle: Oracle) -> None:
    assert [text for text, _, _ in STORED.examples] == BUNDLE.manifest.examples
    for text, prompt, made in STORED.examples:
        assert TOKENS.prompt(text) == prompt
        assert oracle.generate(prompt, TOKENS.end, 48) == made


def test_a_truncated_vector_file_is_refused() -> None:
    assert BUNDLE.manifest.oracle
    data = BUNDLE.read(BUNDLE.manifest.oracle.file)
    for cut in (0, 10, len(data) // 2, len(data) - 30):
        with pytest.raises(ModelError, match="damaged"):
            Vectors.load(data[:cut])


def test_licences_of_the_data_are_recorded() -> None:
    readme = BUNDLE.read("README.md").decode()
    for package in ("home-assistant-intents 2026.10.27 (Apache-2.0)", "hassil 3.12.1 (Apache-2.0)", "chatterbot-corpus 1.3.3 (BSD"):
        assert package in readme


def test_tokenizer_file_is_one_key_a_line() -> None:
    assert len(json.loads(BUNDLE.path("tokenizer.json").read_text())) == 8
