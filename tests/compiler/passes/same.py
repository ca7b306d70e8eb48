"""A pass before and after: the operators that it leaves, and that no bit of the meaning changes, in numpy and in generated C."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.build import Builder
from tests.compiler.batch import random_inputs, run_many
from tinylm.compiler.graph import Graph
from tinylm.compiler.interpret import interpret
from tinylm.compiler.program import check_graph
from tinylm.compiler.reader import read

RUNS = 20


def names(graph: Graph) -> list[str]:
    return [operator.name for operator in graph.operators]


def changed(builder: Builder, run: Callable[[Graph], None], before: list[str], after: list[str]) -> Graph:
    """The graph after the pass. Its meaning on random inputs is that of before, and the names are those expected."""
    model = builder.finish()
    graph, old = read(model, "pass.tflite"), read(model, "pass.tflite")
    check_graph(graph)
    assert names(graph) == before
    run(graph)
    assert names(graph) == after
    rng = np.random.default_rng(1)
    for _ in range(RUNS):
        inputs = random_inputs(old, rng)
        expected = interpret(old, dict(zip(old.inputs, inputs, strict=True)))
        found = interpret(graph, dict(zip(graph.inputs, inputs, strict=True)))
        for new_end, old_end in zip(graph.outputs, old.outputs, strict=True):
            assert found[new_end].tobytes() == expected[old_end].tobytes()
    return graph


def runs_the_same(builder: Builder, folder: Path) -> None:
    """The generated C, made with all passes, on random inputs: equal to the meaning of the file as it stands."""
    model = builder.finish()
    old, rng = read(model, "pass.tflite"), np.random.default_rng(2)
    inputs = [random_inputs(old, rng) for _ in range(RUNS)]
    for given, outputs in zip(inputs, run_many(model, inputs, folder), strict=True):
        expected = interpret(old, dict(zip(old.inputs, given, strict=True)))
        assert [value.tobytes() for value in outputs] == [expected[tensor].tobytes() for tensor in old.outputs]
