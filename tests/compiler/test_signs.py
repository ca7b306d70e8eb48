"""Layers of signs: found whatever the weights' type, right on every core that has kernels for them, and taken where they pay."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.build import Builder
from tests.compiler.batch import Case, build_native, call
from tests.compiler.layers import KINDS, differs, expect_equal, fully_connected, meaning, of
from tests.compiler.on_core import Core, build_kernels
from tests.compiler.test_scalar_kernels import core_of
from tests.oracle import Oracle, needs_oracle
from tinylm import cores
from tinylm.compiler.ops import signs as lowering
from tinylm.compiler.packing import costs, lanes
from tinylm.compiler.packing.signs import signs
from tinylm.compiler.program import compile_graph
from tinylm.compiler.reader import read

CORES = ["cortex-m0plus", "cortex-m3", "rv32imc", "cortex-m4"]
_BUILT: list[Core] = []


def on(name: str, factory: pytest.TempPathFactory) -> Core:
    if name != "cortex-m4":
        return core_of(name, factory)
    if not _BUILT:
        _BUILT.append(Core(build_kernels(name, factory.mktemp("kernels"), ["lookup_s8"])))
    return _BUILT[0]


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Core:
    return on(request.param, tmp_path_factory)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small layers too, where it does not pay."""
    monkeypatch.setattr(lowering, "pays", lambda *_: True)


def drawn(rng: np.random.Generator, outputs: int, inputs: int, binary: bool) -> np.ndarray:
    """Signs times a factor, one for all rows or one a row; some rows of nothing."""
    values = rng.choice([-1, 1] if binary else [-1, 0, 1], (outputs, inputs))
    factors = rng.choice([0, 1, 7, 127], (outputs, 1)) if rng.random() < 0.5 else rng.choice([1, 3, 128])
    return (values * factors).clip(-127, 127).astype(np.int8)


