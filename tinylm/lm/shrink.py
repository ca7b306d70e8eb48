"""Trained weights made smaller, as the start of a further training: units pruned away, and matrices factorised.

Both make the tensors of the step graph themselves smaller, so that flash and time fall by as much, on any runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinylm.errors import InputError
from tinylm.lm.export import piece_scale

if TYPE_CHECKING:
    from tinylm.lm.student import StudentSpec

Weights = dict[str, NDArray[np.float32]]
LOW, HIGH = "low", "high"  # of a factorised matrix: y = high (low x)


def shrink(weights: Mapping[str, NDArray[np.float32]], to: StudentSpec) -> Weights:
    """The weights of a student with as many layers, at the widths and ranks of ``to``. Raises InputError where ``to`` is wider."""
    made = dict(weights)
    layers = sum(name.endswith(".z.b") for name in made)
    if layers != len(to.layers):
        raise InputError(f"student.layers has {len(to.layers)} layers, the model it starts from {layers}; pruning keeps their number.")
    for layer, width in enumerate(to.layers):
        made = prune_units(made, layer, width)
    for name, rank in to.ranks.items():
        made = factorise(made, name, rank)
    return made


def rescaled(weights: Mapping[str, NDArray[np.float32]], before: int, after: int) -> Weights:
    """The same student where its weights' bits were ``before`` and are to be ``after``: the scale of the embedding goes with them."""
    made, factor = dict(weights), np.float32(piece_scale(after) / piece_scale(before))
    name = "wide.w" if "wide.w" in made else f"wide.{LOW}"
    width = made["embedding"].shape[1]
    made["embedding"] = made["embedding"] * factor
    made[name] = np.append(made[name][:, :width] / factor, made[name][:, width:], axis=1)
    return made


def prune_units(weights: Mapping[str, NDArray[np.float32]], layer: int, width: int) -> Weights:
    """A layer with its ``width`` most important units: structured pruning. Raises InputError where the layer is narrower.

    A unit's importance is what its loss would change at most: the norm of all that reads it times the norm of what makes its candidate
    (after Li et al. 2017, "Pruning Filters for Efficient ConvNets", arXiv 1608.08710, with the readers' side added).
    """
    made = dict(weights)
    now = len(made[f"{layer}.z.b"])
    if width > now:
        raise InputError(f"student.layers[{layer}] is {width}, the model it starts from has {now}; pruning only makes smaller.")
    readers = _readers(made, layer)
    reading = sum(np.square(made[name]).sum(axis=tuple(range(made[name].ndim - 1))) for name in readers)
    importance = np.sqrt(reading) * np.linalg.norm(made[f"{layer}.c.w"], axis=1)
    kept = np.sort(np.argsort(-importance, kind="stable")[:width])
    for name in (f"{layer}.{gate}.{part}" for gate in "zc" for part in "wb"):
        made[name] = made[name][kept]
    for name in readers:
        made[name] = made[name][..., kept]
    for name in _writers_back(made, layer):
        made[name] = made[name][kept]
    return made


def _last(weights: Mapping[str, NDArray[np.float32]], layer: int) -> bool:
    return f"{layer + 1}.z.b" not in weights


def _readers(weights: Mapping[str, NDArray[np.float32]], layer: int) -> list[str]:
    """Matrices whose last axis is the layer's units."""
    if _last(weights, layer):
        return [name for name in ("k.w", "v.w", "q.w", "start.w", "end.w", "head.w") if name in weights]
    return [f"{layer + 1}.{part}.w" for part in ("conv", "z", "c")]


def _writers_back(weights: Mapping[str, NDArray[np.float32]], layer: int) -> list[str]:
    """What is added to the layer's units from elsewhere: what attention read."""
    return [name for name in ("read.w", "read.b") if name in weights] if _last(weights, layer) else []


