"""The tokenizer that runs on the device too: byte-pair merges over a small alphabet, then structural tokens that text never encodes to.

Every step is byte for byte what the firmware does (firmware_templates' tokenizer): ASCII to lower case, bytes outside the alphabet
dropped, runs of spaces to one, no space at the ends, one space in front of a text that is not empty; then, where the file says
``numbers``, number words to digits (tinylm.lm.numbers).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from tinylm.errors import InputError
from tinylm.lm.numbers import to_digits

FORMAT = 1


class _File(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    format: int
    tokens: list[str]
    alphabet: str
    merges: list[tuple[int, int, int]]
    bos: int | None
    answer: int
    end: int
    first_structural: int
    numbers: bool = False


class _Dropping(dict[int, str]):
    """For str.translate: what it does not name is dropped."""

    def __missing__(self, key: int) -> None:
        return None


class Tokenizer:
    """Text to ids and back. tokens: text of each id. merges: (left, right, result) in rank order."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self.tokens: list[str] = file.tokens
        self.alphabet, self.merges = file.alphabet, file.merges
        self.bos, self.answer, self.end, self.first_structural = file.bos, file.answer, file.end, file.first_structural
        self.numbers = file.numbers
        self.structural = {text: self.first_structural + at for at, text in enumerate(file.tokens[self.first_structural :]) if text}
        self._character = {text: id for id, text in reversed(list(enumerate(file.tokens[: self.first_structural]))) if len(text) == 1}
        self._rank = {(left, right): (rank, result) for rank, (left, right, result) in reversed(list(enumerate(file.merges)))}
        self._words: dict[str, list[int]] = {}
        capitals = {ord(c.upper()): c for c in file.alphabet if "a" <= c <= "z"}
        self._kept = _Dropping({ord(c): c for c in file.alphabet} | capitals)

    def __len__(self) -> int:
        return len(self.tokens)

    @classmethod
    def load(cls, source: Path | bytes) -> Tokenizer:
        """Read tokenizer.json. Raises InputError saying which key is wrong."""
        where = "tokenizer.json" if isinstance(source, bytes) else str(source)
        try:
            file = msgspec.json.decode(source if isinstance(source, bytes) else source.read_bytes(), type=_File)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror}).", where=where) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(f"is not a tokenizer: {error}.", where=where, hint="See docs/training.md for the format.") from error
        problem = _problem(file)
        if problem:
            raise InputError(f"is not a usable tokenizer: {problem}.", where=where)
        return cls(file)

    @classmethod
    def make(cls, alphabet: str, pieces: Sequence[tuple[str, str]], structural: Sequence[str], numbers: bool = False) -> Tokenizer:
        """A tokenizer from an alphabet, merges as pairs of texts in rank order, and structural tokens. Id 0 is the answer token; the end
        token is the first structural one, so that what a model writes has consecutive ids.

        numbers: number words become digits before a text is encoded.
        """
        tokens = ["", *alphabet]
        ids = {text: at for at, text in enumerate(tokens) if text}
        merges = []
        for left, right in pieces:
            if left + right not in ids:
                ids[left + right] = len(tokens)
                tokens.append(left + right)
            merges.append((ids[left], ids[right], ids[left + right]))
        return cls(_File(FORMAT, [*tokens, "", *structural], alphabet, merges, None, 0, len(tokens), len(tokens), numbers))

    def dump(self) -> str:
        """The text of tokenizer.json."""
        fields: dict[str, Any] = msgspec.to_builtins(self._file)
        return "{\n" + ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items()) + "\n}\n"

    def normalise(self, text: str) -> str:
        """Lower case (ASCII only), only characters of the alphabet, single spaces, one in front; number words to digits."""
        text = "".join(f" {word}" for word in text.translate(self._kept).split(" ") if word)
        return to_digits(text) if self.numbers else text

    def encode(self, text: str) -> list[int]:
        """Ids of the pieces of a text (no control tokens). No merge reaches over a space, so words are encoded one by one."""
        ids: list[int] = []
        for word in self.normalise(text).split(" ")[1:]:
            if word not in self._words:
                self._words[word] = self._merge([self._character[c] for c in f" {word}"])
            ids += self._words[word]
        return ids

    def _merge(self, ids: list[int]) -> list[int]:
        """Apply the merge of lowest rank, leftmost first, until none applies."""
        while True:
            found = [(*self._rank[pair], at) for at, pair in enumerate(pairwise(ids)) if pair in self._rank]
            if not found:
                return ids
            _, result, at = min(found, key=lambda item: (item[0], item[2]))
            ids = [*ids[:at], result, *ids[at + 2 :]]

    def prompt(self, text: str) -> list[int]:
        """What is fed before decoding: bos (where there is one), the pieces, the answer token."""
        return [*([] if self.bos is None else [self.bos]), *self.encode(text), self.answer]

    def decode(self, ids: Sequence[int]) -> str:
        """The texts of the ids, joined. Raises InputError for an id outside the vocabulary."""
        wrong = next((id for id in ids if not 0 <= id < len(self.tokens)), None)
        if wrong is not None:
            raise InputError(f"token {wrong} is outside the vocabulary of {len(self.tokens)}.")
        return "".join(self.tokens[id] for id in ids)


def _problem(file: _File) -> str:
    """What makes a decoded file unusable, or ''."""
    size, first = len(file.tokens), file.first_structural
    if file.format != FORMAT:
        return f"its format is {file.format}, this tinylm reads {FORMAT}"
    if not 0 < size <= 0xFFFF:
        return f"it has {size} tokens; 1 to 65535 are possible"
    if not 0 <= first <= size:
        return f"first_structural is {first}, outside 0 to {size}"
    for name in ("bos", "answer", "end"):
        id = getattr(file, name)
        if id is not None and not 0 <= id < size:
            return f"{name} is {id}, outside the vocabulary of {size}"
    if len(set(file.alphabet)) != len(file.alphabet) or any(not " " <= c <= "~" or "A" <= c <= "Z" for c in file.alphabet):
        return "alphabet must be different printable ASCII characters without capitals"
    if " " not in file.alphabet:
        return "alphabet lacks the space"
    missing = sorted(set(file.alphabet) - set(file.tokens[:first]))
    if missing:
        return f"the character {missing[0]!r} of the alphabet has no token of its own"
    return _merge_problem(file)


def _merge_problem(file: _File) -> str:
    for rank, (left, right, result) in enumerate(file.merges):
        if not all(0 <= id < file.first_structural for id in (left, right, result)):
            return f"merge {rank} refers to a token outside the text pieces"
        joined = file.tokens[left] + file.tokens[right]
        if file.tokens[result] != joined or not file.tokens[left] or not file.tokens[right]:
            return f"merge {rank} gives {file.tokens[result]!r} instead of {joined!r}"
        if " " in joined[1:]:
            return f"merge {rank} reaches over a space"
    return ""
