"""No instruction count grows by more than 1 % unnoticed, and code stays within its budget."""

from __future__ import annotations

import pytest

from bench.counts import BOARDS, M55_CORE, MODELS, available, cores_of, count, stored

TABLE = stored()
#: Bytes of code with --optimize balanced: all flash that is neither constants of the model nor the board's startup and console. The
#: Pico's autoencoder has more, because the console that judges it needs 2 KB of routines for floats, which count as libraries.
BUDGETS = {
    **{f"{name} {board}": 10 << 10 for name in ("kws01", "ic01") for board in BOARDS},
    "ad01 nrf52840": 6 << 10,
    "ad01 pico": (6 << 10) + 512,
}


@pytest.mark.parametrize("key", [pytest.param(key, marks=pytest.mark.slow if key.endswith(M55_CORE) else ()) for key in sorted(TABLE)])
def test_instructions_have_not_grown(key: str) -> None:
    pytest.importorskip("unicorn")
    name, board = key.split()
    if name not in available():
        pytest.skip(f"{MODELS[name]} or the oracle is not here (set TINYLM_DATA to the folder that has the models)")
    if board not in cores_of(name):
        pytest.skip("qemu-system-arm is not on PATH")
    found = count(name, board)
    now, before = found["instructions"], TABLE[key]["instructions"]
    assert key not in BUDGETS or found["code"] <= BUDGETS[key]
    assert now <= before * 1.01, f"{before:,} -> {now:,}: find out why, or store it with: python -m bench.counts --update"
