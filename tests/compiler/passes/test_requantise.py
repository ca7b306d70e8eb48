"""QUANTIZE without effect, and pairs that give back what they were given, are dropped."""

from __future__ import annotations

from pathlib import Path

from tests.build import Builder
from tests.compiler.passes.same import changed, runs_the_same
from tinylm.compiler.passes import requantise


def model(first: str, dtype: str, inner: dict[str, float], last: float = 0.05) -> Builder:
    """TANH, two changes of type or scale, LOGISTIC."""
    builder = Builder()
    x = builder.input((2, 5), scale=0.1)
    a = builder.tensor((2, 5), scale=1 / 128)
    b = builder.tensor((2, 5), dtype, **inner)
    c = builder.tensor((2, 5), scale=last)
    y = builder.output((2, 5), scale=1 / 256, zero_point=-128)
    builder.operator("TANH", [x], [a])
    builder.operator(first, [a], [b])
    builder.operator("QUANTIZE", [b], [c])
    builder.operator("LOGISTIC", [c], [y])
    return builder


def test_a_pair_through_float_that_is_exact_vanishes(tmp_path: Path) -> None:
    builder = model("DEQUANTIZE", "float32", {}, 1 / 128)
    changed(builder, requantise.run, ["TANH", "DEQUANTIZE", "QUANTIZE", "LOGISTIC"], ["TANH", "LOGISTIC"])
    runs_the_same(builder, tmp_path)


def test_a_quantize_to_the_same_quantisation_vanishes() -> None:
    builder = model("QUANTIZE", "int8", {"scale": 1 / 128}, 1 / 128)
    changed(builder, requantise.run, ["TANH", "QUANTIZE", "QUANTIZE", "LOGISTIC"], ["TANH", "LOGISTIC"])


def test_a_pair_through_finer_steps_that_is_exact_vanishes() -> None:
    builder = model("QUANTIZE", "int16", {"scale": 1 / 32768}, 1 / 128)
    changed(builder, requantise.run, ["TANH", "QUANTIZE", "QUANTIZE", "LOGISTIC"], ["TANH", "LOGISTIC"])


def test_a_pair_that_loses_bits_stays() -> None:
    builder = model("QUANTIZE", "int8", {"scale": 1 / 32}, 1 / 128)
    names = ["TANH", "QUANTIZE", "QUANTIZE", "LOGISTIC"]
    changed(builder, requantise.run, names, names)


def test_the_ends_of_the_graph_keep_their_tensors(tmp_path: Path) -> None:
    builder = Builder()
    builder.operator("QUANTIZE", [builder.input((1, 4), scale=0.1)], [builder.output((1, 4), scale=0.1)])
    changed(builder, requantise.run, ["QUANTIZE"], ["QUANTIZE"])
    runs_the_same(builder, tmp_path)
