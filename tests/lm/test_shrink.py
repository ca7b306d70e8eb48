"""Pruned and factorised weights have the shapes that were asked for, and stay as close to the model as that allows."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.errors import InputError
from tinylm.lm import export
from tinylm.lm.shrink import factorise, matrices, prune_units, rank_for_energy, ranks_for_energy, ranks_for_size, shrink
from tinylm.lm.student import StudentSpec, initial

SPEC = StudentSpec(embedding=6, inner=12, layers=(16, 20), attention=8, window=12)
WEIGHTS = initial(SPEC, 40, 15, 3)


def shapes(weights: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: value.shape for name, value in weights.items()}


@pytest.mark.parametrize("layers", [(16, 20), (9, 20), (16, 7), (5, 5)])
def test_a_pruned_model_is_a_narrower_student(layers: tuple[int, int]):
    narrow = StudentSpec(embedding=6, inner=12, layers=layers, attention=8, window=12)
    assert shapes(shrink(WEIGHTS, narrow)) == shapes(initial(narrow, 40, 15, 3))


@pytest.mark.parametrize("layer", [0, 1])
def test_units_that_nothing_reads_are_pruned_first_and_nothing_changes(layer: int):
    pytest.importorskip("tflite_micro")
    from tinylm.lm.oracle import Oracle

    idle, weights = [2, 5, 6], {name: value.copy() for name, value in WEIGHTS.items()}
    readers = ["1.conv.w", "1.z.w", "1.c.w"] if layer == 0 else ["k.w", "v.w", "q.w", "start.w", "end.w", "head.w"]
    for name in readers:
        weights[name][..., idle] = 0
    pruned = prune_units(weights, layer, SPEC.layers[layer] - 3)
    assert np.array_equal(pruned[f"{layer}.c.w"], np.delete(weights[f"{layer}.c.w"], idle, axis=0))
    before, after = (
        Oracle(export.export(model, SPEC.window), export.step_graph("step.tflite", model, 25, SPEC.window)) for model in (weights, pruned)
    )
    for token in (3, 1, 4, 1, 5):
        assert np.array_equal(before.step(token, 0)[0], after.step(token, 0)[0])


@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 2**32 - 1), st.data())
def test_no_product_of_that_rank_is_nearer(rows: int, columns: int, seed: int, data: st.DataObject):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, columns)).astype(np.float32)
    most = int(np.ceil(rows * columns / (rows + columns))) - 1
    if most < 1:
        with pytest.raises(InputError, match="it may be"):
            factorise({"x.w": matrix}, "x", 1)
        return
    rank = data.draw(st.integers(1, most))
    made = factorise({"x.w": matrix, "x.b": matrix[:, 0]}, "x", rank)
    assert shapes(made) == {"x.b": (rows,), "x.high": (rows, rank), "x.low": (rank, columns)}
    assert made["x.high"].size + made["x.low"].size < matrix.size
    values = np.linalg.svd(matrix, compute_uv=False)
    assert np.linalg.norm(matrix - made["x.high"] @ made["x.low"]) == pytest.approx(np.linalg.norm(values[rank:]), rel=1e-4)


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_rank_for_all_energy_is_the_matrixs_own(rank: int, seed: int):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(9, rank)) @ rng.normal(size=(rank, 8))
    assert rank_for_energy(matrix.astype(np.float64), 1 - 1e-9) == rank
    assert rank_for_energy(matrix, 0.0) == 1


@pytest.mark.parametrize("share", [0.95, 0.7, 0.5])
def test_ranks_for_a_size_keep_to_it_and_lose_the_least_that_equal_ranks_would(share: float):
    whole = sum(value.size for value in WEIGHTS.values())
    ranks = ranks_for_size(WEIGHTS, round(share * whole))
    made = shrink(WEIGHTS, msgspec.structs.replace(SPEC, ranks=ranks))
    assert sum(value.size for value in made.values()) <= round(share * whole)
    assert set(ranks_for_energy(WEIGHTS, 0.5)) <= set(matrices(WEIGHTS)) and not ranks_for_energy(WEIGHTS, 1.0)
    with pytest.raises(InputError, match="weights are not to be had"):
        ranks_for_size(WEIGHTS, 100)


BAD = [
    (StudentSpec(layers=(17, 20)), r"student.layers\[0\] is 17, the model it starts from has 16"),
    (StudentSpec(layers=(16,)), "has 1 layers, the model it starts from 2"),
    (StudentSpec(layers=(16, 20), ranks={"nose": 3}), "names 'nose', which is no matrix of the model. There are: 0.c"),
    (StudentSpec(layers=(16, 20), ranks={"head": 9}), "student.ranks.head is 9; it may be 1 to 8"),
    (StudentSpec(layers=(16, 20), ranks={"head": 0}), "it may be 1 to 8"),
]


@pytest.mark.parametrize(("spec", "sentence"), BAD, ids=[row[1] for row in BAD])
def test_what_is_no_smaller_model_is_refused(spec: StudentSpec, sentence: str):
    with pytest.raises(InputError, match=sentence):
        shrink(WEIGHTS, spec)


@pytest.mark.parametrize(("bits", "values"), [(8, 127), (4, 7), (2, 1), (1, 1)])
def test_weights_take_the_values_that_their_bits_have(bits: int, values: int):
    steps = export.quantised(WEIGHTS["head.w"], bits)
    assert np.abs(steps).max() == values and (bits > 1 or not np.any(steps == 0))
