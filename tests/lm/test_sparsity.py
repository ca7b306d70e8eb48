"""The schedule of unstructured pruning, and what its masks keep."""

from __future__ import annotations

import numpy as np
import pytest

from tinylm.lm.sparsity import Sparsity


def test_the_share_of_zeros_rises_to_what_is_asked_for_and_stays() -> None:
    sparsity = Sparsity(0.8, until=0.5)
    shares = [sparsity.at(step, 100) for step in range(101)]
    assert shares[0] == 0 and shares[50] == shares[100] == pytest.approx(0.8)
    assert shares == sorted(shares) and shares[10] > 0.8 * 10 / 50, "fast at first"


@pytest.mark.train
def test_the_schedule_is_that_of_tfmot() -> None:
    tfmot = pytest.importorskip("tensorflow_model_optimization")
    theirs = tfmot.sparsity.keras.PolynomialDecay(0.1, 0.8, 0, 60, frequency=20)
    ours = Sparsity(0.8, 0.1, 0.6, 20)
    for step in range(60):
        due, share = theirs(step)
        assert bool(due) == ours.due(step) and float(share) == pytest.approx(ours.at(step, 100), abs=1e-6)


def test_the_smallest_weights_go_and_those_that_went_stay_away() -> None:
    weight = np.random.default_rng(1).normal(size=(12, 10)).astype(np.float32)
    sparsity = Sparsity(0.5, until=1.0)
    early, late = (sparsity.mask(weight, step, 100) for step in (20, 100))
    assert int((late == 0).sum()) == 60 and np.abs(weight[late == 0]).max() <= np.abs(weight[late == 1]).min()
    assert not np.any(late[early == 0])
    assert [sparsity.thins(name) for name in ("0.z.w", "head.high", "0.conv.w", "0.z.b", "embedding")] == [True, True, False, False, False]
