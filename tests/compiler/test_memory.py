"""The arena plan: never two live tensors in one place, and as small as the live-byte peak where that can be reached."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tinylm.compiler.graph import Graph, Operator, Quantization, Tensor
from tinylm.compiler.memory import Plan, Sharing, plan
from tinylm.compiler.ops import spec_of
from tinylm.compiler.ops.window import HELD_BACK

_INT8 = Quantization(np.array([0.5], np.float32), np.array([0]))


def tensor(index: int, size: int) -> Tensor:
    return Tensor(index, f"t{index}", (1, size), "int8", _INT8)


def planned(graph: Graph, states: list[tuple[Tensor, Tensor]] | None = None) -> Plan:
    return plan(Sharing(graph, graph.operators, states or [], spec_of), {}, graph.operators, spec_of)


def chain(names: list[str], sizes: list[int]) -> Graph:
    """A graph of operators one after the other."""
    tensors = [tensor(i, size) for i, size in enumerate(sizes)]
    operators = [
        Operator(i, name, [tensors[i], *([tensors[i]] if name == "ADD" else [])], [tensors[i + 1]]) for i, name in enumerate(names)
    ]
    return Graph("chain", tensors, operators, [tensors[0]], [tensors[-1]])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    tensors = [tensor(0, draw(st.integers(1, 50)))]
    operators = []
    for i in range(draw(st.integers(1, 12))):
        name = draw(st.sampled_from(["FULLY_CONNECTED", "TANH", "RESHAPE", "ADD"]))
        first = draw(st.sampled_from(tensors))
        size = first.shape[1] if name != "FULLY_CONNECTED" else draw(st.integers(1, 50))
        tensors.append(tensor(len(tensors), size))
        same = [t for t in tensors[:-1] if t.shape == first.shape]
        inputs = [first, draw(st.sampled_from(same))] if name == "ADD" else [first]
        operators.append(Operator(i, name, inputs, [tensors[-1]]))
    return Graph("drawn", tensors, operators, [tensors[0]], [tensors[-1]])


@given(graphs())
def test_storages_that_live_together_never_overlap(graph: Graph) -> None:
    result = planned(graph)
    for i, a in enumerate(result.storages):
        for b in result.storages[:i]:
            apart = a.offset + a.bytes <= b.offset or b.offset + b.bytes <= a.offset
            assert apart or not a.overlaps(b)
    assert result.arena_bytes >= result.live_peak


@given(graphs())
def test_a_shared_input_is_dead_once_another_value_is_written_over_it(graph: Graph) -> None:
    result = planned(graph)
    for time, operator in enumerate(graph.operators):
        if spec_of(operator).view:
            continue
        (out,) = operator.outputs
        for other in result.of(out).tensors:
            readers = [later for later in graph.operators[time + 1 :] if other in later.inputs]
            writer = graph.producer(other)
            written_before = other in graph.inputs or (writer is not None and graph.operators.index(writer) < time)
            if other is not out and written_before:
                assert not readers, f"{operator} writes over {other}, which {readers[0]} reads"


def test_elementwise_chains_use_one_buffer() -> None:
    result = planned(chain(["TANH", "LOGISTIC", "TANH"], [100, 100, 100, 100]))
    assert result.arena_bytes == 100


def test_a_chain_of_layers_alternates_between_two_places() -> None:
    result = planned(chain(["FULLY_CONNECTED"] * 4, [64, 128, 32, 128, 8]))
    assert (result.arena_bytes, result.live_peak) == (192, 192)


def test_a_convolution_writes_over_the_rows_that_it_has_read() -> None:
    image = (1, 16, 16, 8)
    x, y = (Tensor(i, f"t{i}", image, "int8", _INT8) for i in (0, 2))
    weights = Tensor(1, "w", (8, 3, 3, 8), "int8", _INT8, np.ones((8, 3, 3, 8), np.int8))
    conv = Operator(0, "CONV_2D", [x, weights], [y], {"padding": 0, "stride_w": 1, "stride_h": 1})
    result = planned(Graph("conv", [x, weights, y], [conv], [x], [y]))
    row = 16 * 8
    assert (result.live_peak, result.arena_bytes) == (2 * 16 * row, 16 * row + row + (HELD_BACK + 1) * 8)


def test_a_state_updated_elementwise_is_updated_in_place() -> None:
    graph = chain(["TANH"], [16, 16])
    result = planned(graph, [(graph.inputs[0], graph.outputs[0])])
    assert (result.copies, result.state_bytes, result.arena_bytes) == ([], 16, 0)


def test_a_state_that_is_read_while_it_is_written_is_copied_at_the_end() -> None:
    graph = chain(["FULLY_CONNECTED"], [16, 16])
    result = planned(graph, [(graph.inputs[0], graph.outputs[0])])
    assert len(result.copies) == 1
