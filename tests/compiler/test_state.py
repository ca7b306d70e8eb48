"""Variable tensors: outside the arena, reset to real zero, carried from one invocation to the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case, program_of, run_native

MEMORY = 3


def filter_model() -> bytes:
    """SVDF with one filter: the sum of the last three inputs."""
    builder = Builder()
    x = builder.input((1, 1), scale=1.0, zero_point=5)
    features = builder.tensor((1, 1), scale=1.0, data=np.ones((1, 1), np.int8))
    times = builder.tensor((1, MEMORY), scale=1.0, data=np.ones((1, MEMORY), np.int8))
    bias = builder.tensor((1,), "int32", scale=1.0, data=np.zeros(1, np.int32))
    state = builder.tensor((1, MEMORY), scale=1.0, zero_point=-7, variable=True)
    y = builder.output((1, 1), scale=1.0, zero_point=0)
    builder.operator("SVDF", [x, features, times, bias, state], [y], "SVDFOptions", rank=1)
    return builder.finish()


def test_state_is_carried_over_and_reset(tmp_path: Path) -> None:
    values = [np.full((1, 1), 5 + v, np.int8) for v in (1, 10, 20, 30)]
    cases = [Case(filter_model(), [values[0]], [[v] for v in values[1:]]), Case(filter_model(), [values[3]])]
    long, short = run_native(cases, tmp_path)
    assert [int(v[0, 0]) for v in long] == [1, 11, 31, 60]
    assert int(short[0][0, 0]) == 30


def test_state_lies_outside_the_arena() -> None:
    program = program_of(filter_model())
    assert program.state_bytes == 4  # three bytes, aligned
    assert program.arena_bytes == 8  # input and output
