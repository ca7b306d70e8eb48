"""A language model's score on the device itself: tokens a second, bits a byte, exact match. Its id in the benchmark's protocol is lm01."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinylm.bench.check import Progress
from tinylm.bench.reference import token_reference
from tinylm.bundle import Bundle
from tinylm.compiler.graph import DTYPES
from tinylm.compiler.reader import read
from tinylm.errors import InputError
from tinylm.lm.tokenizer import Tokenizer
from tinylm.lm.tokenizers import AnyTokenizer, load_tokenizer
from tinylm.targets.session import Session

_LIMIT = 64  # tokens of an answer


@dataclass(frozen=True)
class LanguageScore:
    """bits_per_byte: of the sentences and their end, by the logits that the device sent, None where text has no logits; exact: answers that
    are what they should be."""

    sentences: int
    tokens: int
    bytes: int
    bits: float | None
    exact: int

    @property
    def bits_per_byte(self) -> float | None:
        return None if self.bits is None else self.bits / max(self.bytes, 1)

    @property
    def exact_match(self) -> float:
        return self.exact / max(self.sentences, 1)

    def to_json(self) -> dict[str, Any]:
        counts = {"sentences": self.sentences, "tokens": self.tokens, "bytes": self.bytes, "exact": self.exact}
        bits = {} if self.bits is None else {"bits_per_byte": self.bits_per_byte}
        return {**bits, "exact_match": self.exact_match, **counts}


def token_inputs(bundle: Bundle, count: int) -> list[tuple[str, bytes]]:
    """The first tokens of the stored sequences as inputs for ``infer``: (name, bytes)."""
    graph = read(bundle.read(bundle.graph.file), bundle.graph.file)
    token = next(tensor for tensor in graph.inputs if tensor.name == bundle.graph.inputs[0]) if bundle.graph.inputs else graph.inputs[0]
    kind = DTYPES[token.dtype][1]
    tokens = [token for sequence in token_reference(bundle).sequences for token, _ in sequence]
    return [(f"token {token}", np.array([token], kind).tobytes()) for token in tokens[:count]]


def load_pairs(bundle: Bundle, path: Path | None) -> list[tuple[str, str]]:
    """(text, answer) from a file of lines ``text TAB answer``; without one the bundle's examples and the oracle's answers.

    Raises InputError: not readable, or another line.
    """
    if path is None:
        tokenizer = _tokenizer(bundle)
        texts = token_reference(bundle).texts
        return [(text, tokenizer.decode([token for token in made if token != tokenizer.end])) for text, made in texts]
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read as text: {error}.", where=str(path)) from error
    pairs = []
    for number, line in enumerate(lines, 1):
        text, tab, answer = line.partition("\t")
        if not tab and line.strip():
            raise InputError(f"line {number} is not 'text TAB answer': '{line[:60]}'.", where=str(path))
        if tab:
            pairs.append((text, answer))
    if not pairs:
        raise InputError("has no line 'text TAB answer'.", where=str(path))
    return pairs


def language_score(session: Session, bundle: Bundle, pairs: list[tuple[str, str]], progress: Progress) -> LanguageScore:
    """Every sentence token by token, then answered. Raises TargetError."""
    graph = read(bundle.read(bundle.graph.file), bundle.graph.file)
    names = {tensor.name: tensor for tensor in graph.outputs}
    logits = names.get(bundle.graph.outputs[0], graph.outputs[0]) if bundle.graph.outputs else graph.outputs[0]
    tokenizer = _tokenizer(bundle)
    tokens = size = exact = 0
    bits = 0.0
    for number, (text, answer) in enumerate(pairs):
        progress("language", number, len(pairs), text)
        ids = tokenizer.prompt(text)
        session.reset()
        for token, following in itertools.pairwise(ids):
            session.score([token])
            tokens += 1
            raw = np.frombuffer(session.output(0), DTYPES[logits.dtype][1]).astype(np.float64)
            if bundle.graph.first_logit:  # only answers have logits
                continue
            real = (raw - float(logits.zero_point)) * float(logits.scale) if logits.dtype != "float32" else raw
            top = real.max()
            bits += (math.log(np.exp(real - top).sum()) + top - real[following]) / math.log(2)
        size += len(tokenizer.normalise(text)) - 1 if isinstance(tokenizer, Tokenizer) else len(text.encode())
        session.reset()
        session.feed(text)
        exact += session.generate(_LIMIT).text.strip() == answer.strip()
    progress("language", len(pairs), len(pairs), "done")
    return LanguageScore(len(pairs), tokens, size, None if bundle.graph.first_logit else bits, exact)


def _tokenizer(bundle: Bundle) -> AnyTokenizer:
    assert bundle.manifest.tokenizer
    return load_tokenizer(bundle.read(bundle.manifest.tokenizer.file))
