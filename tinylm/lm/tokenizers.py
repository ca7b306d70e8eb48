"""A bundle's tokenizer.json, of whatever format."""

from __future__ import annotations

import re
from pathlib import Path

from tinylm.errors import InputError
from tinylm.lm import byte_tokenizer
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.tokenizer import Tokenizer

AnyTokenizer = Tokenizer | ByteTokenizer

_OF_BYTES = re.compile(rb'"format"\s*:\s*%d\b' % byte_tokenizer.FORMAT)


def load_tokenizer(source: Path | bytes) -> AnyTokenizer:
    """Read tokenizer.json. Raises InputError saying what is wrong."""
    try:
        data = source if isinstance(source, bytes) else source.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", where=str(source)) from error
    kind: type[Tokenizer] | type[ByteTokenizer] = ByteTokenizer if _OF_BYTES.search(data) else Tokenizer
    return kind.load(source)
