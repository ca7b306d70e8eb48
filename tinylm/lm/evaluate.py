"""How good a bundle's int8 graph is on held-out rows: measured by running it in the oracle, as it will run on a device."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinylm.lm import answers
from tinylm.lm.answers import NONE, Answer, Row
from tinylm.lm.corpus import Corpus
from tinylm.lm.oracle import Oracle
from tinylm.lm.tokenizer import Tokenizer

LIMIT = 48  # tokens of an answer


def answer(oracle: Oracle, tokenizer: Tokenizer, text: str) -> Answer:
    """What the model makes of a text (greedy decoding)."""
    return answers.parse(tokenizer, oracle.generate(tokenizer.prompt(text), tokenizer.end, LIMIT))


def commands(oracle: Oracle, tokenizer: Tokenizer, rows: Sequence[Row], tick: Callable[[], None] = lambda: None) -> dict[str, float]:
    """intent_accuracy: share of rows with the right intent; intent_macro: its mean over intents; exact_match: all slots right too."""
    right: dict[str, list[bool]] = defaultdict(list)
    exact = 0
    for row in rows:
        got, want = answer(oracle, tokenizer, row.text), answers.expected(tokenizer, row)
        right[row.intent].append(got.intent == want.intent)
        exact += got == want
        tick()
    every = [hit for hits in right.values() for hit in hits]
    return {
        "intent_accuracy": _share(sum(every), len(every)),
        "intent_macro": _share(sum(sum(hits) / len(hits) for hits in right.values()), len(right)),
        "exact_match": _share(exact, len(every)),
    }


def false_accepts(oracle: Oracle, tokenizer: Tokenizer, rows: Sequence[Row]) -> float:
    """The share of non-commands that get an intent other than none."""
    return _share(sum(answer(oracle, tokenizer, row.text).intent != NONE for row in rows), len(rows))


def bits_per_byte(oracle: Oracle, tokenizer: Tokenizer, rows: Sequence[Row]) -> float:
    """Bits that the int8 logits need for the sentences (their end included), over the bytes of the normalised sentences."""
    bits, count = 0.0, 0
    for row in rows:
        ids = tokenizer.prompt(row.text)
        logits = (oracle.logits(ids[:-1]).astype(np.float64) - oracle.zero_point) * oracle.scale
        top = logits.max(axis=1, keepdims=True)
        nats = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0] - logits[np.arange(len(ids) - 1), ids[1:]]
        bits += float(nats.sum()) / math.log(2)
        count += len(tokenizer.normalise(row.text)) - 1
    return round(bits / max(count, 1), 4)


def quality(
    oracle: Oracle,
    tokenizer: Tokenizer,
    corpus: Corpus,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """All figures of a bundle's [quality] table that come from running it."""
    figures: dict[str, Any] = {
        "rows": len(corpus.heldout),
        "bits_per_byte": bits_per_byte(oracle, tokenizer, corpus.heldout),
        **commands(oracle, tokenizer, corpus.heldout, tick),
        "false_accepts": false_accepts(oracle, tokenizer, corpus.noncommands),
        "noncommand_rows": len(corpus.noncommands),
    }
    for name, rows in (("familiar", corpus.familiar), ("known", corpus.known)):
        got = commands(oracle, tokenizer, rows, tick)
        figures |= {f"{name}_rows": len(rows), f"{name}_intent_accuracy": got["intent_accuracy"], f"{name}_exact_match": got["exact_match"]}
    return figures


def _share(part: float, whole: int) -> float:
    return round(part / max(whole, 1), 4)
