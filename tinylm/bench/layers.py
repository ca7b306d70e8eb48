"""Every tensor that the model computes, against the oracle's: which operator is the first to be wrong.

The program is the one that is always built, passes and kernels included, but nothing shares storage, so that all values are there when
the inference is over. Operators that a pass has merged into another have no tensor of their own; they are named.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tinylm.bench.reference import quiet, random_values
from tinylm.bundle import Bundle
from tinylm.compiler.graph import DTYPES, Array, Graph, Tensor
from tinylm.compiler.interpret import interpret, state_of
from tinylm.compiler.program import Program, compile_graph
from tinylm.compiler.reader import read
from tinylm.cores import core
from tinylm.firmware.build import Optimize, build_host
from tinylm.targets.host import HostModel

_ARENA = 1 << 24
#: Floats that are this near count as equal: expf and its like are not the same in every C library.
_NEAR = 1e-5

Values = dict[int, Array]


@dataclass
class Layer:
    """One tensor. operator: its place in the file; first: (flat position, value, expected value) of the first difference."""

    operator: int
    name: str
    tensor: str
    shape: tuple[int, ...]
    compared: int = 0
    mismatched: int = 0
    first: tuple[int, float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        return vars(self) | {"shape": list(self.shape), "first": list(self.first) if self.first else None}


@dataclass
class LayersReport:
    """oracle: who computed the expected values; merged: operators without a tensor of their own."""

    model: str
    oracle: str
    runs: int
    layers: list[Layer] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)

    @property
    def first_different(self) -> Layer | None:
        return next((layer for layer in self.layers if layer.mismatched), None)

    @property
    def passed(self) -> bool:
        return self.first_different is None

    def to_json(self) -> dict[str, Any]:
        first = self.first_different
        return {
            "model": self.model,
            "target": "host",
            "passed": self.passed,
            "oracle": self.oracle,
            "runs": self.runs,
            "first_different": first.to_json() if first else None,
            "layers": [layer.to_json() for layer in self.layers],
            "merged": self.merged,
        }


def graph_of(bundle: Bundle) -> Graph:
    return read(bundle.read(bundle.graph.file), bundle.graph.file)


def layers_program(bundle: Bundle, graph: Graph, optimize: Optimize = "balanced") -> Program:
    """The bundle's graph for this machine, every tensor that it computes an output. Raises ModelError."""
    return compile_graph(graph, core("host"), optimize, bundle.name, graph.inputs, graph.outputs, keep_all=True)


def run_layers(bundle: Bundle, folder: Path, optimize: Optimize = "balanced", runs: int = 5) -> LayersReport:
    """Build for this machine into ``folder`` and compare every tensor on ``runs`` random inputs, variables carried on."""
    return compare_layers(bundle, layers_program(bundle, graph_of(bundle), optimize), folder, runs)


def compare_layers(bundle: Bundle, program: Program, folder: Path, runs: int = 5) -> LayersReport:
    """Compare a program made by ``layers_program`` with what the bundle's graph means to the oracle."""
    graph = graph_of(bundle)
    name, expected_of = _oracle(bundle, graph)
    model = HostModel(build_host(bundle, program, folder))
    rng = np.random.default_rng(0)
    report = LayersReport(bundle.name, name, runs)
    shapes = {tensor.index: tensor.shape for tensor in graph.tensors}
    made = [(operator, tensor) for operator in program.graph.operators for tensor in operator.outputs]
    # Channels that a pass has taken out are not there to be compared; what reads them is.
    made = [(operator, tensor) for operator, tensor in made if shapes[tensor.index] == tensor.shape]
    report.layers = [Layer(operator.index, operator.name, tensor.name, tensor.shape) for operator, tensor in made]
    kept = [tensor for _, tensor in made]
    named = {operator.index for operator in program.graph.operators}
    report.merged = [str(operator) for operator in graph.operators if operator.index not in named]
    for run in range(runs):
        inputs = [_input(rng, tensor, run) for tensor in graph.inputs]
        found = {t.index: value for t, value in zip(program.outputs, model.invoke(inputs), strict=True)}
        expected = expected_of(inputs, [tensor.index for tensor in kept])
        for tensor, layer in zip(kept, report.layers, strict=True):
            _compare(layer, found[tensor.index], np.asarray(expected[tensor.index]).reshape(-1))
    return report


def _input(rng: np.random.Generator, tensor: Tensor, run: int) -> Array:
    """Random; whole numbers of 32 bits may be positions (a token): small ones."""
    if tensor.dtype in ("int32", "int64"):
        return np.full(tensor.shape, run, DTYPES[tensor.dtype][1])
    return random_values(rng, tensor)


def _compare(layer: Layer, found: Array, expected: Array) -> None:
    floating = found.dtype == np.float32
    different = ~np.isclose(found, expected, rtol=_NEAR, atol=0, equal_nan=True) if floating else found != expected
    layer.compared += int(found.size)
    layer.mismatched += int(different.sum())
    if layer.first is None and different.any():
        at = int(np.argmax(different))
        layer.first = (at, float(found[at]), float(expected[at]))


def _oracle(bundle: Bundle, graph: Graph) -> tuple[str, Callable[[Sequence[Array], Sequence[int]], Values]]:
    try:
        from tflite_micro.python.tflite_micro import runtime
    except ImportError:
        return "numpy meaning (no oracle: its wheel exists for x86-64 Linux only)", _Meaning(graph)
    with quiet():
        interpreter = runtime.Interpreter.from_bytes(
            bundle.read(bundle.graph.file), arena_size=_ARENA, intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors
        )

    def compute(inputs: Sequence[Array], wanted: Sequence[int]) -> Values:
        with quiet():
            for index, value in enumerate(inputs):
                interpreter.set_input(value, index)
            interpreter.invoke()
            return {index: np.array(interpreter.GetTensor(index, 0)["tensor_data"]) for index in wanted}

    return f"tflite-micro {importlib.metadata.version('tflite-micro')}", compute


class _Meaning:
    """The operators' numpy meaning, state carried on."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.states: dict[Tensor, Array] = {}

    def __call__(self, inputs: Sequence[Array], wanted: Sequence[int]) -> Values:
        values = interpret(self.graph, dict(zip(self.graph.inputs, inputs, strict=True)) | self.states)
        self.states = state_of(self.graph, values)
        return {tensor.index: value for tensor, value in values.items() if tensor.index in wanted}
