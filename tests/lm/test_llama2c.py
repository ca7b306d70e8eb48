"""Checkpoints and tokenizers of llama2.c: what was written is read, what is damaged is refused in a sentence."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.lm import tiny_llama
from tinylm.errors import InputError
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.llama2c import read_checkpoint, read_tokenizer


@pytest.mark.parametrize("tied", [True, False])
def test_a_checkpoint_is_read_as_it_was_written(tied: bool, tmp_path: Path) -> None:
    made = tiny_llama.model(tied=tied)
    path, _ = tiny_llama.write(tmp_path, made)
    read = read_checkpoint(path)
    assert read.shape == made.shape
    assert sorted(read.weights) == sorted(made.weights)
    assert all(np.array_equal(read.weights[name], made.weights[name]) for name in made.weights)


def header(**changed: int) -> bytes:
    sizes = {name: getattr(tiny_llama.SHAPE, name) for name in tiny_llama.SIZES} | changed
    return struct.pack("<7i", *sizes.values())


GOOD = tiny_llama.checkpoint(tiny_llama.model())
BAD_CHECKPOINTS = {
    "empty": (b"", "is cut short: 0 bytes"),
    "no whole header": (GOOD[:20], "is cut short: 20 bytes"),
    "cut short": (GOOD[:-1], f"is cut short: its header says {len(GOOD)} bytes, it has {len(GOOD) - 1}"),
    "too long": (GOOD + b"\0", "is too long: its header says"),
    "no layers": (header(layers=0) + GOOD[28:], "its n_layers is 0"),
    "negative": (header(dim=-16) + GOOD[28:], "its dim is -16"),
    "absurd": (header(hidden=1 << 30) + GOOD[28:], "its hidden_dim is 1073741824"),
    "another format": (b"ak42" + GOOD[4:], "is no llama2.c checkpoint"),
    "heads": (header(heads=3) + GOOD[28:], "dim 16 is not a multiple of n_heads 3"),
    "groups": (header(kv_heads=3) + GOOD[28:], "n_heads 4 is not a multiple of n_kv_heads 3"),
    "odd heads": (header(heads=16, kv_heads=16) + GOOD[28:], "a head is 1 wide"),
    "not numbers": (GOOD[:28] + struct.pack("<f", float("nan")) + GOOD[32:], "holds weights that are no numbers"),
}


@pytest.mark.parametrize("name", BAD_CHECKPOINTS)
def test_a_damaged_checkpoint_is_refused(name: str, tmp_path: Path) -> None:
    data, message = BAD_CHECKPOINTS[name]
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        read_checkpoint(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)


TOKENS = tiny_llama.tokenizer()
BAD_TOKENIZERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "has 0 tokens, the checkpoint 269"),
    "one too few": (lambda: TOKENS[: -(8 + 2)], "has 268 tokens, the checkpoint 269"),
    "one too many": (lambda: TOKENS + struct.pack("<fi", 0, 1) + b"x", "has 270 tokens"),
    "cut in a text": (lambda: TOKENS[:-1], "is cut short in token 268"),
    "cut in a length": (lambda: TOKENS[:-6], "is cut short in token 268"),
    "negative length": (lambda: TOKENS[:8] + struct.pack("<i", -1) + TOKENS[12:], "token 0 has length -1"),
    "score": (lambda: TOKENS[:4] + struct.pack("<f", float("inf")) + TOKENS[8:], "score inf"),
}


@pytest.mark.parametrize("name", BAD_TOKENIZERS)
def test_a_damaged_tokenizer_is_refused(name: str, tmp_path: Path) -> None:
    make, message = BAD_TOKENIZERS[name]
    path = tmp_path / "tok.bin"
    path.write_bytes(make())
    with pytest.raises(InputError, match=message):
        read_tokenizer(path, tiny_llama.SHAPE.vocabulary)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    for read in (read_checkpoint, lambda path: read_tokenizer(path, 1)):
        with pytest.raises(InputError, match=r"nowhere.*cannot be read"):
            read(tmp_path / "nowhere.bin")


def made_tokenizer(tmp_path: Path) -> ByteTokenizer:
    path = tmp_path / "tok.bin"
    path.write_bytes(TOKENS)
    return ByteTokenizer.make(read_tokenizer(path, tiny_llama.SHAPE.vocabulary))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("ab", [" ab"]),
        ("aba", [" ", "aba"]),  # 'ab' scores most, then 'aba' more than ' ab'
        ("caba", [" ", "c", "aba"]),
        ("é", [" ", "é"]),
        ("ü", [" ", "\xc3", "\xbc"]),
        ("a  b", [" a", " ", " ", "b"]),
    ],
)
def test_text_is_cut_as_scores_say(text: str, pieces: list[str], tmp_path: Path) -> None:
    tokenizer = made_tokenizer(tmp_path)
    found = [tokenizer.pieces[id] for id in tokenizer.encode(text)]
    assert found == [piece.encode("latin-1") if ord(piece[0]) > 127 and piece != "é" else piece.encode() for piece in pieces]
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_merges_are_those_that_encoding_makes(tmp_path: Path) -> None:
    """Encoding with the table of merges, as the device does it: lowest rank first, leftmost of equals."""
    tokenizer = ByteTokenizer.load(made_tokenizer(tmp_path).dump().encode())
    table = {(left, right): (rank, result) for left, right, rank, result in tokenizer.merges()}
    own = {piece: id for id, piece in enumerate(tokenizer.pieces) if id not in tokenizer.byte_tokens}
    rng = np.random.default_rng(1)
    for _ in range(200):
        text = "".join(rng.choice(list("abc é"), int(rng.integers(0, 12))))
        ids = [own.get(c.encode(), -1) for c in f" {text}"] if text else []
        while found := [(*table[pair], at) for at, pair in enumerate(itertools.pairwise(ids)) if pair in table]:
            _, result, at = min(found, key=lambda item: (item[0], item[2]))
            ids[at : at + 2] = [result]
        assert ids == tokenizer.encode(text)


BAD_JSON = {
    "not json": (b"{", "is not a tokenizer"),
    "no scores": (b'{"format": 2, "tokens": ["a"], "scores": [], "bos": 0, "end": 0}', "1 tokens and 0 scores"),
    "bos": (b'{"format": 2, "tokens": ["a"], "scores": [0], "bos": 1, "end": 0}', "bos is 1, outside the vocabulary of 1"),
    "no bytes": (b'{"format": 2, "tokens": ["a"], "scores": [0], "bos": 0, "end": 0}', "it lacks the byte token <0x00>"),
    "unknown": (b'{"format": 2, "tokens": ["a"], "scores": [0], "bos": 0, "end": 0, "unknown": 1}', "unknown is 1, outside"),
    "format": (b'{"format": 3, "tokens": ["a"], "scores": [0], "bos": 0, "end": 0}', "its format is 3"),
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_a_damaged_tokenizer_json_is_refused(name: str) -> None:
    data, message = BAD_JSON[name]
    with pytest.raises(InputError) as error:
        ByteTokenizer.load(data)
    assert message in str(error.value)


def test_an_id_beyond_the_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="token 999 is outside the vocabulary of 269"):
        made_tokenizer(tmp_path).decode([999])