def is_signs(functions: list[str]) -> bool:
    return functions[0] in ("tl_fc_tables_s8", "tl_fc_lanes_s8")


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("inputs", [1, 4, 7, 33, 121, 250])
def test_layers_of_signs(core: Core, inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    for outputs, kind in zip([1, 2, 7, 8, 9, 16, 19], KINDS, strict=True):
        w, x = drawn(rng, outputs, inputs, bool(outputs % 2)), of(kind, rng, (int(rng.integers(1, 3)), inputs))
        bias = rng.integers(-(1 << 20), 1 << 20, outputs).astype(np.int32)
        many = [float(factor) for factor in 2.0 ** -rng.uniform(2, 20, outputs)]
        for real in (None, many[0], many):
            case = fully_connected(w, x, bias, real, (int(rng.integers(-128, 128)), -5), int(rng.integers(0, 4)))
            assert is_signs(expect_equal(core, case).functions)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("inputs", [7, 120, 500])
def test_the_largest_sums(core: Core, inputs: int, binary: bool) -> None:
    for value in (-128, 127):
        for sign in (-127, 127):
            w = np.full((9, inputs), sign, np.int8)
            if not binary:
                w[3, 0] = w[4] = 0
            case = fully_connected(w, np.full((1, inputs), value, np.int8), np.arange(9, dtype=np.int32), 1e-5)
            assert is_signs(expect_equal(core, case).functions)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(("real", "bias"), [(5.0, -7), (2.0**-9, (1 << 31) - 1), (2.0**-31, -(1 << 31)), (1.0, 3), (0.7, 0)])
def test_any_output_scale(core: Core, real: float, bias: int) -> None:
    rng = np.random.default_rng(3)
    w, x = drawn(rng, 9, 30, False), of("random", rng, (1, 30))
    expect_equal(core, fully_connected(w, x, np.full(9, bias, np.int32), real, (0, 127)))


def pointwise(w: np.ndarray, x: np.ndarray, stride: int = 1) -> Case:
    """A 1x1 convolution. w [outputs, inputs], x [batch, height, width, inputs]."""
    builder, scales = Builder(), [float(real) for real in np.linspace(2.0**-9, 2.0**-7, len(w))]
    operands = [
        builder.input(x.shape, scale=1.0, zero_point=5),
        builder.tensor((len(w), 1, 1, w.shape[1]), "int8", scale=scales, axis=0, data=w),
        builder.tensor((len(w),), "int32", scale=scales, axis=0, data=np.arange(len(w), dtype=np.int32)),
    ]
    y = builder.output((x.shape[0], *(-(-side // stride) for side in x.shape[1:3]), len(w)), scale=1.0, zero_point=-3)
    options = {"strideH": stride, "strideW": stride, "dilationHFactor": 1, "dilationWFactor": 1}
    builder.operator("CONV_2D", operands, [y], "Conv2DOptions", **options)
    return Case(builder.finish(), [x])


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("binary", [True, False])
def test_a_pointwise_convolution_is_such_a_layer(core: Core, binary: bool) -> None:
    rng = np.random.default_rng(13)
    for outputs, inputs in [(5, 3), (16, 40), (9, 33)]:
        w, x = drawn(rng, outputs, inputs, binary), of("full", rng, (2, 3, 5, inputs))
        assert is_signs(expect_equal(core, pointwise(w, x)).functions)
        assert not is_signs(expect_equal(core, pointwise(w, x, stride=2)).functions)


@needs_oracle
@pytest.mark.parametrize("dtype", ["int8", "int4"])
@pytest.mark.parametrize("binary", [True, False])
def test_they_equal_the_oracle(core: Core, dtype: str, binary: bool) -> None:
    rng = np.random.default_rng(8)
    values = rng.choice([-7, 7] if binary else [-7, 0, 7], (128, 96)).astype(np.int8)
    bias = rng.integers(-2000, 2000, 128).astype(np.int32)
    case = fully_connected(values, of("full", rng, (1, 96)), bias, None, (9, -3), 1, dtype)
    outcome = core.run(case)
    assert is_signs(outcome.functions)
    np.testing.assert_array_equal(outcome.outputs[0], Oracle(case.model).run(case.inputs)[0])


@given(arrays.arrays(np.int8, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.sampled_from([-128, -3, -2, 0, 2, 3])))
def test_signs_are_found_where_every_row_has_one_size(w: np.ndarray) -> None:
    found = signs(w)
    alike = all(len(set(np.abs(row.astype(int))) - {0}) <= 1 for row in w)
    assert (found is not None) == alike
    if found:
        np.testing.assert_array_equal(found.values * found.factors[:, None], w)
        assert found.binary == bool((found.values != 0).all())


def test_a_pass_of_lanes_ends_before_they_run_into_each_other(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    m4 = on("cortex-m4", tmp_path_factory)
    case = fully_connected(np.ones((64, 136), np.int8), np.full((1, 136), -128, np.int8), np.arange(64, dtype=np.int32))
    assert is_signs(expect_equal(m4, case).functions)
    monkeypatch.setattr(lanes, "PASS", 136)
    assert differs(m4, case)


@pytest.mark.usefixtures("always")
def test_the_c_has_defined_behaviour(tmp_path: Path) -> None:
    """On the host, where undefined behaviour traps."""
    host = cores.Core("host", "host", ("-target", "native"), (), frozenset({"scalar"}))
    rng = np.random.default_rng(11)
    cases: list[Case] = []
    for inputs in (3, 33, 150):
        for kind in KINDS:
            w = drawn(rng, 9, inputs, bool(inputs % 2))
            cases.append(fully_connected(w, of(kind, rng, (2, inputs)), np.full(9, 1 << 29, np.int32), float(rng.choice([1e-6, 5.0]))))
    programs = []
    for i, case in enumerate(cases):
        graph = read(case.model, "case.tflite")
        programs.append(compile_graph(graph, host, "balanced", "case", graph.inputs, graph.outputs, prefix=f"c{i}_"))
    library = ctypes.CDLL(str(build_native(programs, tmp_path, sanitize=True)))
    for i, (program, case) in enumerate(zip(programs, cases, strict=True)):
        assert is_signs([each.function for each in program.calls])
        np.testing.assert_array_equal(call(library, f"c{i}_", program, case)[0], meaning(case)[0])


@pytest.mark.usefixtures("always")
def test_words_are_aligned_wherever_activations_lie(tmp_path_factory: pytest.TempPathFactory) -> None:
    rng = np.random.default_rng(12)
    for inputs in (5, 30, 77):
        for binary in (True, False):
            case = fully_connected(drawn(rng, 9, inputs, binary), of("random", rng, (2, inputs)), np.zeros(9, np.int32))
            on("cortex-m0plus", tmp_path_factory).run(case, aligned=True)


@pytest.mark.parametrize(
    ("name", "ternary", "binary"),
    [("cortex-m0plus", 1.5, 1.15), ("cortex-m3", 1.35, 1.05), ("cortex-m4", 0.6, 0.6), ("rv32imc", 1.65, 1.2)],
)
def test_instructions_a_product(tmp_path_factory: pytest.TempPathFactory, name: str, ternary: float, binary: float) -> None:
    """Of whole layers of 96 inputs and 384 outputs."""
    rng = np.random.default_rng(7)
    for values, most in (([-127, 0, 127], ternary), ([-1, 1], binary)):
        w = rng.choice(values, (384, 96)).astype(np.int8)
        outcome = on(name, tmp_path_factory).run(fully_connected(w, of("random", rng, (1, 96)), np.zeros(384, np.int32)), count=True)
        assert is_signs(outcome.functions)
        assert outcome.instructions < most * w.size


@pytest.mark.parametrize("name", CORES)
@pytest.mark.parametrize("values", [(-127, 0, 127), (-1, 0, 1), (-1, 1)])
def test_the_choice_is_the_better_one(
    tmp_path_factory: pytest.TempPathFactory, name: str, values: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Around where the costs meet, and far from there."""
    rng = np.random.default_rng(5)
    core, taken = on(name, tmp_path_factory), set()
    for outputs, inputs in [(8, 16), (16, 40), (24, 24), (40, 40), (64, 16), (96, 96), (200, 200)]:
        w = rng.choice(values, (outputs, inputs)).astype(np.int8)
        case = fully_connected(w, of("random", rng, (1, inputs)), np.zeros(outputs, np.int32))
        chosen = core.run(case, count=True)
        pays = is_signs(chosen.functions)
        taken.add(pays)
        with monkeypatch.context() as patch:
            patch.setattr(lowering, "pays", lambda *_, pays=pays: not pays)
            other = core.run(case, count=True)
        assert is_signs(other.functions) != pays
        assert chosen.instructions < other.instructions * 1.2  # the estimates are within 20 %
    assert taken == {True, False}


def test_every_core_with_packed_kernels_has_costs() -> None:
    for core in cores.CORES.values():
        if core.features & {"dsp", "scalar"}:
            assert 0 < costs.instructions(core, "ternary", 99, 99) < costs.instructions(core, "int8", 99, 99)
