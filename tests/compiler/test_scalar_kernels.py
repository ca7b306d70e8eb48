"""Kernels for cores without SIMD against the operators' meaning, on emulated cores with a fence behind every array, and on the host."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiler.batch import Case, build_native, call
from tests.compiler.cases import GENERATORS
from tests.compiler.draw import Draw
from tests.compiler.layers import (
    CONVOLUTIONS,
    DEPTHWISE,
    KINDS,
    convolution,
    differs,
    expect_equal,
    expect_expanded_once,
    fully_connected,
    meaning,
    of,
    of_one_scale,
)
from tests.compiler.on_core import Core, build_kernels
from tests.compiler.on_riscv import RiscvCore
from tinylm import cores
from tinylm.compiler.packing import eights, nibble_pairs
from tinylm.compiler.program import compile_graph
from tinylm.compiler.reader import read

_CORES = {"cortex-m0plus": Core, "cortex-m3": Core, "rv32imc": RiscvCore}
_BUILT: dict[str, Core] = {}
#: Portable kernels that these models fall back to, and the one that keeps the image's start.
_PORTABLE = [
    *("add_s8", "mul_s8", "sum_table_s8", "fc_s8", "fc_s8_offset", "fc_s4"),
    *("conv_s8", "conv_s4", "depthwise_s8", "depthwise_s4", "lookup_s8"),
]

pytestmark = pytest.mark.usefixtures("no_signs")


def core_of(name: str, factory: pytest.TempPathFactory) -> Core:
    if name not in _BUILT:
        _BUILT[name] = _CORES[name](build_kernels(name, factory.mktemp("kernels"), _PORTABLE), name)
    return _BUILT[name]


@pytest.fixture(params=list(_CORES))
def each(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Core:
    return core_of(request.param, tmp_path_factory)


@pytest.fixture
def m0(tmp_path_factory: pytest.TempPathFactory) -> Core:
    return core_of("cortex-m0plus", tmp_path_factory)


@pytest.mark.parametrize("inputs", [1, 3, 4, 5, 8, 12, 40, 99, 515])
def test_fully_connected(each: Core, inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    for outputs, kind in zip([1, 2, 7, 8, 9, 16, 19], KINDS, strict=True):
        w, x = of(kind, rng, (outputs, inputs)), of(rng.choice(KINDS), rng, (int(rng.integers(1, 3)), inputs))
        bias = rng.integers(-(1 << 20), 1 << 20, outputs).astype(np.int32)
        zeros = (int(rng.integers(-128, 128)), int(rng.choice([-128, -5, 0, 127])))
        base = 2.0 ** -int(rng.integers(1, 21))
        many = [base * float(factor) for factor in rng.uniform(0.2, 0.9, outputs)]
        for real in (None, base * 0.7, many):
            expect_equal(each, fully_connected(w, x, bias, real, zeros, int(rng.integers(0, 4))))


@pytest.mark.parametrize("inputs", [1, 4, 23, 32])
def test_activations_are_expanded_once_for_all_layers_that_read_them(each: Core, inputs: int) -> None:
    expect_expanded_once(each, inputs)


@pytest.mark.parametrize("inputs", [1, 15, 16, 17, 40, 96, 530])
def test_fully_connected_of_int4_values(each: Core, inputs: int) -> None:
    """Whatever the file's type, in as many blocks as their size needs."""
    rng = np.random.default_rng(inputs)
    for outputs, (least, most) in zip([1, 7, 8, 19], [(-8, 7), (7, 7), (-8, -8), (-8, 7)], strict=True):
        w, x = rng.integers(least, most + 1, (outputs, inputs)).astype(np.int8), of(rng.choice(KINDS), rng, (2, inputs))
        bias = rng.integers(-4000, 4000, outputs).astype(np.int32)
        for real in (None, 0.9, 3.0, [float(factor) for factor in rng.uniform(0.001, 0.1, outputs)]):
            outcome = expect_equal(each, fully_connected(w, x, bias, real, (int(rng.integers(-128, 128)), -5)))
            assert outcome.functions == ["tl_fc_nibbles_s8"]


