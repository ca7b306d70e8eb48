"""Four output rows a group, for kernels that multiply them with two vectors of activations at once (convolutions on the DSP extension).

Pairs of rows share lanes as in dual.py; what finishing needs travels with the rows.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array
from tinylm.compiler.packing import dual
from tinylm.compiler.packing.finish import Finish

GROUP = 4
#: How the kernel takes a group: packed and finished short; plain (four bytes a word); packed, but finished as TFLM does it.
SHORT, PLAIN, LONG = range(3)


def tiles(weights: Array, bias: Array, fits: Array, finish: Finish, multiplier: Array, shift: Array) -> tuple[Array, Array]:
    """([groups, words] uint32, [groups] uint8: how each is taken). All of whole groups of rows, depth a multiple of 4.

    A group: its four starts; for every two depths of each half (k, k + 2), then (k + 1, k + 3), a word a pair of rows; then of each row
    factor and start, and step if any row has one. Plain: the biases, for every four k one word a row. Where finished as TFLM does it:
    multiplier and shift for factor and start. fits: [n / 4] bool.
    """
    quads = finish.right.reshape(-1, GROUP).all(axis=1)
    kinds = np.where(~fits, PLAIN, np.where(quads, SHORT, LONG)).astype(np.uint8)
    starts = np.where(fits[:, None], _starts(bias), bias.reshape(-1, GROUP))
    body = np.where(fits[:, None], _pair_words(weights), dual.byte_words(weights, GROUP))
    short = np.repeat(kinds == SHORT, GROUP)
    given = [np.where(short, finish.factor, multiplier), np.where(short, finish.start, shift)]
    if finish.step.any():
        given.append(finish.step)
    ends = np.stack(given, axis=1).reshape(len(kinds), -1)
    words = np.concatenate([wrap32(starts), body, wrap32(ends)], axis=1) & 0xFFFFFFFF
    return words.astype(np.uint32), kinds


def _starts(bias: Array) -> Array:
    pairs = bias.reshape(-1, 2)
    return np.stack([256 * pairs[:, 0] + pairs[:, 1], pairs[:, 1]], axis=1).reshape(-1, GROUP)


def _pair_words(weights: Array) -> Array:
    """[groups, words]: for every four k lanes (0, 2) of both pairs, then (1, 3)."""
    lanes = (dual.lanes(weights) & 0xFFFF).reshape(-1, 2, weights.shape[1] // 4, 4)
    words = lanes[..., 0:2] | lanes[..., 2:4] << 16
    return words.transpose(0, 2, 3, 1).reshape(lanes.shape[0], -1)
