"""The parts of a transformer: the passes make one operator of each, and no bit changes, in TFLM, in numpy, in C."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from tests.compiler.batch import Case, by_meaning, by_oracle, run_native
from tests.compiler.on_core import Core, build_kernels
from tests.compiler.transformer import KINDS, attention, tied
from tests.oracle import needs_oracle
from tinylm.compiler.passes import PASSES
from tinylm.compiler.program import check_graph
from tinylm.compiler.reader import read

CASES = 30


def cases(kind: str, count: int = CASES) -> list[Case]:
    return [KINDS[kind](np.random.default_rng([seed, len(kind)])) for seed in range(count)]


@needs_oracle
@pytest.mark.parametrize("kind", KINDS)
def test_one_operator_equal_to_the_oracle(kind: str, tmp_path: Path) -> None:
    drawn = cases(kind)
    rights = [by_oracle(case, 1)[0] for case in drawn]
    for case, right in zip(drawn, rights, strict=True):
        graph = read(case.model, "case.tflite")
        np.testing.assert_array_equal(by_meaning(graph, case)[0], right)
        for run in PASSES:
            run(graph)
        assert [operator.name for operator in graph.operators] == [kind]
        np.testing.assert_array_equal(by_meaning(graph, case)[0], right)
    for right, found in zip(rights, run_native(drawn, tmp_path), strict=True):
        np.testing.assert_array_equal(found[0].reshape(right.shape), right)


@pytest.fixture(scope="module", params=["cortex-m4", "cortex-m0plus"])
def core(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Core:
    kernels = ["attention_s8", "turn_s8", "rms_norm_s16_s8", "onto_s16", "lookup_bytes", "lookup_s8"]
    return Core(build_kernels(request.param, tmp_path_factory.mktemp("kernels"), kernels), request.param)


@pytest.mark.parametrize("kind", KINDS)
def test_kernels_on_their_cores(core: Core, kind: str) -> None:
    drawn = cases(kind, 25)
    if kind == "ATTENTION":
        rng = np.random.default_rng(7)
        sizes = itertools.product((4, 8, 16), (4, 40), (False, True), (1, 40))
        drawn += [attention(rng, depth, window, far, reach) for depth, window, far, reach in sizes]
    for case in drawn:
        graph = read(case.model, "case.tflite")
        check_graph(graph)
        for found, right in zip(core.run(case).outputs, by_meaning(graph, case), strict=True):
            np.testing.assert_array_equal(found.reshape(right.shape), right)


@pytest.mark.parametrize("seed", range(6))
def test_a_tied_table_is_stored_once(core: Core, seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = tied(rng)
    graph = read(case.model, "case.tflite")
    check_graph(graph)
    for index in (-1, 0, int(rng.integers(0, 30)), 99):
        case.inputs[0][0] = index
        outcome = core.run(case)
        for found, right in zip(outcome.outputs, by_meaning(graph, case), strict=True):
            np.testing.assert_array_equal(found.reshape(right.shape), right)
    assert any("gather_fours" in name or "gather_eights" in name for name in outcome.functions)