@pytest.mark.parametrize("value", [-128, 127])
@pytest.mark.parametrize("weight", [-8, 7])
def test_int4_rows_at_the_edge_of_a_block_are_right_and_beyond_it_would_be_wrong(
    each: Core, value: int, weight: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """32 times -8 times -128 is one more than 16 bits hold."""
    w, x = np.zeros((16, 64), np.int8), np.full((1, 64), value, np.int8)
    w[:, :31], w[3], w[14] = weight, weight, 0
    case = fully_connected(w, x, np.zeros(16, np.int32))
    assert nibble_pairs.block(w[:3]) == 64
    assert nibble_pairs.block(w) == 32 if weight == 7 else 24
    assert expect_equal(each, case).functions == ["tl_fc_nibbles_s8"]
    monkeypatch.setattr(nibble_pairs, "_in_range", lambda _: True)
    assert differs(each, case)


@pytest.mark.parametrize("real", [2.0**-31, 2.0**-23 * 0.7, 2.0**-21, 2.0**-9, 0.3, 0.5, 0.7, 1.0, 5.0])
def test_any_output_scale(each: Core, real: float) -> None:
    """Shifts that the short requantisation takes and those around them, at the largest sums."""
    rng = np.random.default_rng(1)
    w, x = of("random", rng, (9, 50)), of("random", rng, (1, 50))
    for most in (1 << 8, 1 << 22, 1 << 29, (1 << 31) - 1):
        bias = rng.choice(np.array([-most, most], np.int64), 9).clip(-(1 << 31), (1 << 31) - 1).astype(np.int32)
        expect_equal(each, fully_connected(w, x, bias, real))


def test_ties_round_as_the_oracle_has_them(each: Core) -> None:
    """Sums that lie halfway between two outputs, of both signs."""
    sums = np.arange(-64, 64, dtype=np.int32)
    for real in (0.75, 0.25, 0.125, 0.375, 2.0**-4 * 0.75):
        expect_equal(each, fully_connected(np.zeros((128, 4), np.int8), np.zeros((1, 4), np.int8), sums, real))


def at_the_edge(row: int, beyond: int, sign: int) -> Case:
    """One row that comes as close to sign * 2^23 on this very input as it may, or ``beyond`` that."""
    inputs = 500  # 255 * 127 * inputs < 2^24: the other end of the range is inside
    w = np.random.default_rng(4).integers(-127, 128, (8, inputs)).astype(np.int8)
    w[row] = 127
    x = np.full((1, inputs), -128 if sign < 0 else 127, np.int8)
    limit = -(1 << 23) if sign < 0 else (1 << 23) - 1
    bias = np.array([5, -7, 11, 0, 1, 2, 3, 4], np.int32)
    bias[row] = limit - int(w[row].astype(int) @ x[0]) + sign * beyond
    return fully_connected(w, x, bias, 100 / (1 << 23))


def is_plain(case: Case) -> bool:
    graph = read(case.model, "case.tflite")
    w, bias = (tensor.values() for tensor in graph.operators[0].inputs[1:])
    return bool(eights.eights(w, bias).plain[0])


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("row", [1, 3, 7])
def test_rows_at_the_edge_are_packed_and_right(each: Core, row: int, sign: int) -> None:
    case = at_the_edge(row, 0, sign)
    assert not is_plain(case)
    expect_equal(each, case)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("row", [1, 3, 7])
def test_rows_beyond_the_edge_fall_back_and_would_be_wrong_without(m0: Core, row: int, sign: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at_the_edge(row, 1, sign)
    assert is_plain(case)
    expect_equal(m0, case)
    monkeypatch.setattr(eights, "rows_fit", lambda least, _: np.ones(len(least) // 8, bool))
    assert differs(m0, case)


@pytest.mark.parametrize("row", [0, 2, 4, 6])
def test_first_and_third_rows_have_no_edge(each: Core, row: int) -> None:
    case = at_the_edge(row, 1000, 1)
    assert not is_plain(case)
    expect_equal(each, case)


@pytest.mark.parametrize(("real", "bias"), [(5.0, -7), (2.0**-9, (1 << 31) - 1)])
def test_sums_and_shifts_out_of_range_are_finished_exactly_and_would_be_wrong_without(
    m0: Core, real: float, bias: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    biases = np.array([bias, 0, bias, 0], np.int32)
    case = fully_connected(of("random", rng, (4, 4)), of("zero", rng, (1, 4)), biases, real, (0, 127))
    expect_equal(m0, case)
    monkeypatch.setattr(eights, "requantises_short", lambda *_: True)
    assert differs(m0, case)


@pytest.mark.parametrize(("image", "taps", "outputs", "options"), CONVOLUTIONS)
def test_convolution(each: Core, image: tuple[int, int, int, int], taps: tuple[int, int], outputs: int, options: dict[str, int]) -> None:
    rng = np.random.default_rng(sum(image))
    for _ in range(3):
        outcome = expect_equal(each, convolution("CONV_2D", rng, image, taps, outputs, **options))
        assert outcome.functions == ["tl_conv_eights_s8"]


@pytest.mark.parametrize(("image", "taps", "options"), DEPTHWISE)
def test_depthwise(each: Core, image: tuple[int, int, int, int], taps: tuple[int, int], options: dict[str, int]) -> None:
    rng = np.random.default_rng(sum(image))
    for _ in range(3):
        outcome = expect_equal(each, convolution("DEPTHWISE_CONV_2D", rng, image, taps, 1, **options))
        assert outcome.functions == ["tl_depthwise_taps_s8"]


def test_depthwise_of_one_channel_is_a_convolution(m0: Core) -> None:
    case = convolution("DEPTHWISE_CONV_2D", np.random.default_rng(9), (1, 9, 7, 1), (5, 4), 6, "random", stride=2)
    assert expect_equal(m0, case).functions == ["tl_conv_eights_s8"]


@pytest.mark.parametrize("name", ["ADD", "SUB"])
@pytest.mark.parametrize("scales", [(0.1, 0.1), (0.1, 0.07), (0.01, 0.3)])
def test_sums(each: Core, name: str, scales: tuple[float, float]) -> None:
    rng = np.random.default_rng(5)
    for size in (1, 3, 256, 4097):
        outcome = expect_equal(each, of_one_scale(name, (size,), scales, rng))
        assert outcome.functions[0].endswith("_table_s8" if scales[0] == scales[1] else "_pairs_s8")


@pytest.mark.parametrize("scales", [(0.1, 0.1), (1 / 128, 1 / 256), (0.01, 0.3)])
def test_products(each: Core, scales: tuple[float, float]) -> None:
    rng = np.random.default_rng(5)
    for size in (1, 3, 256, 4097):
        outcome = expect_equal(each, of_one_scale("MUL", (size,), scales, rng))
        assert outcome.functions == ["tl_product_pairs_s8"]


DRAWN = ["FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "SUB", "MUL"]


def drawn(name: str, count: int) -> list[Case]:
    """Models that the portable kernels are tested with, as far as they are int8."""
    cases: list[Case] = []

    @settings(max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def keep(data: st.DataObject) -> None:
        case = GENERATORS[name](Draw(data.draw))
        if all(values.dtype == np.int8 for values in case.inputs):
            cases.append(case)

    keep()
    assert len(cases) > count // 8
    return cases


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("count", [20, pytest.param(400, marks=pytest.mark.slow)])
def test_drawn_models(m0: Core, name: str, count: int) -> None:
    for case in drawn(name, count):
        expect_equal(m0, case)


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.slow
def test_drawn_models_on_risc_v(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    for case in drawn(name, 200):
        expect_equal(core_of("rv32imc", tmp_path_factory), case)


def test_the_c_of_these_kernels_has_defined_behaviour(tmp_path: Path) -> None:
    """On the host, where undefined behaviour traps: every kind of call, extremes included."""
    host = cores.Core("host", "host", ("-target", "native"), (), frozenset({"scalar"}))
    rng = np.random.default_rng(11)
    cases = [at_the_edge(1, beyond, sign) for beyond in (0, 1) for sign in (-1, 1)]
    cases += [fully_connected(of(kind, rng, (9, 33)), of("ends", rng, (2, 33)), np.zeros(9, np.int32), 0.001) for kind in KINDS]
    large = np.full(9, 1 << 30, np.int32)
    cases += [fully_connected(of("low", rng, (9, 33)), of("lowest", rng, (1, 33)), large, real) for real in (0.7, 5.0)]
    cases += [fully_connected(np.full((9, 33), 7, np.int8), of(kind, rng, (2, 33)), np.zeros(9, np.int32), 0.01) for kind in KINDS]
    cases += [convolution("CONV_2D", rng, image, taps, outputs, **options) for image, taps, outputs, options in CONVOLUTIONS]
    cases += [convolution("DEPTHWISE_CONV_2D", rng, image, taps, 1, **options) for image, taps, options in DEPTHWISE]
    cases += [of_one_scale(name, (300,), (0.1, 0.07), rng) for name in ("ADD", "SUB", "MUL")]
    programs = []
    for i, case in enumerate(cases):
        graph = read(case.model, "case.tflite")
        programs.append(compile_graph(graph, host, "balanced", "case", graph.inputs, graph.outputs, prefix=f"c{i}_"))
    library = ctypes.CDLL(str(build_native(programs, tmp_path, sanitize=True)))
    for i, (program, case) in enumerate(zip(programs, cases, strict=True)):
        for result, right in zip(call(library, f"c{i}_", program, case), meaning(case), strict=True):
            np.testing.assert_array_equal(result, right)


def test_small_code_uses_portable_kernels(m0: Core) -> None:
    rng = np.random.default_rng(6)
    case = fully_connected(of("random", rng, (4, 8)), of("random", rng, (1, 8)), np.zeros(4, np.int32))
    assert m0.run(case, optimize="size").functions == ["tl_fc_s8"]


@pytest.mark.parametrize(("name", "most"), [("cortex-m0plus", 3.9), ("cortex-m3", 2.7), ("rv32imc", 4.0)])
def test_instructions_a_product(tmp_path_factory: pytest.TempPathFactory, name: str, most: float) -> None:
    rng = np.random.default_rng(7)
    core = core_of(name, tmp_path_factory)
    dense = fully_connected(of("random", rng, (128, 128)), of("random", rng, (1, 128)), np.zeros(128, np.int32))
    pointwise = convolution("CONV_2D", rng, (1, 4, 4, 64), (1, 1), 64, "random", activation=0)
    narrow = fully_connected(rng.integers(-8, 8, (128, 128)).astype(np.int8), of("random", rng, (1, 128)), np.zeros(128, np.int32))
    assert core.run(narrow, count=True).instructions < {"cortex-m3": 2.0, "cortex-m0plus": 3.0, "rv32imc": 2.9}[name] * 128**2
    figures = core.run(dense, count=True).instructions / 128**2, core.run(pointwise, count=True).instructions / 16 / 64**2
    assert max(figures) < most, figures


def test_words_are_aligned_wherever_activations_lie(m0: Core) -> None:
    """A Cortex-M0+ faults on any other access. Arrays of bytes end where memory ends, so that many begin between words."""
    rng = np.random.default_rng(12)
    cases = [fully_connected(of("random", rng, (9, k)), of("random", rng, (2, k)), np.zeros(9, np.int32)) for k in (5, 8, 30)]
    cases += [fully_connected(np.full((9, k), 5, np.int8), of("random", rng, (2, k)), np.zeros(9, np.int32)) for k in (5, 16)]
    cases += [convolution("CONV_2D", rng, image, taps, outputs, **options) for image, taps, outputs, options in CONVOLUTIONS[:6]]
    cases += [convolution("DEPTHWISE_CONV_2D", rng, image, taps, 1, **options) for image, taps, options in DEPTHWISE[:4]]
    cases += [of_one_scale(name, (301,), (0.1, 0.07), rng) for name in ("ADD", "SUB", "MUL")]
    for case in cases:
        m0.run(case, aligned=True)
