"""Many texts at once, written by a float model at temperature 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinylm.lm.llama import Floats, Llama, rotate


def write(model: Llama, count: int, length: int, start: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """[count, length] token ids, each text begun with ``start``."""
    s, w = model.shape, model.weights
    shape = (s.layers, count, s.kv_heads, length, s.head)
    keys, values = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    made = np.full((count, length), start, np.int64)
    for at in range(length - 1):
        x = w["embedding"][made[:, at]]
        for layer in range(s.layers):
            h = model.normed(x) * w["attention_norm"][layer]
            x = x + _attend(model, layer, h, at, keys[layer], values[layer]) @ w["wo"][layer].T
            h = model.normed(x) * w["ffn_norm"][layer]
            gate = h @ w["w1"][layer].T
            x = x + (gate / (1 + np.exp(-gate)) * (h @ w["w3"][layer].T)) @ w["w2"][layer].T
        logits = (model.normed(x) * w["norm"]) @ model.head.T
        made[:, at + 1] = np.argmax(logits + rng.gumbel(size=logits.shape), axis=1)
    return made


def _attend(model: Llama, layer: int, h: Floats, at: int, keys: Floats, values: Floats) -> Floats:
    """[count, dim]: what position ``at`` takes from itself and all before it. keys, values [count, kv_heads, length, head]."""
    s, w = model.shape, model.weights
    cos, sin = model.angles(np.array([at]))
    q, k, v = ((h @ w[name][layer].T).reshape(len(h), -1, s.head) for name in ("wq", "wk", "wv"))
    keys[:, :, at], values[:, :, at] = rotate(k, cos, sin), v
    q = rotate(q, cos, sin).reshape(len(h), s.kv_heads, s.heads // s.kv_heads, s.head)
    scores = q @ keys[:, :, : at + 1].swapaxes(-1, -2) / np.sqrt(np.float32(s.head))
    share = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed: Floats = ((share / share.sum(axis=-1, keepdims=True)) @ values[:, :, : at + 1]).reshape(len(h), s.dim)
    return mixed
