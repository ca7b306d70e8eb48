"""Tokenizers for text: byte-pair merges learned from a corpus (by sentencepiece), bytes, or those tokens of another that a text uses."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinylm.errors import InputError
from tinylm.lm.byte_tokenizer import UNKNOWN, ByteTokenizer
from tinylm.lm.extra import need, silence

_BOS = 1


def of_bytes() -> ByteTokenizer:
    """One token a byte, and one that a text begins and ends with: 257."""
    return ByteTokenizer.make([(b"<s>", 0.0), *((f"<0x{byte:02X}>".encode(), 0.0) for byte in range(256))], bos=0, end=0)


def learn(texts: Sequence[str], size: int) -> ByteTokenizer:
    """At most ``size`` tokens (a small text has fewer merges): byte-pair merges within words, and characters; bytes of others are unknown.

    Raises InputError where a text has more characters than that, MissingError without sentencepiece.
    """
    library = need("sentencepiece")
    model = io.BytesIO()
    try:
        with silence():
            library.SentencePieceTrainer.train(
                sentence_iterator=iter(texts),
                model_writer=model,
                model_type="bpe",
                vocab_size=size,
                hard_vocab_limit=False,
                character_coverage=0.9995,
                normalization_rule_name="identity",
                remove_extra_whitespaces=False,
                user_defined_symbols=["\n"],
                max_sentence_length=1 << 20,
                unk_id=0,
                bos_id=_BOS,
                eos_id=-1,
                num_threads=1,
                minloglevel=2,
            )
    except RuntimeError as error:
        needed = re.search(r"smaller than required_chars\. \d+ vs (\d+)", str(error))
        reason = f"its characters are {needed[1]}" if needed else str(error)
        hint = "Choose another tokenizer.size."
        raise InputError(f"{size} tokens cannot be learned from this text: {reason}.", where="tokenizer", hint=hint) from error
    found = library.SentencePieceProcessor(model_proto=model.getvalue())
    tokens = [(found.IdToPiece(id).replace("▁", " ").encode(), found.GetScore(id)) for id in range(found.GetPieceSize())]
    if all(text != b" " for text, _ in tokens):
        tokens.append((b" ", min(score for _, score in tokens) - 1))
    return ByteTokenizer.make(tokens, bos=_BOS, end=_BOS, unknown=0)


def used(tokenizer: ByteTokenizer, rows: NDArray[np.uint16], least: int) -> list[int]:
    """Tokens that rows have at least ``least`` times with what they are merged of, bos, and the one that stands for all others; filled up
    to a multiple of four (which kernels like) by the next most frequent. Raises InputError where there is no such one."""
    if UNKNOWN not in tokenizer.texts:
        raise InputError(f"the teacher's tokenizer has no token {UNKNOWN} to read other bytes as.", where="tokenizer")
    counts = np.bincount(rows.reshape(-1), minlength=len(tokenizer))
    needed = {part for id in np.flatnonzero(counts >= least) for part in tokenizer.parts(int(id))}
    needed |= {tokenizer.bos, tokenizer.texts.index(UNKNOWN)}
    counts[list(needed)] += rows.size
    count = min(-(-len(needed) // 4) * 4, len(tokenizer))
    return [int(id) for id in np.sort(np.argsort(-counts, kind="stable")[:count])]
