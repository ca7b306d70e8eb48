"""Text recipes: what they accept, what they learn from, their tokenizers, and the small model that training begins with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.lm import tiny_llama
from tests.oracle import needs_oracle
from tinylm import paths
from tinylm.bundle import Bundle, load_bundle, shipped
from tinylm.cli.app import main
from tinylm.errors import InputError
from tinylm.lm import llama_shrink, text_corpus, text_tokenizer
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.llama2c import read_tokenizer
from tinylm.lm.oracle import Oracle, Vectors, record
from tinylm.lm.text_recipe import is_text, load_text_recipe, smoke

GOOD = 'kind = "text"\nname = "x"\ntitle = "X"\nseed = 1\n'
FILES = GOOD + '[corpus]\nfiles = ["a.txt"]\n'
TAUGHT = GOOD + '[teacher]\ncheckpoint = "a.bin"\ntokenizer = "b.bin"\n'
BAD_RECIPES = {
    "unknown key": (FILES + "[student]\nlayer = 2\n", "unknown key 'layer' in student.*Did you mean 'layers'"),
    "another cell": (FILES + '[student]\ncell = "grru"\n', "student.cell is 'grru', which is none of tinylm's cells. Did you mean 'gru'"),
    "layers that do not share": (FILES + "[student]\nlayers = 3\nshared = 2\n", "layers is 3, and 2 layers each .* multiple of 2"),
    "a rank that saves nothing": (FILES + '[student]\ncell = "fastgrnn"\nrank = 64\n', "student.rank is 64; .* it may be 1 to 63"),
    "cells out of attention": (FILES + '[student]\ncell = "tcn"\nstart = "teacher"\n', "whose layers are attention; cells start 'random'"),
    "bits that no matrix has": (FILES + "[quantise]\nbits = 2\n", "quantise.bits is 2; it may be 4 or 8"),
    "no steps": (FILES + "[training]\nsteps = 0\n", "training.steps is 0; that is for a recipe that starts from a bundle"),
    "a start of cells": ('start = "x"\n' + FILES + '[student]\ncell = "gru"\n', "a student of attention that shares nothing"),
    "impossible size": (FILES + "[student]\nhidden = 0\n", "key 'student.hidden' is 0; it may be 1 to"),
    "sizes that disagree": (FILES + "[student]\ndim = 30\n", "dim 30 is not a multiple of heads 8"),
    "beyond the window": (FILES + "[training]\nlength = 300\n", "training.length is 300, beyond student.window, which is 256"),
    "nothing to learn from": (GOOD, "nothing to learn from; name .corpus. files or a .teacher."),
    "no teacher": (FILES + '[tokenizer]\nkind = "teacher"\n', "there is no .teacher."),
    "other tokens than the teacher's": (TAUGHT + '[tokenizer]\nkind = "bytes"\n', "tokenizer.kind is 'bytes', not 'teacher'"),
    "short rows": (TAUGHT + '[tokenizer]\nkind = "teacher"\n[corpus]\nlength = 100\n', "rows have to be longer than student.window"),
}


@pytest.mark.parametrize("name", BAD_RECIPES)
def test_a_bad_recipe_is_refused_with_the_key(name: str, tmp_path: Path) -> None:
    text, message = BAD_RECIPES[name]
    (tmp_path / "recipe.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        load_text_recipe(tmp_path / "recipe.toml")


def test_the_shipped_recipe_is_of_this_kind_and_its_smoke_size_is_valid() -> None:
    path = paths.MODELS / "stories" / "recipe.toml"
    assert is_text(path) and not is_text(paths.MODELS / "commands" / "recipe.toml")
    recipe = load_text_recipe(path)
    assert recipe.name == "stories"
    assert smoke(recipe).training.steps <= 50 and smoke(recipe).training.length <= smoke(recipe).student.window


BAD_TEXTS = {
    "empty": (b"", "holds no text to learn from"),
    "blank": (b" \n\n \n", "holds no text to learn from"),
    "not UTF-8": (b"one\ntw\xff\n", "is not UTF-8: invalid start byte in line 2"),
    "one text": (b"once upon a time", "has 1 texts; one in 20 is kept from training"),
}


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_corpus_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    data, message = BAD_TEXTS[name]
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(InputError, match=message):
        text_corpus.read_texts([tmp_path / "a.txt"], "\n\n")


def test_one_text_in_twenty_is_kept_from_training(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n\n".join(f"text {at}" for at in range(40)))
    texts = text_corpus.read_texts([tmp_path / "a.txt"], "\n\n")
    assert texts.heldout == ["text 10", "text 30"]
    assert sorted(texts.train + texts.heldout) == sorted(f"text {at}" for at in range(40))


def test_a_file_that_the_recipe_names_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorflow")
    (tmp_path / "recipe.toml").write_text(TAUGHT + '[tokenizer]\nkind = "teacher"\n')
    assert main(["train", str(tmp_path / "recipe.toml")]) == 2
    assert "a.bin: names a file that is not there. Give its folder with --data." in " ".join(capsys.readouterr().err.split())


@pytest.fixture(scope="module")
def teachers(tmp_path_factory: pytest.TempPathFactory) -> ByteTokenizer:
    _, path = tiny_llama.write(tmp_path_factory.mktemp("teacher"))
    return ByteTokenizer.make(read_tokenizer(path, tiny_llama.SHAPE.vocabulary))


def test_a_teacher_writes_the_same_rows_again_and_goes_on_behind_the_end_of_a_text() -> None:
    first, second = (text_corpus.written(tiny_llama.model(), 1, 5, 40, 3, lambda done: None) for _ in range(2))
    assert first.shape == (5, 40) and np.array_equal(first, second)
    assert (first[:, 0] == 1).all()


def test_the_tokens_that_are_used_say_what_they_said_before(teachers: ByteTokenizer) -> None:
    rows = np.array([teachers.prompt("ab caba é ab")], np.uint16)
    kept = text_tokenizer.used(teachers, rows, 1)
    assert len(kept) % 4 == 0 and {0, teachers.bos} <= set(kept)
    small = teachers.only(kept)
    assert [kept[id] for id in small.encode("ab caba é ab")] == teachers.encode("ab caba é ab")
    assert small.decode(small.encode("ab ü ca")) == "ab <unk><unk> ca"
    assert ByteTokenizer.load(small.dump().encode()).encode("ab ü") == small.encode("ab ü")
    assert teachers.only([0, 1, 259]).end == 1  # a text ends as it begins


def test_bytes_are_a_tokenizer_that_loses_nothing() -> None:
    tokenizer = text_tokenizer.of_bytes()
    assert len(tokenizer) == 257
    assert tokenizer.decode(tokenizer.encode("tab\tand ü")) == "tab\tand ü"


def test_merges_are_learned_from_a_text() -> None:
    pytest.importorskip("sentencepiece")
    texts = ["The cat sat on the mat.\nThe cat was a happy cat; the mat was a mat."] * 4
    tokenizer = text_tokenizer.learn(texts, 48)
    assert len(tokenizer) == 48 and b" cat" in tokenizer.pieces
    assert tokenizer.decode(tokenizer.encode(texts[0])) == texts[0]
    with pytest.raises(InputError, match=r"16 tokens cannot be learned from this text: its characters are \d+"):
        text_tokenizer.learn(texts, 16)


def test_a_model_cut_out_of_another_has_its_weights() -> None:
    """Nothing left out: the same logits. Fewer tokens: the same logits of those."""
    model = tiny_llama.model()
    tokens = [1, 5, 200, 261]
    np.testing.assert_allclose(llama_shrink.cut(model, model.shape).logits(tokens), model.logits(tokens), atol=1e-5)
    rows = [1, 5, 200, 261, 262]
    np.testing.assert_allclose(llama_shrink.narrowed(model, rows).logits([0, 1, 2, 3]), model.logits(tokens)[:, rows], atol=1e-5)
    shape = replace(model.shape, layers=1, hidden=12, kv_heads=1)
    assert llama_shrink.fits(model.shape, shape) and not llama_shrink.fits(shape, model.shape)
    small = llama_shrink.cut(model, shape)
    assert small.logits(tokens).shape == (4, shape.vocabulary)
    fresh = llama_shrink.random(shape, 1)
    assert {name: value.shape for name, value in small.weights.items()} == {name: value.shape for name, value in fresh.weights.items()}


@pytest.fixture(scope="module", params=[name for name in ("stories", "stories-int4") if name in shipped()])
def story(request: pytest.FixtureRequest) -> Bundle:
    return load_bundle(request.param)


def test_a_shipped_story_teller_is_small_near_its_teacher_and_says_where_it_is_from(story: Bundle) -> None:
    quality = story.manifest.quality
    assert len(story.read("step.tflite")) <= (64_000 if story.name.endswith("int4") else 100_000)
    assert quality["bits_per_byte"] - quality["teacher_bits_per_byte"] == pytest.approx(quality["bits_per_byte_over_teacher"], abs=1e-4)
    assert quality["bits_per_byte_over_teacher"] <= 0.25
    assert quality["heldout_bytes"] >= 20_000
    assert "karpathy/tinyllamas, MIT" in story.read("README.md").decode()


@needs_oracle
def test_the_oracle_computes_a_story_tellers_vectors_again(story: Bundle) -> None:
    oracle, stored = Oracle(story.read("step.tflite"), story.graph), Vectors.load(story.read("oracle.npz"))
    assert len(stored.tokens) >= 400
    sentences = np.split(stored.tokens, stored.resets[1:].astype(int))
    assert np.array_equal(record(oracle, [ids.tolist() for ids in sentences])[2], stored.crc)
    tokenizer = ByteTokenizer.load(story.read("tokenizer.json"))
    for text, prompt, made in stored.examples:
        assert tokenizer.prompt(text) == prompt and oracle.generate(prompt, tokenizer.end, len(made)) == made


def test_bench_and_eval_measure_the_same_bits_a_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tokens of bytes are read by both, and C on this machine gives the logits."""
    text = "Once upon a time, there was a dog."
    (tmp_path / "set.jsonl").write_text(json.dumps({"text": text}))
    (tmp_path / "set.tsv").write_text(f"{text}\tnothing")
    assert main(["eval", "stories", "--set", str(tmp_path / "set.jsonl"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["bits_per_byte"]
    arguments = ["--board", "host", "--model", "stories", "--mode", "accuracy", "--dataset", str(tmp_path / "set.tsv")]
    assert main(["bench", *arguments, "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert 0 < said < 2 and measured["bits_per_byte"] == pytest.approx(said, abs=1e-3)
