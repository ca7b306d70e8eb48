"""Answers that are always valid: the automaton of the grammar says which token may come next, the home and the text what a value may be.

The firmware does exactly the same (firmware_templates/runtime/tl_answer.c): integers only, ties to the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tinylm.lm.answers import NONE
from tinylm.lm.fixed import ONE, share
from tinylm.lm.grammar import AREA, CLOSED, DONE, ENTITY, NUMBER, TEXT, Automaton, Edge, Rule
from tinylm.lm.home import FLAGS, KINDS, Names
from tinylm.lm.tokenizer import Tokenizer

_NUMBER = re.compile(r"(?<![a-z0-9'.])[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class Scores:
    """What a step gives, raw. start, end: one for each position of the window; empty where the model has no pointers."""

    logits: Sequence[int]
    start: Sequence[int] = ()
    end: Sequence[int] = ()


class Model(Protocol):
    """A step graph. steps: ``fixed.octaves`` of the scales of logits, start and end."""

    steps: tuple[int, int, int]

    def reset(self) -> None: ...

    def step(self, token: int, flags: int) -> Scores:
        """flags: bits of home.FLAGS."""
        ...


@dataclass(frozen=True)
class Decided:
    """An answer. slots: key and value as text, in the answer's order. confidence: 0 to 65536. best: the intent before the threshold."""

    intent: str
    slots: tuple[tuple[str, str], ...]
    confidence: int
    best: str


@dataclass(frozen=True)
class _Value:
    """A span that a key may take: characters [start, end) of the text, first and last piece; value: what it stands for.

    A word begins with the space in front of it: the first piece is the one that holds that space.
    """

    start: int
    end: int
    first: int
    last: int
    value: str


@dataclass
class Decoder:
    """Reads a sentence and answers. threshold: of the confidence, 0 to 65536; first_logit: the token of logit 0."""

    tokenizer: Tokenizer
    automaton: Automaton
    names: Names
    threshold: int = 0
    first_logit: int = 0

    def answer(self, model: Model, text: str) -> Decided:
        """Feed the sentence and decode."""
        ids = self.tokenizer.encode(text)
        sentence = Sentence(self, [self.tokenizer.tokens[id] for id in ids])
        model.reset()
        if self.tokenizer.bos is not None:
            model.step(self.tokenizer.bos, 0)
        for id, flags in zip(ids, sentence.flags, strict=True):
            model.step(id, flags)
        return sentence.decode(model, model.step(self.tokenizer.answer, 0))


