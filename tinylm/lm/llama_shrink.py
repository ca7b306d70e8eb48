"""A smaller Llama model to begin training with: of random weights, or cut out of a larger one.

Cut: layers spread over the larger model's, the hidden units that matter most, each group of key heads averaged (Ainslie et al. 2023, "GQA";
Sanh et al. 2019, "DistilBERT": a student that starts with its teacher's layers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinylm.lm.llama import Floats, Llama, Shape, Weights


def random(shape: Shape, seed: int) -> Llama:
    """Weights that keep the stream's size: what is added to it is smaller, the more layers add."""
    rng, s = np.random.default_rng(seed), shape
    sizes = {
        "embedding": (s.vocabulary, s.dim),
        "wq": (s.layers, s.dim, s.dim),
        "wk": (s.layers, s.kv_dim, s.dim),
        "wv": (s.layers, s.kv_dim, s.dim),
        "wo": (s.layers, s.dim, s.dim),
        "w1": (s.layers, s.hidden, s.dim),
        "w2": (s.layers, s.dim, s.hidden),
        "w3": (s.layers, s.hidden, s.dim),
    }
    spread = {name: size[-1] ** -0.5 for name, size in sizes.items()} | {"embedding": 0.02 * np.sqrt(64 / s.dim)}
    for name in ("wo", "w2"):
        spread[name] /= np.sqrt(2 * s.layers)
    weights: Weights = {name: rng.normal(0, spread[name], size).astype(np.float32) for name, size in sizes.items()}
    for name, size in (("attention_norm", (s.layers, s.dim)), ("ffn_norm", (s.layers, s.dim)), ("norm", (s.dim,))):
        weights[name] = np.ones(size, np.float32)
    return Llama(shape, weights)


def fits(teacher: Shape, shape: Shape) -> bool:
    """Whether ``cut`` can make one of the other."""
    smaller = shape.layers <= teacher.layers and shape.hidden <= teacher.hidden and not teacher.kv_heads % shape.kv_heads
    return smaller and (shape.dim, shape.heads, shape.vocabulary) == (teacher.dim, teacher.heads, teacher.vocabulary)


def narrowed(model: Llama, rows: Sequence[int]) -> Llama:
    """The same model of the tokens ``rows`` only, in that order: it never says another."""
    ends: Weights = {name: model.weights[name][list(rows)] for name in ("embedding", "head") if name in model.weights}
    return replace(model, shape=replace(model.shape, vocabulary=len(rows)), weights=model.weights | ends)


def cut(teacher: Llama, shape: Shape) -> Llama:
    """A model of ``shape`` out of the weights of a teacher of the same vocabulary."""
    w, s = teacher.weights, shape
    layers = np.linspace(0, teacher.shape.layers - 1, s.layers).round().astype(int)
    chosen = {name: w[name][layers] for name in ("attention_norm", "ffn_norm", "wq", "wo")}
    group = teacher.shape.kv_heads // s.kv_heads
    for name in ("wk", "wv"):
        heads = w[name][layers].reshape(s.layers, s.kv_heads, group, s.head, s.dim)
        chosen[name] = heads.mean(axis=2).reshape(s.layers, s.kv_dim, s.dim)
    kept = [_units(w["w1"][layer], w["w2"][layer], w["w3"][layer], s.hidden) for layer in layers]
    for name in ("w1", "w3"):
        chosen[name] = np.stack([w[name][layer][units] for layer, units in zip(layers, kept, strict=True)])
    chosen["w2"] = np.stack([w["w2"][layer][:, units] for layer, units in zip(layers, kept, strict=True)])
    ends: Weights = {name: w[name] for name in ("embedding", "head", "norm") if name in w}
    return Llama(shape, ends | chosen, teacher.epsilon, teacher.theta)


def _units(gate: Floats, down: Floats, up: Floats, count: int) -> NDArray[np.intp]:
    """The units of largest weights, in their order."""
    size = np.linalg.norm(gate, axis=1) * np.linalg.norm(up, axis=1) * np.linalg.norm(down, axis=0)
    return np.sort(np.argsort(-size, kind="stable")[:count])
