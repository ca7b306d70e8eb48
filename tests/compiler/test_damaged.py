"""Models with something wrong in them reach a ModelError or compile; nothing else may be raised, whatever is wrong."""

from __future__ import annotations

import os
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiler.cases import GENERATORS
from tests.compiler.draw import Draw
from tinylm.compiler.graph import DTYPES, Graph, Operator, Quantization, Tensor
from tinylm.compiler.program import compile_graph
from tinylm.compiler.reader import read
from tinylm.cores import core
from tinylm.errors import ModelError

CASES = int(os.environ.get("TINYLM_DAMAGED_CASES", "40"))
NUMBERS = [0, 1, -1, 2, 3, 7, -5, 255, 1 << 20, -(1 << 31), (1 << 31) - 1]


def reshaped(chance: random.Random, tensor: Tensor) -> None:
    shape = list(tensor.shape)
    kind = chance.randrange(4)
    if kind == 0 and shape:
        shape[chance.randrange(len(shape))] = chance.choice([0, 1, 2, 5])
    elif kind == 1:
        shape.insert(chance.randint(0, len(shape)), chance.choice([1, 1, 3]))
    elif kind == 2 and shape:
        shape.pop(chance.randrange(len(shape)))
    else:
        shape = [chance.choice([1, 2, 3]) for _ in range(chance.randrange(7))]
    tensor.shape = tuple(shape)
    if tensor.data is not None:
        tensor.data = np.resize(tensor.data, tensor.shape)


def retyped(chance: random.Random, tensor: Tensor) -> None:
    tensor.dtype = chance.choice([name for name in DTYPES if name != "int4"])
    if tensor.data is not None:
        tensor.data = tensor.data.astype(DTYPES[tensor.dtype][1])


def requantized(chance: random.Random, tensor: Tensor) -> None:
    scale = chance.choice([0.0, 1e-38, 1e-6, 0.1, 1.0, 7.5, 1e6, 3e38])
    values = [scale] * chance.choice([1, 1, 1, max(tensor.shape[0] if tensor.shape else 1, 1)])
    zero = chance.choice([0, 1, -128, 127, 300, -(1 << 31)])
    table = Quantization(np.array(values, np.float32), np.full(len(values), zero, np.int64))
    tensor.quantization = chance.choice([None, table, table])


def reset(chance: random.Random, tensor: Tensor) -> None:
    """A constant that becomes a variable, or other numbers in it."""
    if tensor.data is None or chance.randrange(3) == 0:
        tensor.data = None
    elif np.issubdtype(tensor.data.dtype, np.integer):
        low, high = np.iinfo(tensor.data.dtype).min, np.iinfo(tensor.data.dtype).max
        values = [min(max(chance.choice(NUMBERS), low), high) for _ in range(tensor.elements)]
        tensor.data = np.array(values, tensor.data.dtype).reshape(tensor.shape)


def rewired(chance: random.Random, operator: Operator) -> None:
    kind = chance.randrange(5)
    if kind == 0 and operator.inputs:
        operator.inputs.pop(chance.randrange(len(operator.inputs)))
    elif kind == 1 and operator.inputs:
        operator.inputs[chance.randrange(len(operator.inputs))] = None
    elif kind == 2 and len(operator.inputs) > 1:
        chance.shuffle(operator.inputs)
    elif kind == 3 and operator.options:
        operator.options[chance.choice(sorted(operator.options))] = chance.choice(NUMBERS)
    else:
        operator.options = {}


def damage(chance: random.Random, graph: Graph) -> None:
    for _ in range(chance.choice([1, 1, 2, 3])):
        tensor = chance.choice(graph.tensors)
        change = chance.choice([reshaped, reshaped, retyped, requantized, reset, rewired])
        if change is rewired:
            rewired(chance, chance.choice(graph.operators))
        else:
            change(chance, tensor)  # type: ignore[operator]


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_damage_is_refused_or_harmless(name: str) -> None:
    @settings(max_examples=CASES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data(), st.integers(0, 1 << 30))
    def nothing_else(data: st.DataObject, seed: int) -> None:
        case, chance = GENERATORS[name](Draw(data.draw)), random.Random(seed)
        for _ in range(8):
            graph = read(case.model, "case.tflite")
            damage(chance, graph)
            if sum(tensor.elements for tensor in graph.tensors) > 1 << 20:
                continue
            try:
                compile_graph(graph, core("host"), "balanced", "damaged", graph.inputs, graph.outputs)
            except ModelError:
                continue

    nothing_else()
