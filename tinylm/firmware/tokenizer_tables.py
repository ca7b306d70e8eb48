"""tokenizer.json as the tables of firmware_templates/runtime/tl_text.h."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from tinylm.errors import InputError

NO_TOKEN = 0xFFFF


class TokenizerJson(msgspec.Struct):
    """The file, format 1. merges: [left, right, result] in the order of their rank."""

    format: int
    tokens: list[str]
    alphabet: str
    merges: list[tuple[int, int, int]]
    answer: int
    end: int
    first_structural: int
    bos: int | None = None


@dataclass(frozen=True)
class Tables:
    """byte_tokens: [256] token of each byte or NO_TOKEN. merges: (left, right, rank, result) sorted by left, right."""

    tokens: list[str]
    byte_tokens: list[int]
    merges: list[tuple[int, int, int, int]]
    bos: int
    answer: int
    end: int

    @property
    def flash_bytes(self) -> int:
        """Flash that the tables take, as 32-bit C lays them out (equal texts may share a place, so at most this)."""
        texts = sum(len(token.encode()) + 1 for token in self.tokens)
        return 2 * len(self.byte_tokens) + 8 * max(1, len(self.merges)) + 4 * len(self.tokens) + texts + 14


def load_tables(data: bytes, where: str | Path) -> Tables:
    """Read and check tokenizer.json. Raises InputError."""
    try:
        file = msgspec.json.decode(data, type=TokenizerJson)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is not a tokenizer: {error}.", where=str(where)) from error
    _check(file, str(where))
    ranked: dict[tuple[int, int], tuple[int, int]] = {}
    for rank, (left, right, result) in enumerate(file.merges):
        ranked.setdefault((left, right), (rank, result))
    return Tables(
        tokens=file.tokens,
        byte_tokens=_byte_tokens(file),
        merges=[(left, right, rank, result) for (left, right), (rank, result) in sorted(ranked.items())],
        bos=NO_TOKEN if file.bos is None else file.bos,
        answer=file.answer,
        end=file.end,
    )


def _byte_tokens(file: TokenizerJson) -> list[int]:
    plain = file.tokens[: file.first_structural]
    return [plain.index(chr(byte)) if chr(byte) in file.alphabet else NO_TOKEN for byte in range(256)]


def _check(file: TokenizerJson, where: str) -> None:
    count = len(file.tokens)
    if file.format != 1:
        raise InputError(f"has format {file.format}, known is 1.", where=where, hint="Make the bundle again with this version of tinylm.")
    if not 0 < count < NO_TOKEN:
        raise InputError(f"has {count} tokens, possible are 1 to {NO_TOKEN - 1}.", where=where)
    ids = [file.answer, file.end, *([] if file.bos is None else [file.bos]), *(part for merge in file.merges for part in merge)]
    wrong = [number for number in ids if not 0 <= number < count]
    if wrong:
        raise InputError(f"names token {wrong[0]}, but there are only {count}.", where=where)
    if not file.alphabet.isascii():
        raise InputError("the alphabet has a character that is not ASCII.", where=where)
    if " " not in file.alphabet:
        raise InputError("the alphabet lacks the space.", where=where)
    lacking = [c for c in file.alphabet if c not in file.tokens[: file.first_structural]]
    if lacking:
        raise InputError(f"the alphabet's character {lacking[0]!r} has no token of its own.", where=where)
