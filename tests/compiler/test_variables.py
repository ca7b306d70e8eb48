"""Models with resource variables over several invocations: oracle, numpy meaning, generated C, and again after a reset."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiler.batch import Case, build_native, invoke, program_of
from tests.compiler.cases.variables import variables
from tests.compiler.draw import Draw
from tests.compiler.test_operators import FEW
from tests.oracle import Oracle, needs_oracle
from tinylm.compiler.graph import Graph
from tinylm.compiler.interpret import interpret
from tinylm.compiler.reader import read

STEPS = 5


def by_numpy(graph: Graph, steps: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
    results, states = [], {}
    for inputs in steps:
        values = interpret(graph, dict(zip(graph.inputs, inputs, strict=True)) | states)
        states = {old: values[new] for old, new in graph.states}
        results.append([values[tensor] for tensor in graph.outputs])
    return results


@needs_oracle
def test_variables_carry_their_values_over_invocations(tmp_path: Path) -> None:
    seen: list[tuple[Case, list[list[np.ndarray]], list[list[np.ndarray]]]] = []

    @settings(max_examples=FEW, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def numpy_equals_oracle(data: st.DataObject) -> None:
        draw = Draw(data.draw)
        case = variables(draw)
        steps = [[draw.values(str(value.dtype), value.shape) for value in case.inputs] for _ in range(STEPS)]
        graph, oracle = read(case.model, "case.tflite"), Oracle(case.model)
        expected = [oracle.run(inputs, len(graph.outputs)) for inputs in steps]
        same(by_numpy(graph, steps), expected, "numpy")
        seen.append((case, steps, expected))

    numpy_equals_oracle()
    seen = seen[-FEW:]
    programs = [program_of(case.model, f"c{i}_") for i, (case, _, _) in enumerate(seen)]
    library = ctypes.CDLL(str(build_native(programs, tmp_path)))
    for i, (program, (_, steps, expected)) in enumerate(zip(programs, seen, strict=True)):
        for _ in range(2):
            getattr(library, f"c{i}_model_reset")()
            same([invoke(library, f"c{i}_", program, inputs) for inputs in steps], expected, "generated C")


def same(results: list[list[np.ndarray]], expected: list[list[np.ndarray]], what: str) -> None:
    for step, (given_step, right_step) in enumerate(zip(results, expected, strict=True)):
        for result, right in zip(given_step, right_step, strict=True):
            assert result.tobytes() == right.tobytes(), f"{what} differs from the oracle in step {step}: {result} {right}"
