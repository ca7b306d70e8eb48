"""FULLY_CONNECTED on packed rows against its meaning, on an emulated Cortex-M4 with a fence behind every array."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.compiler.batch import Case, program_of
from tests.compiler.layers import KINDS, STACK, differs, expect_equal, expect_expanded_once, fully_connected, kinds_of, meaning, of
from tests.compiler.on_core import Core
from tinylm.compiler.ops import packed
from tinylm.compiler.packing import dual, nibbles, tiles

pytestmark = pytest.mark.usefixtures("no_signs")


@pytest.mark.parametrize("inputs", [1, 3, 4, 7, 8, 9, 31, 32, 33, 40, 96, 515, 640])
def test_fully_connected(m4: Core, inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    for outputs, kind in zip([1, 2, 3, 4, 5, 8, 11], KINDS, strict=True):
        w, x = of(kind, rng, (outputs, inputs)), of(rng.choice(KINDS), rng, (int(rng.integers(1, 3)), inputs))
        bias = rng.integers(-(1 << 20), 1 << 20, outputs).astype(np.int32)
        zeros = (int(rng.integers(-128, 128)), int(rng.choice([-128, -5, 0, 127])))
        base = 2.0 ** -int(rng.integers(1, 21))
        many = [base * float(factor) for factor in rng.uniform(0.2, 0.9, outputs)]
        for real in (None, base * 0.7, many):
            expect_equal(m4, fully_connected(w, x, bias, real, zeros, int(rng.integers(0, 4))))


@pytest.mark.parametrize("inputs", [1, 4, 7, 8, 9, 33, 96, 511])
def test_fully_connected_int4(m4: Core, inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    for outputs, fixed in zip([1, 2, 3, 4, 5, 8, 11], [None, -8, 7, 0, None, None, None], strict=True):
        w = rng.integers(-8, 8, (outputs, inputs)) if fixed is None else np.full((outputs, inputs), fixed)
        x, bias = of(rng.choice(KINDS), rng, (2, inputs)), rng.integers(-1000, 1000, outputs).astype(np.int32)
        many = [float(factor) / (10 * inputs) for factor in rng.uniform(0.2, 0.9, outputs)]
        for real in (0.4 / inputs, many):
            outcome = expect_equal(m4, fully_connected(w.astype(np.int8), x, bias, real, (3, 5), int(rng.integers(0, 4)), "int4"))
            assert outcome.functions[0].startswith("tl_fc_nibbles_") or inputs == 511


@pytest.mark.parametrize("inputs", [1, 4, 23, 32, 130])
def test_activations_are_expanded_once_for_all_layers_that_read_them(m4: Core, inputs: int) -> None:
    expect_expanded_once(m4, inputs)


@pytest.mark.parametrize("dtype", ["int8", "int4"])
@pytest.mark.parametrize("real", [0.51, 0.57, 0.99, 1.0, 1.7, 5.3, 31.9])
def test_large_scales_need_no_exact_finish(m4: Core, real: float, dtype: str) -> None:
    """Multipliers that shift sums to the left or not at all: yes and no as inputs have them."""
    rng = np.random.default_rng(4)
    for zero in (-128, 3, 127):
        w, x = rng.integers(-8, 8, (12, 23)).astype(np.int8), rng.choice([0, 0, 1, -3], (2, 23)).astype(np.int8)
        outcome = expect_equal(m4, fully_connected(w, x, rng.integers(-40, 40, 12).astype(np.int32), real, (0, zero), 0, dtype))
        assert outcome.functions == [f"tl_fc_{'packed' if dtype == 'int8' else 'nibbles'}_read"]
        expect_equal(m4, fully_connected(of("ends", rng, (5, 40)), of("ends", rng, (1, 40)), np.zeros(5, np.int32), real, (7, zero), 1))


@pytest.mark.parametrize(("row", "bias"), [(0, 1 << 19), (1, 1 << 23), (2, 1 << 27), (3, (1 << 30) - 1)])
def test_int4_sums_beyond_the_edge_fall_back_and_would_be_wrong_without(
    m4: Core, row: int, bias: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    biases = np.zeros(4, np.int32)
    biases[row] = bias
    case = fully_connected(np.full((4, 16), 7, np.int8), np.full((1, 16), 127, np.int8), biases, 100 / bias, (0, 0), 0, "int4")
    assert expect_equal(m4, case).functions[-1].startswith(("tl_fours_", "tl_fc_packed_"))
    if row < 3:  # the last is for doubling only, and that wraps beyond the short requantisation's own bound
        monkeypatch.setattr(nibbles, "fits", lambda *_: True)
        assert differs(m4, case)


@pytest.mark.parametrize("real", [2.0**-31, 2.0**-23 * 0.7, 2.0**-22 * 0.7, 2.0**-21, 0.3, 0.5, 0.7, 1.0, 5.0])
def test_any_output_scale(m4: Core, real: float) -> None:
    """Shifts that the short requantisation takes and those around them, at the largest sums."""
    rng = np.random.default_rng(1)
    w, x = of("random", rng, (7, 50)), of("random", rng, (1, 50))
    for most in (1 << 8, 1 << 22, 1 << 29, (1 << 31) - 1):
        bias = rng.choice(np.array([-most, most], np.int64), 7).clip(-(1 << 31), (1 << 31) - 1).astype(np.int32)
        expect_equal(m4, fully_connected(w, x, bias, real))


def test_sums_that_the_shortest_finish_rounds_wrongly_take_another_one(m4: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """A multiplier whose first 24 bits are not enough for these very sums."""
    biases = np.array([1081314, -2180355, 2747602, 4378437], np.int32)
    case = fully_connected(np.eye(4, dtype=np.int8), np.zeros((1, 4), np.int8), biases, 0.6932007074356079 * 2.0**-15, (0, 3), unit=0.75)
    assert expect_equal(m4, case).functions == ["tl_fours_expand", "tl_fours_tensor"]
    proved = packed.near_finish
    monkeypatch.setattr(packed, "near_finish", lambda *args: replace(proved(*args), right=np.ones(1, bool)))
    assert m4.run(case).functions == ["tl_fours_expand", "tl_fours_near_15"] and differs(m4, case)


def at_the_edge(beyond: int, sign: int) -> Case:
    """Pairs of rows whose first ones come as close to sign * 2^23 on this very input as they may, or ``beyond`` that."""
    inputs = 500  # 255 * 127 * inputs < 2^24: the other end of the range is inside
    w = np.full((4, inputs), 127, np.int8)
    w[1::2] = -3
    x = np.full((1, inputs), -128 if sign < 0 else 127, np.int8)
    limit = -(1 << 23) if sign < 0 else (1 << 23) - 1
    bias = np.array([limit - int(w[0].astype(int) @ x[0]) + sign * beyond, 11, -7, 5], np.int32)
    bias[2] = bias[0]
    return fully_connected(w, x, bias, 100 / (1 << 23))


@pytest.mark.parametrize("sign", [-1, 1])
def test_rows_at_the_edge_are_packed_and_right(m4: Core, sign: int) -> None:
    outcome = expect_equal(m4, at_the_edge(0, sign))
    (packing,) = program_of(at_the_edge(0, sign).model, core_name="cortex-m4").packings
    assert packing.worst == packing.limit - 1
    assert outcome.functions[-1].startswith(("tl_fours_any_", "tl_fours_near_"))


@pytest.mark.parametrize("sign", [-1, 1])
def test_rows_beyond_the_edge_fall_back_and_would_be_wrong_without(m4: Core, sign: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at_the_edge(1, sign)
    assert expect_equal(m4, case).functions == ["tl_fc_packed_exact"]
    monkeypatch.setattr(dual, "pairs_fit", lambda weights, bias: np.ones(len(weights) // 2, bool))
    assert differs(m4, case)


def test_lanes_that_overflow_fall_back_and_would_be_wrong_without(m4: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """256 * -128 - 1 needs 17 bits; the other group of rows stays packed."""
    rng = np.random.default_rng(2)
    w = of("random", rng, (8, 24))
    w[0:2, 5] = -128, -1
    case = fully_connected(w, of("random", rng, (1, 24)), np.zeros(8, np.int32))
    assert expect_equal(m4, case).functions[0].endswith("_mixed")
    assert kinds_of(case) == [tiles.PLAIN, tiles.SHORT]
    monkeypatch.setattr(dual, "pairs_fit", lambda weights, bias: np.ones(len(weights) // 2, bool))
    assert differs(m4, case)


@pytest.mark.parametrize(("real", "bias"), [(2.0**-24 * 0.7, (1 << 29) + 9), (2.0**-9, (1 << 30) + 99)])
def test_sums_and_shifts_out_of_range_are_finished_exactly_and_would_be_wrong_without(
    m4: Core, real: float, bias: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    biases = np.array([0, bias, 0, bias], np.int32)  # of second rows: those of first ones are bounded more tightly
    case = fully_connected(of("random", rng, (4, 4)), of("zero", rng, (1, 4)), biases, real, (0, 127))
    assert expect_equal(m4, case).functions == ["tl_fc_packed_exact"]
    monkeypatch.setattr(dual, "short_rows", lambda weights, *_: np.ones(len(weights), bool))
    assert differs(m4, case)


@pytest.mark.parametrize(("outputs", "per_channel", "at"), [(37, False, (0, 35)), (38, True, (17, 36)), (40, True, (4, 5, 12))])
def test_only_groups_whose_proof_fails_fall_back(
    m4: Core, outputs: int, per_channel: bool, at: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows (``at``) that overflow a lane, or whose sums the short finish does not take; the others cost what they cost without these."""
    rng = np.random.default_rng(outputs)
    w, x = of("random", rng, (outputs, 24)), of("random", rng, (2, 24))
    real = [float(factor) / 2000 for factor in rng.uniform(0.3, 0.9, outputs)] if per_channel else 2.0**-11
    bias = rng.integers(-99, 99, outputs).astype(np.int32)
    whole = m4.run(fully_connected(w, x, bias, real), count=True)
    assert not whole.functions[0].endswith(("_mixed", "_exact"))
    overflowing, far = w.copy(), bias.copy()
    overflowing[[2 * (row // 2) for row in at], 5] = -128
    overflowing[[2 * (row // 2) + 1 for row in at], 5] = -1
    far[[2 * (row // 2) + 1 for row in at]] = (1 << 30) + 7
    cases = fully_connected(overflowing, x, bias, real), fully_connected(w, x, far, real)
    for case, kind in zip(cases, (tiles.PLAIN, tiles.LONG), strict=True):
        outcome = m4.run(case, count=True)
        np.testing.assert_array_equal(outcome.outputs[0], meaning(case)[0])
        assert outcome.functions[0].endswith("_mixed") and outcome.stack <= STACK
        assert kinds_of(case) == [kind if any(row // 4 == group for row in at) else tiles.SHORT for group in range(10)]
        (packing,) = program_of(case.model, core_name="cortex-m4").packings
        groups = len({row // 4 for row in at})
        assert (packing.plain, packing.slow) == ((groups, 0) if kind == tiles.PLAIN else (0, groups))
        assert outcome.instructions < whole.instructions + 2 * (200 + 900 * groups)
    monkeypatch.setattr(dual, "pairs_fit", lambda weights, bias: np.ones(len(weights) // 2, bool))
    monkeypatch.setattr(dual, "short_rows", lambda weights, *_: np.ones(len(weights), bool))
    assert differs(m4, cases[0])
