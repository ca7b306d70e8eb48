"""The tokenizer of text models: byte-pair merges by score over characters, bytes where a character has no token (llama2.c's, which is
sentencepiece's). Nothing is dropped or lowered; a text that is not empty gets a space in front.

tokenizer.json, format 2: tokens (UTF-8; the byte b is the token '<0xNN>'), scores, bos, end; unknown: the token of bytes that have none
(without it every byte has one). The merge of two neighbours is the token
whose text is theirs joined; that of the highest score is applied first, the leftmost of equals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from tinylm.errors import InputError

FORMAT = 2
#: Stands for bytes without a token, where there are such.
UNKNOWN = "<unk>"
_BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


class _File(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    format: int
    tokens: list[str]
    scores: list[float]
    bos: int
    end: int
    unknown: int | None = None


class ByteTokenizer:
    """Text to ids and back. pieces: the bytes of each id, none for bos and end."""

    numbers = False
    answer = None

    def __init__(self, file: _File) -> None:
        self._file = file
        self.bos, self.end = file.bos, file.end
        self.texts, self.unknown = file.tokens, file.unknown or 0
        of_byte = {name: byte for byte, name in enumerate(_BYTES)}
        self.byte_tokens = [file.tokens.index(name) if name in file.tokens else self.unknown for name in _BYTES]
        silent = {file.bos, file.end}
        self.pieces = [
            b"" if id in silent else bytes([of_byte[text]]) if text in of_byte else text.encode() for id, text in enumerate(file.tokens)
        ]
        self._ids = {text: id for id, text in reversed(list(enumerate(file.tokens))) if id not in silent and text not in of_byte}
        # Where no token goes beyond a word, words are merged one by one, each once: a corpus has few that differ.
        self._across = any(" " in text[1:] for text in self._ids)
        self._word = lru_cache(1 << 16)(self._merged)

    def __len__(self) -> int:
        return len(self.pieces)

    @classmethod
    def load(cls, source: Path | bytes) -> ByteTokenizer:
        """Read tokenizer.json. Raises InputError saying what is wrong."""
        where = "tokenizer.json" if isinstance(source, bytes) else str(source)
        try:
            file = msgspec.json.decode(source if isinstance(source, bytes) else source.read_bytes(), type=_File)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror}).", where=where) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(f"is not a tokenizer: {error}.", where=where, hint="See docs/import.md for the format.") from error
        problem = _problem(file)
        if problem:
            raise InputError(f"is not a usable tokenizer: {problem}.", where=where)
        return cls(file)

    @classmethod
    def make(
        cls, tokens: Sequence[tuple[bytes, float]], bos: int = 1, end: int = 2, where: str = "tokenizer", unknown: int | None = None
    ) -> ByteTokenizer:
        """From tokens and scores. Raises InputError where they cannot be used."""
        try:
            texts = [text.decode() for text, _ in tokens]
        except UnicodeDecodeError as error:
            raise InputError(f"has a token that is not UTF-8: {error.object!r}.", where=where) from error
        file = _File(FORMAT, texts, [score for _, score in tokens], bos, end, unknown)
        problem = _problem(file)
        if problem:
            raise InputError(f"is not a usable tokenizer: {problem}.", where=where)
        return cls(file)

    def only(self, ids: Sequence[int]) -> ByteTokenizer:
        """With these tokens alone, which keep their order; other bytes are UNKNOWN, which is one of them. Where the end is not among them,
        a text ends as it begins: with bos."""
        old, new = self._file, {id: at for at, id in enumerate(ids)}
        texts = [old.tokens[id] for id in ids]
        scores = [old.scores[id] for id in ids]
        return ByteTokenizer(_File(FORMAT, texts, scores, new[old.bos], new.get(old.end, new[old.bos]), texts.index(UNKNOWN)))

    def ids_of(self, part: ByteTokenizer) -> list[int]:
        """The tokens here that ``part``, once made by ``only``, has. Raises InputError: it was made of others."""
        own = {text: id for id, text in reversed(list(enumerate(self._file.tokens)))}
        strange = next((text for text in part._file.tokens if text not in own), None)
        if strange is not None:
            raise InputError(f"has the token '{strange}', which the teacher has not.", where="start", hint="Name its own teacher.")
        return [own[text] for text in part._file.tokens]

    def dump(self) -> str:
        """The text of tokenizer.json."""
        fields: dict[str, Any] = msgspec.to_builtins(self._file)
        return "{\n" + ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items()) + "\n}\n"

    def merges(self) -> list[tuple[int, int, int, int]]:
        """All that can be merged: (left, right, rank, result), sorted by left and right. What gives one token has one rank."""
        order = sorted(self._ids.values(), key=lambda id: (-self._file.scores[id], id))
        ranks: dict[float, int] = {}
        for id in order:
            ranks.setdefault(self._file.scores[id], len(ranks))
        found = []
        for text, result in self._ids.items():
            for at in range(1, len(text)):
                left, right = self._ids.get(text[:at]), self._ids.get(text[at:])
                if left is not None and right is not None:
                    found.append((left, right, ranks[self._file.scores[result]], result))
        return sorted(found)

    def encode(self, text: str) -> list[int]:
        """Ids of a text, without bos."""
        spaced = f" {text}" if text else ""
        if self._across:
            return self._merged(spaced)
        return [id for word in re.split("(?= )", spaced) for id in self._word(word)]

    def parts(self, id: int) -> set[int]:
        """The tokens that encoding goes through before it comes to this one, and itself."""
        through = {id}
        if id in self._ids.values():
            self._merged(self._file.tokens[id], through)
        return through

    def _merged(self, text: str, through: set[int] | None = None) -> list[int]:
        """through: gets every token on the way."""
        ids: list[int] = []
        for character in text:
            id = self._ids.get(character)
            ids += [self.byte_tokens[byte] for byte in character.encode()] if id is None else [id]
        while True:
            if through is not None:
                through.update(ids)
            best: tuple[float, int, int] | None = None
            for at, (left, right) in enumerate(pairwise(ids)):
                id = self._joined(left, right)
                if id is not None and (best is None or self._file.scores[id] > best[0]):
                    best = self._file.scores[id], at, id
            if best is None:
                return ids
            _, at, id = best
            ids[at : at + 2] = [id]

    def _joined(self, left: int, right: int) -> int | None:
        """The merge of two neighbours. A byte token's name is no text, so nothing merges with it."""
        texts = self._file.tokens
        return self._ids.get(texts[left] + texts[right]) if {texts[left], texts[right]} <= self._ids.keys() else None

    def prompt(self, text: str) -> list[int]:
        """What is fed before the model goes on: bos and the text."""
        return [self.bos, *self.encode(text)]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids from the start of a text on: its first space is none. Broken UTF-8 becomes U+FFFD."""
        wrong = next((id for id in ids if not 0 <= id < len(self)), None)
        if wrong is not None:
            raise InputError(f"token {wrong} is outside the vocabulary of {len(self)}.")
        return b"".join(self.pieces[id] for id in ids).removeprefix(b" ").decode(errors="replace")


def _problem(file: _File) -> str:
    """What makes a decoded file unusable, or ''."""
    size = len(file.tokens)
    if file.format != FORMAT:
        return f"its format is {file.format}, not {FORMAT}"
    if not 0 < size <= 0xFFFF:
        return f"it has {size} tokens; 1 to 65535 are possible"
    if len(file.scores) != size:
        return f"it has {size} tokens and {len(file.scores)} scores"
    for name in ("bos", "end"):
        if not 0 <= getattr(file, name) < size:
            return f"{name} is {getattr(file, name)}, outside the vocabulary of {size}"
    if file.unknown is not None and not 0 <= file.unknown < size:
        return f"unknown is {file.unknown}, outside the vocabulary of {size}"
    missing = sorted(set(_BYTES) - set(file.tokens))
    if missing and file.unknown is None:
        return f"it lacks the byte token {missing[0]}"
    return "it lacks a token for the space" if not {" ", "<0x20>"} & set(file.tokens) else ""
