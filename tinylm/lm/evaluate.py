"""How good a bundle's graph is on held-out rows: measured by running it in the oracle, decoded as the device decodes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinylm.lm import answers, forced
from tinylm.lm.answers import NONE, Answer, Row
from tinylm.lm.decode import Decided, Decoder, Scores
from tinylm.lm.fixed import ONE, octaves
from tinylm.lm.home import Names
from tinylm.lm.oracle import Oracle, flags_of

LIMIT = 9  # tokens of an answer


class Runner:
    """The oracle as a decoder's model. Outputs: logits, start, end."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        logits, start, end = (octaves(scale) for scale in oracle.scales)
        self.steps = logits, start, end

    def reset(self) -> None:
        """Back to the start of a sentence."""
        self.oracle.reset()

    def step(self, token: int, flags: int) -> Scores:
        """One token."""
        return Scores(*(output.reshape(-1).tolist() for output in self.oracle.step(token, flags)))


@dataclass(frozen=True)
class Judge:
    """A model, how it is decoded, and the homes of the rows. window: tokens of a sentence and its answer, 0 for any number."""

    oracle: Oracle
    decoder: Decoder
    homes: Mapping[int, Names]
    window: int = 0

    def decide(self, row: Row) -> Decided:
        """What the model makes of a row, in the row's home, whatever its confidence. A sentence beyond the window is none."""
        if not self.fits(row):
            return Decided(NONE, (), 0, NONE)
        return replace(self.decoder, names=self.homes[row.home]).answer(Runner(self.oracle), row.text)

    def fits(self, row: Row) -> bool:
        """Whether the sentence and its answer have room in the window."""
        return not self.window or len(self.decoder.tokenizer.prompt(row.text)) + LIMIT <= self.window

    def plain(self, row: Row) -> Answer:
        """The same with neither grammar nor home in the decoder: every output's largest score."""
        if not self.fits(row):
            return Answer(NONE)
        tokenizer, oracle = self.decoder.tokenizer, self.oracle
        prompt = tokenizer.prompt(row.text)
        oracle.reset()
        outputs = [oracle.step(id, flags) for id, flags in zip(prompt, flags_of(tokenizer, prompt, self.homes[row.home]), strict=True)][-1]
        ids: list[int] = []
        spans: list[tuple[int, int]] = []
        while len(ids) < LIMIT:
            ids.append(self.decoder.first_logit + int(np.argmax(outputs[0])))
            if ids[-1] == tokenizer.end:
                break
            outputs = oracle.step(ids[-1])
            first, last = (int(np.argmax(output.reshape(-1)[: len(prompt) - 1])) if len(prompt) > 1 else 0 for output in outputs[1:])
            spans.append((first, last))
        return answers.parse(tokenizer, prompt, ids, [*spans, (0, 0)][: len(ids)])

    def commands(self, rows: Sequence[Row], tick: Callable[[], None]) -> tuple[dict[str, float], list[int]]:
        """intent_accuracy: share of rows with the right intent; intent_macro: its mean over intents; exact_match: all slots right too.
        And the confidences, 0 to 65536, 0 where the answer is none."""
        right: dict[str, list[bool]] = defaultdict(list)
        exact, sure = 0, []
        for row in rows:
            got, want = self.decide(row), answers.expected(self.decoder.tokenizer, row)
            right[row.intent].append(got.best == want.intent)
            exact += Answer(got.best, tuple(sorted(got.slots))) == want
            sure.append(got.confidence if got.best != NONE else 0)
            tick()
        every = [hit for hits in right.values() for hit in hits]
        macro = sum(sum(hits) / len(hits) for hits in right.values())
        figures = {
            "intent_accuracy": _share(sum(every), len(every)),
            "intent_macro": _share(macro, len(right)),
            "exact_match": _share(exact, len(every)),
        }
        return figures, sure

    def bits(self, rows: Sequence[Row], tick: Callable[[], None]) -> float:
        """Bits a byte of the right answers as text: cross entropy of tokens and pointers, over the bytes of what they stand for."""
        tokenizer, nats, size = self.decoder.tokenizer, 0.0, 0
        for row in rows:
            tick()
            made = answers.encode(tokenizer, row)
            if made is None or not self.fits(row):
                continue
            self.oracle.reset()
            said = zip(made.prompt, flags_of(tokenizer, made.prompt, self.homes[row.home]), strict=True)
            outputs = [self.oracle.step(id, flags) for id, flags in said][-1]
            cost = forced.cost(tokenizer, made, self._real(outputs), lambda id: self._real(self.oracle.step(id)))
            nats, size = nats + cost[0], size + cost[1]
        return round(nats / math.log(2) / max(size, 1), 4)

    def _real(self, outputs: Sequence[Any]) -> list[Any]:
        return [output.reshape(-1) * scale for output, scale in zip(outputs, self.oracle.scales, strict=True)]


def quality(judge: Judge, sets: Mapping[str, Sequence[Row]], accept: float, tick: Callable[[], None]) -> dict[str, Any]:
    """The figures of a bundle's [quality] table that come from running it; ``threshold``: the confidence that the share ``accept`` of the
    held-out commands reaches, of templates and of paraphrases together."""
    figures: dict[str, Any] = {"rows": len(sets["heldout"])}
    sure: dict[str, list[int]] = {}
    told = [name for name in ("heldout", "wording", "voices") if sets[name]]
    for name in ("heldout", "familiar", "known", *told[1:]):
        got, sure[name] = judge.commands(sets[name], tick)
        prefix = "" if name == "heldout" else f"{name}_"
        figures |= {f"{prefix}rows": len(sets[name])} | {f"{prefix}{key}": value for key, value in got.items()}
    figures["bits_per_byte"] = judge.bits(sets["heldout"], tick)
    same = []
    for row in sets["heldout"]:
        same.append(judge.plain(row) == answers.expected(judge.decoder.tokenizer, row))
        tick()
    figures["undecoded_exact_match"] = _share(sum(same), len(same))
    reached = sorted((one for name in told for one in sure[name]), reverse=True)
    least = reached[min(len(reached) - 1, math.ceil(accept * len(reached)) - 1)] if reached else 0
    threshold = math.floor(least / ONE * 10_000) / 10_000
    figures["threshold"] = threshold
    for name in told:
        figures[f"accepted_{name}"] = _share(sum(one > 0 and one >= threshold * ONE for one in sure[name]), len(sure[name]))
    for name in ("chat", "near", "asides"):
        if not sets[name]:
            continue
        _, confidences = judge.commands(sets[name], tick)
        figures[f"{name}_rows"] = len(sets[name])
        figures[f"false_accepts_{name}"] = _share(sum(one > 0 and one >= threshold * ONE for one in confidences), len(confidences))
        figures[f"false_accepts_{name}_any"] = _share(sum(one > 0 for one in confidences), len(confidences))
    return figures


def _share(part: float, whole: int) -> float:
    return round(part / max(whole, 1), 4)
