"""Every operator, three ways: the oracle, its numpy meaning, the generated C on this machine. No bit may differ."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.compiler.batch import Case, by_meaning, by_oracle, run_native
from tests.compiler.cases import GENERATORS
from tests.compiler.draw import Draw
from tests.oracle import Refused, needs_oracle
from tinylm.compiler.ops import TABLE
from tinylm.compiler.reader import read

#: Cases an operator: in the quick suite, and in the slow one.
FEW, MANY = (int(os.environ.get("TINYLM_OPERATOR_CASES", count)) for count in ("25", "200"))


#: Operators that TFLM's wheel lacks: their numpy meaning and the generated C are compared with each other.
WITHOUT_ORACLE = {"REDUCE_ANY": "the tflite-micro wheel does not register it"}


def test_every_operator_has_a_case_generator() -> None:
    assert sorted(GENERATORS) == sorted(TABLE)


NAMES = sorted(set(GENERATORS) - set(WITHOUT_ORACLE))


@needs_oracle
@pytest.mark.parametrize("name", NAMES)
def test_operator_equals_the_oracle(name: str, tmp_path: Path) -> None:
    three_ways(name, FEW, tmp_path)


@pytest.mark.slow
@needs_oracle
@pytest.mark.parametrize("name", NAMES)
def test_operator_equals_the_oracle_on_many_cases(name: str, tmp_path: Path) -> None:
    three_ways(name, MANY, tmp_path)


def three_ways(name: str, count: int, folder: Path) -> None:
    """Draw ``count`` cases; the numpy meaning and the generated C have to equal the oracle on each."""
    seen: list[tuple[Case, list[np.ndarray]]] = []

    @settings(max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def numpy_equals_oracle(data: st.DataObject) -> None:
        case = GENERATORS[name](Draw(data.draw))
        graph = read(case.model, "case.tflite")
        for operator in graph.operators:
            TABLE[operator.name].check(operator)
        try:
            expected = by_oracle(case, len(graph.outputs))
        except Refused:
            assume(False)
        for value, right in zip(by_meaning(graph, case), expected, strict=True):
            compare(name, case, value, right, "numpy")
        seen.append((case, expected))

    numpy_equals_oracle()
    assert len(seen) >= count, f"only {len(seen)} cases of {name} were taken by the oracle"
    seen = seen[-count:]
    for (case, expected), results in zip(seen, run_native([case for case, _ in seen], folder), strict=True):
        for result, right in zip(results, expected, strict=True):
            compare(name, case, result, right, "generated C")


@pytest.mark.parametrize("name", sorted(WITHOUT_ORACLE))
def test_operator_that_the_oracle_lacks_equals_its_meaning(name: str, tmp_path: Path) -> None:
    cases: list[Case] = []

    @settings(max_examples=FEW, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def drawn(data: st.DataObject) -> None:
        cases.append(GENERATORS[name](Draw(data.draw)))

    drawn()
    for case, results in zip(cases, run_native(cases, tmp_path), strict=True):
        for result, right in zip(results, by_meaning(read(case.model, "case.tflite"), case), strict=True):
            compare(name, case, result, right, "generated C")


def compare(name: str, case: Case, result: np.ndarray, right: np.ndarray, what: str) -> None:
    """Fail with the case kept as a file (the last one that hypothesis writes is the smallest)."""
    same = result.tobytes() == right.tobytes()
    if not same:
        folder = Path("build/failing")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name.lower()}.tflite"
        path.write_bytes(case.model)
        np.savez(path.with_suffix(".npz"), *case.inputs)
        raise AssertionError(f"{name}: {what} differs from the oracle, case kept in {path}\n{result}\n{right}\ninputs {case.inputs}")
