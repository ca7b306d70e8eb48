"""What a text model learns from: rows of tokens, written by a teacher or read from files, and texts that are kept from training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinylm.errors import InputError
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.llama import Llama
from tinylm.lm.llama_write import write

Rows = NDArray[np.uint16]
_AT_ONCE = 256  # rows that a teacher writes together
_HELD_OUT = 20  # of so many texts in a file one is kept from training


def written(teacher: Llama, bos: int, rows: int, length: int, seed: int, tick: Callable[[int], None]) -> Rows:
    """[rows, length]: what the teacher writes at temperature 1 from bos on, one text after the other. tick: told rows done."""
    made: list[Rows] = []
    while (done := sum(map(len, made))) < rows:
        tick(done)
        part = write(teacher, min(_AT_ONCE, rows - done), length, bos, np.random.default_rng((seed, len(made))))
        made.append(part.astype(np.uint16))
    tick(rows)
    return np.concatenate(made)


@dataclass(frozen=True)
class Texts:
    """Texts of files. heldout: one in twenty, spread over the files."""

    train: list[str]
    heldout: list[str]


def read_texts(paths: Sequence[Path], separator: str) -> Texts:
    """Raises InputError for a file that cannot be read, is not UTF-8 or holds no text, and where there is too little to keep any back."""
    found: list[str] = []
    for path in paths:
        try:
            text = path.read_bytes().decode()
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror}).", where=str(path)) from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise InputError(f"is not UTF-8: {error.reason} in line {line}.", where=str(path), hint="Save it as UTF-8.") from error
        parts = text.split(separator) if separator else [text]
        texts = [part.strip() for part in parts if part.strip()]
        if not texts:
            raise InputError("holds no text to learn from.", where=str(path))
        found += texts
    kept = found[_HELD_OUT // 2 :: _HELD_OUT]
    if not kept:
        raise InputError(
            f"has {len(found)} texts; one in {_HELD_OUT} is kept from training, and that is none.",
            where="corpus",
            hint="Give more text, or another separator.",
        )
    return Texts([text for at, text in enumerate(found) if at % _HELD_OUT != _HELD_OUT // 2], kept)


def cut_rows(texts: Sequence[str], tokenizer: ByteTokenizer, length: int) -> Rows:
    """[n, length] of all texts one after the other, bos before each; what is left over at the end is dropped. Raises InputError: too
    short for one row."""
    stream = np.array([id for text in texts for id in tokenizer.prompt(text)], np.uint16)
    if len(stream) < length:
        raise InputError(f"is {len(stream)} tokens long; one row is {length}.", where="corpus", hint="Give more text.")
    return stream[: len(stream) // length * length].reshape(-1, length)
