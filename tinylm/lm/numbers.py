"""Number words to digits, in normalised text: "twenty five" -> "25", "a hundred and five" -> "105", "two point five" -> "2.5".

The firmware does exactly the same (firmware_templates/runtime/tl_numbers.c). A word is a run of letters, digits and apostrophes behind a
space or a hyphen. The grammar, longest reading first ("half" and "a" alone are no numbers):

    small    = tens [1-9] | 0-19
    hundreds = small | [small | "a"] "hundred" [["and"] small]
    number   = (hundreds | [hundreds | "a"] "thousand" [["and"] hundreds]) ["point" digit...]
"""

from __future__ import annotations

import re

SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip
#: All words that a number may have. Text that ends in them may go on as a longer number.
WORDS = (*SMALL, "hundred", "thousand", "and", "point", "a")

_VALUE = {word: at if at < 20 else 10 * (at - 18) for at, word in enumerate(SMALL)}
_ANY = re.compile(rf"\b({'|'.join(SMALL)}|hundred|thousand)\b")
_START = re.compile("[ -]")
_RUN = re.compile("[ -]([a-z0-9']*)")
_Found = tuple[int, int]  # a value and the place behind it


def to_digits(text: str) -> str:
    """Write the number words of a normalised text (lower case, single spaces, one in front) in digits. Never longer than the text."""
    if not _ANY.search(text):
        return text
    reader, out, done, at = _Reader(text), [], 0, 0
    while start := _START.search(text, at):
        at = start.start()
        found = reader.number(at)
        if found:
            digits, behind = found
            out += [text[done : at + 1], digits]
            done = at = behind
        else:
            at += 1
    return "".join([*out, text[done:]])


class _Reader:
    """Every rule takes the place of the space or hyphen in front of its first word and gives a value and the place behind it, or None."""

    def __init__(self, text: str) -> None:
        self.text = text

    def word(self, at: int) -> str:
        """The word behind the space or hyphen at a place, '' where there is none."""
        found = _RUN.match(self.text, at)
        return found.group(1) if found else ""

    def small(self, at: int) -> _Found | None:
        word = self.word(at)
        value = _VALUE.get(word)
        if value is None:
            return None
        at += 1 + len(word)
        unit = self.word(at)
        if value >= 20 and 1 <= _VALUE.get(unit, 0) <= 9:
            value, at = value + _VALUE[unit], at + 1 + len(unit)
        return value, at

    def hundreds(self, at: int) -> _Found | None:
        if self.word(at) == "hundred":
            found: _Found | None = (1, at)
        elif self.word(at) == "a" and self.word(at + 2) == "hundred":
            found = (1, at + 2)
        else:
            found = self.small(at)
        if found is None or found[0] == 0 or self.word(found[1]) != "hundred":
            return found
        value, at = found[0] * 100, found[1] + len(" hundred")
        more = self.small(at + len(" and") if self.word(at) == "and" else at)
        return (value + more[0], more[1]) if more else (value, at)

    def number(self, at: int) -> tuple[str, int] | None:
        """A whole number and perhaps decimals, as digits."""
        if self.word(at) == "thousand":
            found: _Found | None = (1, at)
        elif self.word(at) == "a" and self.word(at + 2) == "thousand":
            found = (1, at + 2)
        else:
            found = self.hundreds(at)
        if found is None:
            return None
        value, at = found
        if 0 < value < 1000 and self.word(at) == "thousand":
            value, at = value * 1000, at + len(" thousand")
            behind = at + len(" and") if self.word(at) == "and" else at
            more = None if self.word(behind) == "a" else self.hundreds(behind)
            if more and more[0] < 1000:
                value, at = value + more[0], more[1]
        decimals = at + len(" point") if self.word(at) == "point" else at
        digits = ""
        while decimals > at and _VALUE.get(self.word(decimals), 10) < 10:
            digit = self.word(decimals)
            digits, decimals = f"{digits}{_VALUE[digit]}", decimals + 1 + len(digit)
        return (f"{value}.{digits}", decimals) if digits else (str(value), at)
