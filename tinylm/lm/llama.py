"""A Llama-architecture model in float32: RMSNorm, rotary positions, grouped-query attention, SwiGLU (Touvron et al. 2023).

The reference that an imported model is measured against, and the teacher that writes its calibration text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Weights = dict[str, Floats]

#: Told every activation of a run: its name ('0/q') and its values.
Watch = Callable[[str, Floats], None]

#: What the steps of a matrix's integers are called, behind its name, where it was trained for them.
STEP = ".step"
EPSILON = 1e-5
THETA = 10000.0


@dataclass(frozen=True)
class Shape:
    """Sizes of a model. window: positions that it was trained on."""

    dim: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    vocabulary: int
    window: int

    @property
    def head(self) -> int:
        """Width of one attention head."""
        return self.dim // self.heads

    @property
    def kv_dim(self) -> int:
        return self.head * self.kv_heads

    def problem(self) -> str:
        """What disagrees, or ''."""
        if self.dim % self.heads:
            return f"dim {self.dim} is not a multiple of n_heads {self.heads}"
        if self.heads % self.kv_heads:
            return f"n_heads {self.heads} is not a multiple of n_kv_heads {self.kv_heads}"
        if self.head % 2:
            return f"a head is {self.head} wide, rotary positions need an even width"
        return ""


@dataclass(frozen=True)
class Llama:
    """weights: 'embedding' [vocabulary, dim], 'norm' [dim], perhaps 'head' (else the embedding is it), and for all layers stacked
    'attention_norm', 'wq', 'wk', 'wv', 'wo', 'ffn_norm', 'w1' (gate), 'w2' (down), 'w3' (up). Rotary pairs are neighbours. A model
    that was trained for few bits also has 'wq.step' and so on [layers]."""

    shape: Shape
    weights: Weights
    epsilon: float = EPSILON
    theta: float = THETA

    @property
    def head(self) -> Floats:
        return self.weights.get("head", self.weights["embedding"])

    def angles(self, positions: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """(cos, sin) [n, head / 2] of the rotations at these positions."""
        rates = self.theta ** (-np.arange(0, self.shape.head, 2) / self.shape.head)
        angle = positions[:, None] * rates
        return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)

    def normed(self, x: Floats) -> Floats:
        """x [..., dim] over its root mean square, without the weight."""
        return (x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + np.float32(self.epsilon))).astype(np.float32)

    def logits(self, tokens: Sequence[int]) -> Floats:
        """[n, vocabulary] after each token; every token sees all before it."""
        return Cache(self).feed(tokens)

    def generate(self, prompt: Sequence[int], count: int, rng: np.random.Generator | None = None) -> list[int]:
        """``count`` tokens after the prompt: the most likely each time, or drawn from the distribution."""
        cache = Cache(self)
        scores = cache.feed(prompt)[-1]
        made: list[int] = []
        for _ in range(count):
            if rng is None:
                made.append(int(np.argmax(scores)))
            else:
                weight = np.exp((scores - scores.max()).astype(np.float64))
                made.append(int(rng.choice(len(weight), p=weight / weight.sum())))
            scores = cache.feed(made[-1:])[-1]
        return made


class Cache:
    """Keys and values of what a model has read. window: how many positions it looks back on at most, its own one included."""

    def __init__(self, model: Llama, window: int | None = None, watch: Watch = lambda name, values: None) -> None:
        self.model, self.window, self.watch, self.position = model, window, watch, 0
        empty = np.zeros((model.shape.kv_heads, 0, model.shape.head), np.float32)
        self.keys = [empty for _ in range(model.shape.layers)]
        self.values = [empty for _ in range(model.shape.layers)]

    def feed(self, tokens: Sequence[int]) -> Floats:
        """Read tokens; [n, vocabulary] logits after each."""
        model, weights, watch = self.model, self.model.weights, self.watch
        x = weights["embedding"][list(tokens)]
        watch("x", x)
        cos, sin = model.angles(np.arange(self.position, self.position + len(tokens)))
        for layer in range(model.shape.layers):
            h = model.normed(x) * weights["attention_norm"][layer]
            watch(f"{layer}/n1", h)
            x = self._add(f"{layer}/d1", x, self._attention(layer, h, cos, sin))
            h = model.normed(x) * weights["ffn_norm"][layer]
            watch(f"{layer}/n2", h)
            x = self._add(f"{layer}/d2", x, self._gated(layer, h))
        self.position += len(tokens)
        h = np.asarray(model.normed(x) * weights["norm"], np.float32)
        watch("n", h)
        result: Floats = h @ model.head.T
        watch("logits", result)
        return result

    def _add(self, name: str, x: Floats, part: Floats) -> Floats:
        self.watch(name, part)
        self.watch("x", x + part)
        return x + part

    def _gated(self, layer: int, h: Floats) -> Floats:
        weights = self.model.weights
        gate, up = h @ weights["w1"][layer].T, h @ weights["w3"][layer].T
        silu = (gate / (1 + np.exp(-gate))).astype(np.float32)
        for name, values in (("gate", gate), ("up", up), ("silu", silu), ("product", silu * up)):
            self.watch(f"{layer}/{name}", values)
        result: Floats = (silu * up) @ weights["w2"][layer].T
        return result

    def _attention(self, layer: int, x: Floats, cos: Floats, sin: Floats) -> Floats:
        s, weights, watch = self.model.shape, self.model.weights, self.watch
        group, n = s.heads // s.kv_heads, len(x)

        def heads(name: str, count: int) -> Floats:
            values = x @ weights[name][layer].T
            watch(f"{layer}/{name[1]}", values)
            result: Floats = values.reshape(n, count, s.head).swapaxes(0, 1)
            return result

        q, k, v = heads("wq", s.heads), heads("wk", s.kv_heads), heads("wv", s.kv_heads)
        self.keys[layer] = np.concatenate([self.keys[layer], rotate(k, cos, sin)], axis=1)
        self.values[layer] = np.concatenate([self.values[layer], v], axis=1)
        keys, values = self.keys[layer], self.values[layer]
        watch(f"{layer}/turned k", keys[:, -n:])
        q = rotate(q, cos, sin).reshape(s.kv_heads, group, n, s.head)
        watch(f"{layer}/turned q", q)
        scores = q @ keys[:, None].swapaxes(-1, -2) / np.sqrt(np.float32(s.head))
        at, now = np.arange(keys.shape[1]), np.arange(keys.shape[1] - n, keys.shape[1])[:, None]
        seen = (at <= now) if self.window is None else (at <= now) & (at > now - self.window)
        scores = np.where(seen, scores, -np.inf).astype(np.float32)
        watch(f"{layer}/scores", scores)
        share = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = ((share / share.sum(axis=-1, keepdims=True)) @ values[:, None]).reshape(s.heads, n, s.head)
        mixed = mixed.swapaxes(0, 1).reshape(n, -1)
        watch(f"{layer}/mixed", mixed)
        result: Floats = mixed @ weights["wo"][layer].T
        return result


def rotate(x: Floats, cos: Floats, sin: Floats) -> Floats:
    """x [..., n, head] with every pair (2i, 2i + 1) turned by its angle; cos, sin [n, head / 2]."""
    even, odd = x[..., 0::2], x[..., 1::2]
    turned: Floats = np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1).reshape(x.shape)
    return turned
