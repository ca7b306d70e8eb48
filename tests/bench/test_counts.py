"""No instruction count grows by more than 1 % unnoticed."""

from __future__ import annotations

import pytest

from bench.counts import MODELS, available, count, stored

TABLE = stored()


@pytest.mark.parametrize("key", sorted(TABLE))
def test_instructions_have_not_grown(key: str) -> None:
    pytest.importorskip("unicorn")
    name, board = key.split()
    if name not in available():
        pytest.skip(f"{MODELS[name]} or the oracle is not here (set TINYLM_DATA to the folder that has the models)")
    now, before = count(name, board)["instructions"], TABLE[key]["instructions"]
    assert now <= before * 1.01, f"{before:,} -> {now:,}: find out why, or store it with: python -m bench.counts --update"
