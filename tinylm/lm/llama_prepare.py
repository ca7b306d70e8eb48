"""Changes to a Llama model's weights that leave what it computes as it is and make it easy to quantise.

The weights of the norms move into the matrices behind them, and what only one pair of matrices can see is scaled so that all of it has
one size: a hidden unit's product (w3 up, w2 down), a value (wv, wo), a rotary pair (wq, wk). Nagel et al. 2019, "Data-free quantization
through weight equalization and bias correction", with the sizes measured on text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tinylm.lm.llama import Cache, Floats, Llama

#: Scales stay within this of each other: a unit that is never used says nothing of its size.
_MOST = 32.0


class Extremes:
    """Largest magnitudes by activation and by its last dimension, seen over texts."""

    def __init__(self) -> None:
        self.most: dict[str, Floats] = {}

    def __call__(self, name: str, values: Floats) -> None:
        if name.endswith("scores"):  # as many as there are positions
            return
        found = np.abs(values.reshape(-1, values.shape[-1])).max(axis=0)
        self.most[name] = np.maximum(self.most[name], found) if name in self.most else found


def prepare(model: Llama, texts: Sequence[Sequence[int]], fold: bool = True) -> Llama:
    """The same model with attention_norm and ffn_norm all 1, and equalised on ``texts`` (token ids).

    fold: False leaves the norms their weights: a matrix of few bits with one scale has none to spare for columns of several sizes.
    """
    folded = _fold_norms(model) if fold else model
    seen = Extremes()
    for text in texts:
        Cache(folded, watch=seen).feed(text)
    return _equalise(folded, _of_equals(folded, seen.most))


def _of_equals(model: Llama, most: dict[str, Floats]) -> dict[str, Floats]:
    """Of layers with the same weights the largest: what they share stays the same."""
    made, wq = dict(most), model.weights["wq"]
    for layer in range(model.shape.layers):
        equals = [other for other in range(model.shape.layers) if np.array_equal(wq[other], wq[layer])]
        for kind in ("product", "v", "q", "k"):
            made[f"{layer}/{kind}"] = np.max([most[f"{other}/{kind}"] for other in equals], axis=0)
    return made


def _fold_norms(model: Llama) -> Llama:
    w = dict(model.weights)
    for norm, matrices in (("attention_norm", ("wq", "wk", "wv")), ("ffn_norm", ("w1", "w3"))):
        for name in matrices:
            w[name] = w[name] * w[norm][:, None, :]
        w[norm] = np.ones_like(w[norm])
    return replace(model, weights=w)


def _towards_one(size: Floats) -> Floats:
    """Factors that bring sizes [n] to their largest, within limits."""
    return np.clip(size.max() / np.maximum(size, 1e-9), 1, _MOST).astype(np.float32)


def _equalise(model: Llama, most: dict[str, Floats]) -> Llama:
    s, w = model.shape, {name: value.copy() for name, value in model.weights.items()}
    group = s.heads // s.kv_heads
    for layer in range(s.layers):
        factor = _towards_one(most[f"{layer}/product"]) ** np.float32(0.5)
        w["w3"][layer] *= factor[:, None]
        w["w2"][layer] /= factor
        factor = _towards_one(most[f"{layer}/v"]).reshape(s.kv_heads, s.head)
        w["wv"][layer] *= factor.reshape(-1, 1)
        w["wo"][layer] /= np.repeat(factor, group, axis=0).reshape(-1)
        q = most[f"{layer}/q"].reshape(s.kv_heads, group, s.head // 2, 2).max(axis=(1, 3))
        k = most[f"{layer}/k"].reshape(s.kv_heads, s.head // 2, 2).max(axis=2)
        factor = np.sqrt(_towards_one(k) / _towards_one(q).clip(1e-6))
        pairs = np.repeat(factor[:, :, None], 2, axis=2).reshape(s.kv_heads, s.head)
        w["wk"][layer] *= pairs.reshape(-1, 1)
        w["wq"][layer] /= np.repeat(pairs, group, axis=0).reshape(-1, 1)
    return replace(model, weights=w)