def factorise(weights: Mapping[str, NDArray[np.float32]], name: str, rank: int) -> Weights:
    """``name``.w [n, k] as ``name``.high [n, rank] times ``name``.low [rank, k]: the best of that rank (truncated SVD, Eckart and Young
    1936), both halves at the same size. Raises InputError: no such matrix, or a rank that saves nothing."""
    matrix = weights.get(f"{name}.w")
    if matrix is None or matrix.ndim != 2 or name.endswith("conv"):
        known = sorted(matrices(weights))
        raise InputError(f"student.ranks names '{name}', which is no matrix of the model.", hint=f"There are: {', '.join(known)}.")
    most = int(np.ceil(_even(matrix.shape))) - 1
    if not 0 < rank <= most:
        raise InputError(f"student.ranks.{name} is {rank}; it may be 1 to {most}: more saves nothing.")
    u, values, v = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    root = np.sqrt(values[:rank])
    made = {key: value for key, value in weights.items() if key != f"{name}.w"}
    made[f"{name}.{HIGH}"] = (u[:, :rank] * root).astype(np.float32)
    made[f"{name}.{LOW}"] = (root[:, None] * v[:rank]).astype(np.float32)
    return made


def _even(shape: tuple[int, ...]) -> float:
    """The rank at which both halves together are as large as the whole."""
    return shape[0] * shape[1] / (shape[0] + shape[1])


def rank_for_energy(matrix: NDArray[np.float32], energy: float) -> int:
    """The least rank that keeps this share (0 to 1) of the matrix's squared singular values."""
    squares = np.square(np.linalg.svd(matrix.astype(np.float64), compute_uv=False))
    return int(np.searchsorted(np.cumsum(squares) / squares.sum(), energy - 1e-12)) + 1


def matrices(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """The matrices that can be factorised, by name."""
    return {name.removesuffix(".w"): value for name, value in weights.items() if name.endswith(".w") and not name.endswith(".conv.w")}


def ranks_for_energy(weights: Mapping[str, NDArray[np.float32]], energy: float) -> dict[str, int]:
    """Of each matrix the least rank that keeps this share of its squared singular values, where that rank saves anything."""
    ranks = {name: rank_for_energy(value, energy) for name, value in matrices(weights).items()}
    return {name: rank for name, rank in ranks.items() if rank < _even(weights[f"{name}.w"].shape)}


def ranks_for_size(weights: Mapping[str, NDArray[np.float32]], size: int) -> dict[str, int]:
    """Ranks with which the model has at most ``size`` weights: again and again that matrix loses rank which pays with the least energy (a
    share of its own) for a weight saved. Raises InputError where ranks of 1 are not enough."""
    shares = {}
    for name, value in matrices(weights).items():
        squares = np.square(np.linalg.svd(value.astype(np.float64), compute_uv=False))
        shares[name] = np.append(np.cumsum(squares[::-1])[::-1] / squares.sum(), 0.0)  # lost when cut to each rank
    ranks: dict[str, int] = {}
    total = sum(value.size for value in weights.values())
    while total > size:
        offers = [offer for name in shares if (offer := _offer(name, weights[f"{name}.w"].shape, shares[name], ranks.get(name)))]
        if not offers:
            raise InputError(f"{size} weights are not to be had: with every matrix of rank 1 there are {total}.", where="[factorise] size")
        _, name, rank, saved = min(offers)
        ranks[name], total = rank, total - saved
    return ranks


def _offer(name: str, shape: tuple[int, ...], lost: NDArray[np.float64], rank: int | None) -> tuple[float, str, int, int] | None:
    """(energy lost a weight saved, name, the next lower rank, weights saved); None where there is none."""
    least = int(np.ceil(_even(shape))) - 1 if rank is None else rank - 1
    if least < 1:
        return None
    now = shape[0] * shape[1] if rank is None else rank * sum(shape)
    saved = now - least * sum(shape)
    return float(lost[least] - (0.0 if rank is None else lost[rank])) / saved, name, least, saved