@dataclass
class Sentence:
    """One sentence: what it offers, and the answer as it grows."""

    decoder: Decoder
    pieces: list[str]
    flags: list[int] = field(init=False)
    used: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = "".join(self.pieces)
        rows = self.decoder.names.flags(self.pieces)
        self.flags = [sum(1 << int(at) for at in row.nonzero()[0]) for row in rows]
        self.offset = int(self.decoder.tokenizer.bos is not None)
        self.ends = [sum(map(len, self.pieces[: at + 1])) for at in range(len(self.pieces))]
        made = self.decoder.automaton
        feasible = [self._feasible(rule) for rule in made.rules]
        self.alive = [True]
        for edges in made.states[1:]:
            self.alive.append(any(feasible[edge.rule] and self.alive[edge.next] for edge in edges))
        self._open = feasible

    def decode(self, model: Model, scores: Scores) -> Decided:
        """The answer. scores: of the step in which the answer token was fed."""
        decoder, made = self.decoder, self.decoder.automaton
        confidence, state, slots, intent = ONE, made.start, [], ""
        command = self._command(scores, model.steps[0])
        while True:
            edges = made.states[state]
            edge = self._best(edges, scores)
            if len(edges) > 1:
                logit = scores.logits[edge.token - decoder.first_logit]
                confidence = confidence * share(scores.logits, logit, model.steps[0]) >> 16
            if edge.next == DONE:
                break
            rule = made.rules[edge.rule]
            ahead = made.states[edge.next]
            if rule.kind != CLOSED or len(ahead) > 1 or ahead[0].next != DONE:
                scores = model.step(edge.token, 0)
            token = decoder.tokenizer.tokens[edge.token]
            if not token.startswith(" "):
                intent = token
            elif rule.kind == CLOSED:
                key, _, closed = token[1:].partition("=")
                slots.append((key, closed))
            else:
                value, certain = self._value(rule, scores, model.steps)
                confidence = confidence * certain >> 16
                self.used.append((value.start, value.end))
                key, _, sign = token[1:].partition(":")
                slots.append((key, sign + value.value))
            state = edge.next
        if intent != NONE:
            confidence = confidence * command >> 16
        if intent == NONE or confidence < decoder.threshold:
            return Decided(NONE, (), confidence, intent)
        return Decided(intent, tuple(slots), confidence, intent)

    def _command(self, scores: Scores, step: int) -> int:
        """How sure it is that the text is a command at all: what is left of the first choice if ``none`` weighs 1024 times its share."""
        decoder = self.decoder
        none = share(scores.logits, scores.logits[decoder.tokenizer.tokens.index(NONE) - decoder.first_logit], step)
        left = ONE - none
        return (left << 15) // (left + (none << 10) >> 1)

    def _best(self, edges: Sequence[Edge], scores: Scores) -> Edge:
        """The likeliest of the tokens that lead to an answer."""
        possible = [edge for edge in edges if self._open[edge.rule] and self.alive[edge.next]]
        if len(edges) == 1:
            return edges[0]
        return max(possible, key=lambda edge: scores.logits[edge.token - self.decoder.first_logit])

    def _feasible(self, rule: Rule) -> bool:
        """Whether the text has a value for a key of this rule."""
        if rule.kind == CLOSED:
            return True
        if rule.kind == TEXT:
            nothing = [0] * len(self.pieces)
            return self._free(nothing, nothing, (0, 0, 0)) is not None
        if rule.kind == NUMBER:
            return next(self._spans(rule), None) is not None
        return any(flags & rule.flags for flags in self.flags)

    def _spans(self, rule: Rule) -> Iterator[_Value]:
        """Numbers in range, or names of a kind (and with one of the domains), in order of their place."""
        if rule.kind == NUMBER:
            for found in _NUMBER.finditer(self.text):
                tenths = _tenths(found.group(), rule.decimals)
                if tenths is not None and rule.low <= tenths <= rule.high:
                    yield self._span(found.start(), found.end(), found.group())
            return
        for match in self.decoder.names.matches(self.text):
            domains = sum(1 << FLAGS.index(domain) for domain in match.domains)
            if match.kind == KINDS[rule.kind - AREA] and (rule.kind != ENTITY or domains & rule.flags):
                yield self._span(match.start, match.end, match.name)

    def _span(self, start: int, end: int, value: str) -> _Value:
        lead = start - (self.text[start - 1 : start] == " ")
        first = next(at for at, behind in enumerate(self.ends) if lead < behind)
        last = next(at for at, behind in enumerate(self.ends) if end <= behind)
        return _Value(start, end, first, last, value)

    def _value(self, rule: Rule, scores: Scores, steps: tuple[int, int, int]) -> tuple[_Value, int]:
        """The span that the pointers prefer, and how sure they are (times 65536)."""
        start = list(scores.start[self.offset : self.offset + len(self.pieces)])
        end = list(scores.end[self.offset : self.offset + len(self.pieces)])
        if rule.kind == TEXT:
            free = self._free(start, end, steps)
            assert free is not None  # or the rule would not be feasible
            best = free
        else:
            spans = list(self._spans(rule))
            unused = [span for span in spans if not any(span.start < to and at < span.end for at, to in self.used)]
            best = max(unused or spans, key=lambda span: start[span.first] * steps[1] + end[span.last] * steps[2])
        return best, share(start, start[best.first], steps[1]) * share(end, end[best.last], steps[2]) >> 16

    def _free(self, start: list[int], end: list[int], steps: tuple[int, int, int]) -> _Value | None:
        """The best pair of a first and a last piece at the bounds of words, first <= last; None where there is no word."""
        best: tuple[int, int, int] | None = None
        first = -1
        for last in range(len(self.pieces)):
            if self._starts(last) and (first < 0 or start[last] > start[first]):
                first = last
            if first >= 0 and self._stops(last):
                score = start[first] * steps[1] + end[last] * steps[2]
                if best is None or score > best[0]:
                    best = score, first, last
        if best is None:
            return None
        _, first, last = best
        at, to = self.ends[first] - len(self.pieces[first]), self.ends[last]
        return _Value(at, to, first, last, self.text[at:to].strip(" "))

    def _starts(self, at: int) -> bool:
        """A value may start with this piece: with a word's space, or with a letter or digit that stands behind something else."""
        begin = self.ends[at] - len(self.pieces[at])
        if self.text[begin] == " ":
            return _letter(self.text[begin + 1 : begin + 2])
        before = self.text[begin - 1] if begin else ""
        return _letter(self.text[begin]) and not (_wordly(before) or before == " ")

    def _stops(self, at: int) -> bool:
        """A value may end with this piece."""
        behind = self.ends[at]
        return _ending(self.text[behind - 1]) and not (behind < len(self.text) and _ending(self.text[behind]))


def _letter(text: str) -> bool:
    return "a" <= text <= "z" or "0" <= text <= "9"


def _wordly(text: str) -> bool:
    return _letter(text) or text == "'"


def _ending(text: str) -> bool:
    return _wordly(text) or text == "%"


def _tenths(text: str, decimals: bool) -> int | None:
    """A number in tenths, None where it is too long or has decimals that are not allowed."""
    whole, _, part = text.partition(".")
    if len(whole) > 6 or (part and (not decimals or len(part) > 1)):
        return None
    return int(whole) * 10 + int(part or 0)
