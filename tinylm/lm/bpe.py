"""Learns byte-pair merges from words (Sennrich et al. 2016), with the rules that keep values copyable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

ALPHABET = " abcdefghijklmnopqrstuvwxyz0123456789'-.%/"


def learn(words: Iterable[str], merges: int) -> list[tuple[str, str]]:
    """The ``merges`` most useful pairs in rank order. words: with a leading space each, as often as they occur.

    Only letters and apostrophes merge, with a space in front or not, and a space with one digit: so a number or a name has the same
    pieces wherever it stands ("5-hour", "20%").
    """
    counts = Counter(words)
    split = {word: tuple(word) for word in counts}
    learned: list[tuple[str, str]] = []
    while len(learned) < merges:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, pieces in split.items():
            for pair in zip(pieces, pieces[1:], strict=False):
                if _allowed(*pair):
                    pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        learned.append(best)
        split = {word: _join(pieces, best) for word, pieces in split.items()}
    return learned


def _allowed(left: str, right: str) -> bool:
    if left == " " and len(right) == 1 and right.isdigit():
        return True
    return all(c.isalpha() or c == "'" for c in left.removeprefix(" ") + right)


def _join(pieces: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    joined: list[str] = []
    at = 0
    while at < len(pieces):
        if pieces[at : at + 2] == pair:
            joined.append(pieces[at] + pieces[at + 1])
            at += 2
        else:
            joined.append(pieces[at])
            at += 1
    return tuple(joined)
