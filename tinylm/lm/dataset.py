"""Encoded rows in arrays, and the batches of a training drawn from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tinylm.lm import answers
from tinylm.lm.answers import Row
from tinylm.lm.home import FLAGS, Names
from tinylm.lm.tokenizer import Tokenizer

Ints = NDArray[np.int32]
_COLUMNS = np.arange(len(FLAGS), dtype=np.uint32)


class Batch(NamedTuple):
    """tokens [length, batch] int32; flags [length, batch, F] float32; asked, target, first, last [batch, answers] int32.

    asked: positions of the steps whose outputs count. target: the logit that should win there. first, last: where start and end should
    point. -1: nothing is asked of this output. prompt [batch]: the prompts' lengths.
    """

    tokens: Ints
    flags: NDArray[np.float32]
    asked: Ints
    target: Ints
    first: Ints
    last: Ints
    prompt: Ints


@dataclass(frozen=True)
class Group:
    """Rows of about one length: tokens [n, length] int16, flags [n, length] (a bit a flag), prompt [n], answers [n, answers, 3]: target,
    first, last."""

    tokens: NDArray[np.int16]
    flags: NDArray[np.uint32]
    prompt: Ints
    answers: NDArray[np.int16]

    def batch(self, pick: NDArray[np.int64], flagged: NDArray[np.bool_]) -> Batch:
        """The picked rows; those not ``flagged`` without what their home says."""
        bits = self.flags[pick].T[..., None] >> _COLUMNS & 1
        prompt, wanted = self.prompt[pick], self.answers[pick].astype(np.int32)
        asked = np.minimum(prompt[:, None] - 1 + np.arange(wanted.shape[1]), self.tokens.shape[1] - 1).astype(np.int32)
        return Batch(
            np.ascontiguousarray(self.tokens[pick].T.astype(np.int32)),
            (bits * flagged[None, :, None]).astype(np.float32),
            asked,
            np.ascontiguousarray(wanted[:, :, 0]),
            np.ascontiguousarray(wanted[:, :, 1]),
            np.ascontiguousarray(wanted[:, :, 2]),
            prompt,
        )


def flag_bits(tokenizer: Tokenizer, prompt: Sequence[int], names: Names) -> NDArray[np.uint32]:
    """[len(prompt)]: the flags of each position of a prompt, a bit each; structural tokens have none."""
    flags = names.flags([tokenizer.tokens[id] for id in prompt[:-1]])
    return np.append((flags.astype(np.uint32) << _COLUMNS).sum(axis=1, dtype=np.uint32), np.uint32(0))


def encode(
    rows: Sequence[Row], tokenizer: Tokenizer, homes: Sequence[Names], lengths: Sequence[int], tick: Callable[[], None]
) -> list[Group]:
    """Rows as groups: by the next of ``lengths`` and by the length of the answer. Rows that are longer, or whose values are no whole
    pieces, are left out."""
    sorted_rows: dict[tuple[int, int], list[tuple[list[int], NDArray[np.uint32], int, list[tuple[int, int, int]]]]] = defaultdict(list)
    for row in rows:
        tick()
        made = answers.encode(tokenizer, row)
        fed = [*made.prompt, *made.answer[:-1]] if made else []
        if not made or len(fed) > lengths[-1]:
            continue
        pointed = [(-1, -1), *made.spans[:-1]]  # of the step in which a token is fed, one behind the step that chose it
        steps = [(id - tokenizer.first_structural, *span) for id, span in zip(made.answer, pointed, strict=True)]
        bits = flag_bits(tokenizer, made.prompt, homes[row.home])
        key = next(length for length in lengths if length >= len(fed)), (4 if len(steps) <= 4 else 9)
        if len(steps) <= 9:
            sorted_rows[key].append((fed, bits, len(made.prompt), steps))
    groups = []
    for (length, most), chosen in sorted(sorted_rows.items()):
        tokens, flags = np.zeros((len(chosen), length), np.int16), np.zeros((len(chosen), length), np.uint32)
        wanted = np.full((len(chosen), most, 3), -1, np.int16)
        for at, (fed, bits, _, steps) in enumerate(chosen):
            tokens[at, : len(fed)], flags[at, : len(bits)], wanted[at, : len(steps)] = fed, bits, steps
        groups.append(Group(tokens, flags, np.array([prompt for _, _, prompt, _ in chosen], np.int32), wanted))
    return groups


@dataclass(frozen=True)
class Batches:
    """Batches drawn from rows in people's words and from clean ones. A batch is a function of (seed, step), so that a resumed training
    sees the same ones. flagless: the share of rows whose home says nothing. sizes [vocabulary]: bytes of each token's text; of logit 0 on,
    those of the structural tokens, stand last."""

    varied: list[Group]
    clean: list[Group]
    size: int
    seed: int
    flagless: float = 0.15
    sizes: Ints = field(default_factory=lambda: np.ones(1 << 15, np.int32))
    first_structural: int = 0

    def answer_bytes(self, batch: Batch) -> int:
        """Bytes of a batch's answers as text: intents and keys as their tokens are written, and the values that are pointed at."""
        made = self.sizes[batch.target[batch.target >= 0] + self.first_structural].sum()
        ends = np.concatenate([np.zeros((1, len(batch.prompt)), np.int64), np.cumsum(self.sizes[batch.tokens], axis=0)])
        rows, steps = np.nonzero(batch.first >= 0)
        return int(made + (ends[batch.last[rows, steps] + 1, rows] - ends[batch.first[rows, steps], rows]).sum())

    def at(self, step: int, clean: float) -> Batch:
        """The batch of a step; ``clean``: how likely it is one of clean rows."""
        rng = np.random.default_rng([self.seed, 2, step])
        groups = self.clean if self.clean and rng.random() < clean else self.varied
        sizes = np.array([len(group.prompt) for group in groups], float)
        group = groups[rng.choice(len(sizes), p=sizes / sizes.sum())]
        return group.batch(rng.integers(0, len(group.prompt), self.size), rng.random(self.size) >= self.flagless)
