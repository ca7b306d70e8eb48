"""Another order of the operators where it needs less arena."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.build import Builder
from tests.compiler.batch import program_of
from tests.compiler.passes.same import changed, runs_the_same
from tinylm.compiler.graph import Graph
from tinylm.compiler.memory import Sharing, plan
from tinylm.compiler.ops import spec_of
from tinylm.compiler.passes import reorder
from tinylm.compiler.reader import read


def arena(graph: Graph) -> int:
    return plan(Sharing(graph, graph.operators, [], spec_of), {}, graph.operators, spec_of).arena_bytes


def model() -> Builder:
    """Three branches that widen and narrow again: the file widens them all first."""
    rng, builder = np.random.default_rng(0), Builder()
    x = builder.input((1, 16), scale=0.1)
    ends = []
    wide = [builder.tensor((1, 400), scale=0.1) for _ in range(3)]

    def product(source: int, target: int, outputs: int, inputs: int) -> None:
        w = builder.tensor((outputs, inputs), scale=0.02, data=rng.integers(-127, 128, (outputs, inputs)))
        builder.operator("FULLY_CONNECTED", [source, w], [target], "FullyConnectedOptions")

    for tensor in wide:
        product(x, tensor, 400, 16)
    for tensor in wide:
        ends.append(builder.tensor((1, 8), scale=0.2))
        product(tensor, ends[-1], 8, 400)
    builder.operator("CONCATENATION", ends, [builder.output((1, 24), scale=0.2)], "ConcatenationOptions", axis=1)
    return builder


def test_each_branch_is_finished_before_the_next_begins(tmp_path: Path) -> None:
    before = arena(read(model().finish(), "before"))
    graph = changed(model(), reorder.run, ["FULLY_CONNECTED"] * 6 + ["CONCATENATION"], ["FULLY_CONNECTED"] * 6 + ["CONCATENATION"])
    assert [operator.index for operator in graph.operators] == [0, 3, 1, 4, 2, 5, 6]
    assert before >= 1200 and arena(graph) < 450 and program_of(model().finish()).arena_bytes == arena(graph)
    runs_the_same(model(), tmp_path)
