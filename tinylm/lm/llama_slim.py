"""A Llama model without the byte tokens that its text never has: most of a small vocabulary, and of what a token costs in the head.

Bytes that lose their token are read as ``<unk>``; whoever wants to read any text keeps the whole vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinylm.errors import InputError
from tinylm.lm.byte_tokenizer import UNKNOWN, ByteTokenizer
from tinylm.lm.llama import Llama
from tinylm.lm.llama_shrink import narrowed

Texts = list[list[int]]


@dataclass(frozen=True)
class Slim:
    """kept: the old id of each token."""

    model: Llama
    tokenizer: ByteTokenizer
    kept: list[int]

    def texts(self, texts: Texts) -> Texts:
        """The same texts in the new ids."""
        new = {old: id for id, old in enumerate(self.kept)}
        unknown = self.tokenizer.unknown
        return [[new.get(id, unknown) for id in text] for text in texts]


def slim(model: Llama, tokenizer: ByteTokenizer, texts: Sequence[Sequence[int]]) -> Slim:
    """Leave out the byte tokens that ``texts`` do not have. Raises InputError where no token stands for what is unknown."""
    used = {id for text in texts for id in text}
    kept = [id for id in range(len(tokenizer)) if id in used or id not in tokenizer.byte_tokens]
    if UNKNOWN not in tokenizer.texts:
        raise InputError(f"the tokenizer has no token {UNKNOWN} to read other bytes as.", hint="Import the whole vocabulary.")
    return Slim(narrowed(model, kept), tokenizer.only(kept), kept)
