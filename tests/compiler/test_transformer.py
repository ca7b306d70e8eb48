"""The parts of a transformer: the passes make one operator of each, and no bit changes, in TFLM, in numpy, in C."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import Case, by_meaning, by_oracle, program_of, run_native
from tests.compiler.on_core import Core, build_kernels
from tests.compiler.on_image import CoreImage
from tests.compiler.transformer import KINDS, attention, cache, causal, tied
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
    kernels += ["batch_matmul_s8", "update_slice", "reach"]
    return Core(build_kernels(request.param, tmp_path_factory.mktemp("kernels"), kernels), request.param)


@pytest.mark.parametrize("kind", KINDS)
def test_kernels_on_their_cores(core: Core, kind: str) -> None:
    drawn = cases(kind, 10 if kind == "ATTENTION" else 25)
    if kind == "ATTENTION":
        rng = np.random.default_rng(7)
        sizes = itertools.product((4, 8, 16), (4, 40), (False, True), (1, 40), (False, True))
        drawn += [attention(rng, *size) for size in sizes]
    for case in drawn:
        graph = read(case.model, "case.tflite")
        check_graph(graph)
        for found, right in zip(core.run(case).outputs, by_meaning(graph, case), strict=True):
            np.testing.assert_array_equal(found.reshape(right.shape), right)


def stateful(kind: str) -> list[Case]:
    rng = np.random.default_rng(3)
    if kind == "cache":
        return [cache(rng, adj_y=bool(i % 4)) for i in range(24)]
    return [causal(rng, dtype="int4" if i % 4 == 3 else "int8") for i in range(24)]


@needs_oracle
@pytest.mark.parametrize("kind", ["cache", "causal"])
def test_states_are_carried_as_by_the_oracle(kind: str, tmp_path: Path) -> None:
    drawn = stateful(kind)
    for case, found in zip(drawn, run_native(drawn, tmp_path), strict=True):
        rights = by_oracle(case, 1)
        for values in (found, by_meaning(read(case.model, "case.tflite"), case)):
            for value, right in zip(values, rights, strict=True):
                np.testing.assert_array_equal(value, right)


@pytest.mark.parametrize("name", ["cortex-m4", "cortex-m0plus", "rv32imc"])
def test_states_are_carried_on_cores(name: str, tmp_path: Path) -> None:
    drawn = [*stateful("cache"), *stateful("causal")]
    image = CoreImage(name, drawn, tmp_path)
    for number, case in enumerate(drawn):
        for value, right in zip(image.run(number), by_meaning(read(case.model, "case.tflite"), case), strict=True):
            np.testing.assert_array_equal(value, right)


@pytest.mark.parametrize(("kind", "kernel"), [("cache", "tl_reach"), ("causal", "tl_causal_")])
def test_kernels_with_states_touch_nothing_else(core: Core, kind: str, kernel: str) -> None:
    for case in stateful(kind):
        right = by_meaning(read(case.model, "case.tflite"), case)[0]
        outcome = core.run(case)
        np.testing.assert_array_equal(outcome.outputs[0], right)
        assert any(name.startswith(kernel) for name in outcome.functions)


def test_what_is_no_empty_state_has_no_reach() -> None:
    case = cache(np.random.default_rng(1))
    assert all(call.function != "tl_reach" for call in program_of(case.model).calls)


def test_a_cache_is_read_as_far_as_it_was_written(core: Core) -> None:
    case = cache(np.random.default_rng(2), 32, 64)
    case.inputs[0] = np.array([3, 0], np.int32)
    near = core.run(case, count=True).instructions
    case.inputs[0] = np.array([63, 0], np.int32)
    assert near < core.run(case, count=True).instructions / 2


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_softmax_of_many_equal_values_has_defined_behaviour(dtype: str, tmp_path: Path) -> None:
    """Where they are so many that the oracle stops with an assertion, too."""
    cases = []
    for count in (256, 511, 512, 513, 1024, 4095):
        builder = Builder()
        x = builder.input((1, count), scale=0.1)
        end = {"scale": 1 / 256, "zero_point": -128} if dtype == "int8" else {"scale": 1 / 65536, "zero_point": -32768}
        builder.operator("SOFTMAX", [x], [builder.output((1, count), dtype, **end)], "SoftmaxOptions", beta=1.0)
        cases.append(Case(builder.finish(), [np.full((1, count), 5, np.int8)]))
    for case, found in zip(cases, run_native(cases, tmp_path, sanitize=True), strict=True):
        np.testing.assert_array_equal(found[0], by_meaning(read(case.model, "case.tflite"), case)[0])


@pytest.mark.parametrize(("seed", "bits"), [(0, 8), (1, 8), (2, 8), (3, 8), (4, 4), (5, 4), (6, 4)])
def test_a_tied_table_is_stored_once(core: Core, seed: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    case = tied(rng, bits)
    graph = read(case.model, "case.tflite")
    check_graph(graph)
    for index in (-1, 0, int(rng.integers(0, 30)), 99):
        case.inputs[0][0] = index
        outcome = core.run(case)
        for found, right in zip(outcome.outputs, by_meaning(graph, case), strict=True):
            np.testing.assert_array_equal(found.reshape(right.shape), right)
    gathers = [name for name in outcome.functions if "gather" in name]
    wanted = {"cortex-m4": {8: "fours", 4: "quads"}, "cortex-m0plus": {8: "eights", 4: "nibbles"}}
    assert gathers == [f"tl_gather_{wanted[core.name][bits]}_s8"]
