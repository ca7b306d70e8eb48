"""The tokenizer as the tables of firmware_templates/runtime/tl_text.h."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.tokenizers import AnyTokenizer

NO_TOKEN = 0xFFFF


@dataclass(frozen=True)
class Tables:
    """byte_tokens: [256] token of each byte or NO_TOKEN. merges: (left, right, rank, result) sorted by left, right. numbers: number words
    become digits; whole: text is taken as it is, all of it at once."""

    tokens: Sequence[str | bytes]
    byte_tokens: list[int]
    merges: list[tuple[int, int, int, int]]
    bos: int
    answer: int
    end: int
    numbers: bool
    whole: bool = False

    @property
    def flash_bytes(self) -> int:
        """Flash that the tables take, as 32-bit C lays them out (equal texts may share a place, so at most this)."""
        texts = sum(len(token.encode() if isinstance(token, str) else token) + 1 for token in self.tokens)
        return 2 * len(self.byte_tokens) + 8 * max(1, len(self.merges)) + 4 * len(self.tokens) + texts + 26


def make_tables(tokenizer: AnyTokenizer) -> Tables:
    """Lay a tokenizer out for the device. Of a merge that is listed twice the first counts."""
    if isinstance(tokenizer, ByteTokenizer):
        return _of_bytes(tokenizer)
    plain = tokenizer.tokens[: tokenizer.first_structural]
    ranked: dict[tuple[int, int], tuple[int, int]] = {}
    for rank, (left, right, result) in enumerate(tokenizer.merges):
        ranked.setdefault((left, right), (rank, result))
    return Tables(
        tokens=tokenizer.tokens,
        byte_tokens=[plain.index(chr(byte)) if chr(byte) in tokenizer.alphabet else NO_TOKEN for byte in range(256)],
        merges=[(left, right, rank, result) for (left, right), (rank, result) in sorted(ranked.items())],
        bos=NO_TOKEN if tokenizer.bos is None else tokenizer.bos,
        answer=tokenizer.answer,
        end=tokenizer.end,
        numbers=tokenizer.numbers,
    )


def _of_bytes(tokenizer: ByteTokenizer) -> Tables:
    """A character of one byte that has a token stands for that byte."""
    own = {piece: id for id, piece in reversed(list(enumerate(tokenizer.pieces))) if id not in set(tokenizer.byte_tokens)}
    return Tables(
        tokens=tokenizer.pieces,
        byte_tokens=[own.get(bytes([byte]), id) for byte, id in enumerate(tokenizer.byte_tokens)],
        merges=tokenizer.merges(),
        bos=tokenizer.bos,
        answer=NO_TOKEN,
        end=tokenizer.end,
        numbers=False,
        whole=True,
    )
