"""Elementwise chains from bytes to bytes become one table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.build import Builder
from tests.compiler.passes.same import changed, runs_the_same
from tinylm.compiler.passes import tables


def whole() -> Builder:
    """QUANTIZE, MUL by a constant, ADD of a constant, LOGISTIC: all on bytes."""
    builder = Builder()
    x = builder.input((3, 5), "uint8", scale=0.1, zero_point=120)
    a, b, c = (builder.tensor((3, 5), scale=0.08 * n, zero_point=n) for n in (1, 2, 3))
    factor = builder.tensor((), scale=0.01, data=np.int8(77))
    term = builder.tensor((1,), scale=0.02, data=np.int8(-50))
    y = builder.output((3, 5), scale=1 / 256, zero_point=-128)
    builder.operator("QUANTIZE", [x], [a])
    builder.operator("MUL", [factor, a], [b], "MulOptions")
    builder.operator("ADD", [b, term], [c], "AddOptions")
    builder.operator("LOGISTIC", [c], [y])
    return builder


def through_float() -> Builder:
    builder = Builder()
    x = builder.input((4, 4), scale=0.05, zero_point=-128)
    a, b = builder.tensor((4, 4), "float32"), builder.tensor((4, 4), "float32")
    y = builder.output((4, 4), scale=0.02, zero_point=-128)
    builder.operator("DEQUANTIZE", [x], [a])
    builder.operator("SQRT", [a], [b])
    builder.operator("QUANTIZE", [b], [y])
    return builder


def test_a_chain_on_bytes_is_one_table(tmp_path: Path) -> None:
    changed(whole(), tables.run, ["QUANTIZE", "MUL", "ADD", "LOGISTIC"], ["LOOKUP"])
    runs_the_same(whole(), tmp_path)


def test_a_chain_through_float_is_one_table(tmp_path: Path) -> None:
    changed(through_float(), tables.run, ["DEQUANTIZE", "SQRT", "QUANTIZE"], ["LOOKUP"])
    runs_the_same(through_float(), tmp_path)


def test_a_value_that_others_read_ends_the_chain() -> None:
    builder = Builder()
    x = builder.input((4, 4), scale=0.05)
    h = builder.output((4, 4), scale=1 / 128)
    builder.operator("TANH", [x], [h])
    builder.operator("LOGISTIC", [h], [builder.output((4, 4), scale=1 / 256, zero_point=-128)])
    changed(builder, tables.run, ["TANH", "LOGISTIC"], ["TANH", "LOGISTIC"])


def test_values_by_channel_are_no_table() -> None:
    builder = Builder()
    x = builder.input((64, 4), scale=0.05)
    factors = builder.tensor((4,), scale=0.01, data=np.array([1, 2, 3, 4], np.int8))
    builder.operator("MUL", [x, factors], [builder.output((64, 4), scale=0.05)], "MulOptions")
    changed(builder, tables.run, ["MUL"], ["MUL"])
