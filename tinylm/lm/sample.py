"""Samplers in fixed point: the firmware draws exactly the same tokens (firmware_templates/runtime/tl_sample.c).

In this order: the repetition penalty changes logits, the temperature divides them, top-k keeps the most likely tokens, min-p those of at
least a share of the likeliest one's probability, top-p the fewest that together have a share of what is left; one of them is drawn. Ties
are kept and drawn in order of the token. The generator is xorshift32 (Marsaglia 2003, shifts 13, 17, 5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from tinylm.errors import InputError
from tinylm.lm.fixed import exp2_down

MEMORY = 64  # tokens that the repetition penalty looks back
_MASK = 0xFFFFFFFF


@dataclass(frozen=True)
class Sampling:
    """temperature: 0 takes the most likely token. top_p, min_p: shares; penalty: >= 1. These in thousandths, as the device has them.

    top_k = 0xFFFF, top_p = 1000, min_p = 0, penalty = 1000 do nothing.
    """

    temperature: int = 0
    top_k: int = 0xFFFF
    top_p: int = 1000
    min_p: int = 0
    penalty: int = 1000
    seed: int = 1

    @classmethod
    def of(
        cls,
        temperature: float = 0.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        min_p: float = 0.0,
        penalty: float = 1.0,
        seed: int = 1,
    ) -> Sampling:
        """From what a person writes. Raises InputError for what makes no sense."""
        for name, value, low, high in (
            ("temperature", temperature, 0, 10),
            ("top-p", top_p, 0.001, 1),
            ("min-p", min_p, 0, 1),
            ("penalty", penalty, 1, 10),
        ):
            if not math.isfinite(value) or not low <= value <= high:
                raise InputError(f"the {name} is {value:g}, not between {low:g} and {high:g}.")
        if top_k is not None and not 1 <= top_k <= 0xFFFF:
            raise InputError(f"top-k is {top_k}: at least 1 token must be left to choose from (at most 65535).")
        if not 0 <= seed <= _MASK:
            raise InputError(f"the seed is {seed}, not between 0 and {_MASK}.")
        scaled = max(1, round(1000 * temperature)) if temperature else 0
        most = 0xFFFF if top_k is None else top_k
        return cls(scaled, most, round(1000 * top_p), round(1000 * min_p), round(1000 * penalty), seed)

    @property
    def numbers(self) -> str:
        """As the console takes them."""
        return f"{self.temperature} {self.top_k} {self.top_p} {self.min_p} {self.penalty} {self.seed}"


@dataclass
class Sampler:
    """Draws tokens. step: ``fixed.octaves`` of the logits' scale; zero_point: theirs; first: the token of logit 0."""

    sampling: Sampling
    step: int
    zero_point: int = 0
    first: int = 0
    state: int = field(init=False)
    recent: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = (self.sampling.seed * 0x9E3779B1 + 1) & _MASK or 1

    def saw(self, token: int) -> None:
        """A token was fed: the penalty remembers it."""
        self.recent = [*self.recent, token][-MEMORY:]

    def draw(self, logits: Sequence[int]) -> int:
        """The next token. logits: int8."""
        scores = self._penalised(list(logits))
        if self.sampling.temperature == 0:
            return self.first + scores.index(max(scores))
        top = max(scores)
        buckets = [0] * 256
        for score in scores:
            buckets[top - score] += 1
        cold = self.step * (256_000 // self.sampling.temperature)
        weights = [exp2_down(min(distance * cold >> 8, 16 << 16)) if count else 0 for distance, count in enumerate(buckets)]
        kept = self._kept(buckets, weights)
        total = sum(count * weight for count, weight in zip(kept, weights, strict=True))
        place = self._random() * total >> 32
        for distance, (count, weight) in enumerate(zip(kept, weights, strict=True)):
            if place < count * weight:
                return self.first + self._nth(scores, top - distance, place // weight)
            place -= count * weight
        raise AssertionError("a place below the total")

    def _penalised(self, scores: list[int]) -> list[int]:
        if self.sampling.penalty == 1000:
            return scores
        for token in set(self.recent):
            at = token - self.first
            if 0 <= at < len(scores):
                real = scores[at] - self.zero_point
                real = real * 1000 // self.sampling.penalty if real > 0 else -(-real * self.sampling.penalty // 1000)
                scores[at] = max(real + self.zero_point, -128)
        return scores

    def _kept(self, buckets: list[int], weights: list[int]) -> list[int]:
        """How many tokens of each distance from the top are left."""
        sampling = self.sampling
        least = (sampling.min_p * 65536 // 1000) >> 1
        kept, room = [0] * 256, sampling.top_k
        for distance, count in enumerate(buckets):
            if count and weights[distance] and weights[distance] >= least:
                kept[distance] = min(count, room)
            room -= min(count, room)
        if sampling.top_p == 1000:
            return kept
        total = sum(count * weight for count, weight in zip(kept, weights, strict=True))
        left = max(total * (sampling.top_p * 65536 // 1000) >> 16, 1)
        for distance, weight in enumerate(weights):
            if kept[distance]:
                kept[distance] = min(kept[distance], -(-left // weight))
                left -= kept[distance] * weight
                left = max(left, 0)
        return kept

    def _nth(self, scores: list[int], score: int, n: int) -> int:
        for at, found in enumerate(scores):
            if found == score:
                if n == 0:
                    return at
                n -= 1
        raise AssertionError("as many as were counted")

    def _random(self) -> int:
        x = self.state
        x ^= x << 13 & _MASK
        x ^= x >> 17
        x ^= x << 5 & _MASK
        self.state = x
        return x
