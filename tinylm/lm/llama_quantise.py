"""Scales and integer weights of a Llama model, from what it computes on calibration text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from tinylm.errors import InputError
from tinylm.lm.llama import Cache, Floats, Llama
from tinylm.lm.llama_export import Quantised, Weight, float_weights

_MOST = 32767
#: Room beyond what calibration saw, where clipping would be worse than a coarser step (the stream, a sum of squares).
_ROOM = 1.25
#: What lies this far below a row's largest score has no share left in the fixed point of SOFTMAX.
_REACH = 14.0
_NORMS = {"n1": "attention_norm", "n2": "ffn_norm"}
_KEPT = 1 << 17  # values an activation that are looked at


class Seen:
    """Values by activation: a sample, and least and largest."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._sample: dict[str, list[Floats]] = defaultdict(list)
        self.low: dict[str, float] = defaultdict(lambda: np.inf)
        self.high: dict[str, float] = defaultdict(lambda: -np.inf)
        self.squares = [np.inf, -np.inf]

    def __call__(self, name: str, values: Floats) -> None:
        if name.endswith("scores"):
            values = values.max(axis=-1)  # of each row: what matters lies just below
        if name == "x":
            sums = (values.astype(np.float64) ** 2).sum(axis=-1)
            self.squares = [min(self.squares[0], float(sums.min())), max(self.squares[1], float(sums.max()))]
        flat = values.reshape(-1)
        self.low[name], self.high[name] = min(self.low[name], float(flat.min())), max(self.high[name], float(flat.max()))
        self._sample[name].append(flat if flat.size <= 1 << 13 else self._rng.choice(flat, 1 << 13))

    def sample(self, name: str) -> Floats:
        return np.concatenate(self._sample[name])[:_KEPT]

    def most(self, name: str) -> float:
        return max(abs(self.low[name]), abs(self.high[name]), 1e-6)


def quantise(
    model: Llama, texts: Sequence[Sequence[int]], window: int, bits: int = 8, seed: int = 0, steps: Mapping[str, float] | None = None
) -> Quantised:
    """The int8 form of a prepared model. texts: calibration tokens; bits: of the matrices, embedding and head; steps: their scales, where
    they are known: an end that is not among them then keeps 8 bits."""
    seen = Seen(seed)
    for text in texts:
        Cache(model, watch=seen).feed(text)
    if not seen.high:
        raise InputError("there is no calibration text.", hint="Give a text of some hundred characters.")
    scales: dict[str, float] = {"x": seen.most("x") * _ROOM / _MOST}
    zero_points: dict[str, int] = {}
    for name, weight in _norm_weights(model).items():
        scales[f"{name}/weighed"] = float(np.abs(weight).max()) * seen.most("x") * _ROOM / _MOST
    for name in seen.high:
        if name.endswith("scores"):
            scales[name] = max(seen.high[n] - seen.low[n] + _REACH + 2 for n in seen.high if n.endswith("scores")) / 255
            zero_points[name] = round(127 - (seen.high[name] + 1) / scales[name])
        elif name.endswith("silu"):
            scales[name], zero_points[name] = best_scale(seen.sample(name), seen.high[name] - min(seen.low[name], 0.0), 255), -128
            zero_points[name] += round(max(-seen.low[name], 0.0) / scales[name])
        elif name not in scales:
            scales[name] = best_scale(seen.sample(name), 2 * seen.most(name), 254)
    of_norms = _norm_scales(model, seen.squares)
    for name in list(scales):
        if name[-2:] in ("d1", "d2"):
            scales[name] = _multiple(scales[name], scales["x"])
        if name[-2:] in ("n1", "n2") or name == "n":
            scales |= {f"{name}/{key}": value for key, value in of_norms.items()}
    matrices = float_weights(model)
    whole = {name for name in ("embedding", "head") if steps and name not in steps}  # trained as they are: they keep 8 bits
    made = {name: _weight(value, 8 if name in whole else bits, (steps or {}).get(name)) for name, value in matrices.items()}
    step = _multiple(made["embedding"].scale, scales["x"])
    ends = 8 if "embedding" in whole else bits
    made["embedding"] = Weight(_rounded(matrices["embedding"], step, ends), step, ends)
    return Quantised(model, made, scales, zero_points, window)


def _norm_weights(model: Llama) -> dict[str, Floats]:
    w = model.weights
    each = {f"{layer}/{short}": w[name][layer] for short, name in _NORMS.items() for layer in range(model.shape.layers)}
    return each | {"n": w["norm"]}


def _norm_scales(model: Llama, squares: Sequence[float]) -> dict[str, float]:
    least = squares[0] / 2 + model.shape.dim * model.epsilon
    return {"squares": squares[1] * _ROOM**2 / _MOST, "factor": 1 / np.sqrt(least) / _MOST}


def _multiple(scale: float, unit: float) -> float:
    return max(round(scale / unit), 1) * unit


def best_scale(values: Floats, span: float, levels: int) -> float:
    """The step of ``levels`` levels over at most ``span`` with the least cubed error on values, those beyond it clipped."""
    symmetric = levels % 2 == 0
    best = (np.inf, span / levels)
    for share in np.arange(1.0, 0.3, -0.03):
        step = span * share / levels
        low, high = (-levels // 2, levels // 2) if symmetric else (-np.inf, (span * share + min(float(values.min()), 0.0)) / step)
        error = float(np.mean(np.abs(np.clip(np.round(values / step), low, high) * step - values) ** 3))
        best = min(best, (error, step))
    return best[1]


def _rounded(values: Floats, scale: float, bits: int) -> np.ndarray:
    """int4 has a value more below 0; -128 is kept out, whose negative is no int8."""
    most = (1 << (bits - 1)) - 1
    return np.clip(np.round(values / scale), -most - (bits == 4), most).astype(np.int8)


def weight_scale(values: Floats, bits: int) -> float:
    """One scale for a matrix of so many bits."""
    most = (1 << (bits - 1)) - 1
    return best_scale(values.reshape(-1), 2 * float(np.abs(values).max()), 2 * most)


def _weight(values: Floats, bits: int, scale: float | None = None) -> Weight:
    scale = weight_scale(values, bits) if scale is None else scale
    return Weight(_rounded(values, scale, bits), scale, bits)
