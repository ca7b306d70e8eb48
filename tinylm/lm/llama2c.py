"""Checkpoints and tokenizers of llama2.c (github.com/karpathy/llama2.c: the legacy export of export.py, tokenizer.py, read by run.c).

A checkpoint is seven int32 (dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len; a negative vocab_size means a head of
its own) and then float32 tensors. A tokenizer is an int32 (the longest token), then a score (float32), a length (int32) and bytes for
each token.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from tinylm.errors import InputError
from tinylm.lm.llama import Llama, Shape, Weights

_HEADER = struct.Struct("<7i")
_MOST = 1 << 20  # of any size in the header: beyond it the file is no checkpoint
_LONGEST = 1 << 12  # bytes of a token


def read_checkpoint(path: Path) -> Llama:
    """The model of a checkpoint. Raises InputError where it cannot be read, is cut short, or its sizes disagree."""
    data, where = _read(path), str(path)
    if len(data) < _HEADER.size:
        raise InputError(f"is cut short: {len(data)} bytes, a llama2.c checkpoint begins with {_HEADER.size}.", where=where)
    dim, hidden, layers, heads, kv_heads, vocabulary, window = _HEADER.unpack_from(data)
    names = ("dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len")
    for name, value in zip(names, (dim, hidden, layers, heads, kv_heads, abs(vocabulary), window), strict=True):
        if not 0 < value <= _MOST:
            raise InputError(f"is no llama2.c checkpoint: its {name} is {value}.", where=where, hint="Give a legacy (version 0) export.")
    shape = Shape(dim, hidden, layers, heads, kv_heads, abs(vocabulary), window)
    problem = shape.problem()
    if problem:
        raise InputError(f"has sizes that disagree: {problem}.", where=where)
    tied = vocabulary > 0
    sizes = _sizes(shape, tied)
    wanted = _HEADER.size + 4 * sum(int(np.prod(size)) for _, size in sizes)
    if len(data) != wanted:
        state = "is cut short" if len(data) < wanted else "is too long"
        raise InputError(f"{state}: its header says {wanted} bytes, it has {len(data)}.", where=where)
    weights: Weights = {}
    at = _HEADER.size
    for name, size in sizes:
        count = int(np.prod(size))
        weights[name] = np.frombuffer(data, "<f4", count, at).reshape(size).astype(np.float32)
        at += 4 * count
    if not all(np.isfinite(value).all() for value in weights.values()):
        raise InputError("holds weights that are no numbers.", where=where)
    return Llama(shape, {name: value for name, value in weights.items() if not name.startswith("freq")})


def _sizes(s: Shape, tied: bool) -> list[tuple[str, tuple[int, ...]]]:
    """Tensors in the file's order. The last two before the head are tables that the formulas of RoPE give again."""
    layers, half = s.layers, s.head // 2
    sizes: list[tuple[str, tuple[int, ...]]] = [
        ("embedding", (s.vocabulary, s.dim)),
        ("attention_norm", (layers, s.dim)),
        ("wq", (layers, s.dim, s.dim)),
        ("wk", (layers, s.kv_dim, s.dim)),
        ("wv", (layers, s.kv_dim, s.dim)),
        ("wo", (layers, s.dim, s.dim)),
        ("ffn_norm", (layers, s.dim)),
        ("w1", (layers, s.hidden, s.dim)),
        ("w2", (layers, s.dim, s.hidden)),
        ("w3", (layers, s.hidden, s.dim)),
        ("norm", (s.dim,)),
        ("freq_real", (s.window, half)),
        ("freq_imaginary", (s.window, half)),
    ]
    return sizes if tied else [*sizes, ("head", (s.vocabulary, s.dim))]


def read_tokenizer(path: Path, vocabulary: int) -> list[tuple[bytes, float]]:
    """(bytes, score) of each token. Raises InputError for a file that is damaged or not of ``vocabulary`` tokens."""
    data, where = _read(path), str(path)
    tokens: list[tuple[bytes, float]] = []
    at = 4
    while at < len(data):
        if at + 8 > len(data):
            raise InputError(f"is cut short in token {len(tokens)}.", where=where)
        score, length = struct.unpack_from("<fi", data, at)
        if not 0 <= length <= _LONGEST or not np.isfinite(score):
            raise InputError(f"is no llama2.c tokenizer: token {len(tokens)} has length {length} and score {score:g}.", where=where)
        at += 8 + length
        if at > len(data):
            raise InputError(f"is cut short in token {len(tokens)}.", where=where)
        tokens.append((data[at - length : at], score))
    if len(tokens) != vocabulary:
        raise InputError(f"has {len(tokens)} tokens, the checkpoint {vocabulary}.", where=where, hint="Give the one it was trained with.")
    return tokens


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", where=str(path)) from error
