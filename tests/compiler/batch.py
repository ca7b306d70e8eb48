"""Many small graphs compiled into one native library, so that thousands of cases cost one compiler run."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.oracle import Oracle
from tinylm import paths
from tinylm.compiler.graph import DTYPES, Graph
from tinylm.compiler.interpret import initial, interpret
from tinylm.compiler.program import Program, compile_graph
from tinylm.compiler.reader import read
from tinylm.cores import core


@dataclass
class Case:
    """A model and inputs for it, in the graph's order; later: those of further invocations, state carried on.

    states: so many inputs at the end of the graph's are states, their new values the last outputs; they start as real 0."""

    model: bytes
    inputs: list[np.ndarray]
    later: list[list[np.ndarray]] = field(default_factory=list)
    states: int = 0

    @property
    def invocations(self) -> list[list[np.ndarray]]:
        return [self.inputs, *self.later]


def by_oracle(case: Case, outputs: int) -> list[np.ndarray]:
    """All outputs of all invocations."""
    oracle = Oracle(case.model)
    found, kept = [], _reset(case)
    for inputs in case.invocations:
        values = oracle.run([*inputs, *kept], outputs + case.states)
        found, kept = [*found, *values[:outputs]], values[outputs:]
    return found


def _reset(case: Case) -> list[np.ndarray]:
    """What the states start from."""
    graph = read(case.model, "case.tflite")
    states = graph.inputs[len(graph.inputs) - case.states :]
    return [initial(tensor) for tensor in states]


def by_meaning(graph: Graph, case: Case) -> list[np.ndarray]:
    """The same from the operators' numpy meaning."""
    found, states, kept = [], {}, _reset(case)
    ends = len(graph.outputs) - case.states
    for inputs in case.invocations:
        values = interpret(graph, dict(zip(graph.inputs, [*inputs, *kept], strict=True)) | states)
        states = {tensor: values[tensor] for tensor in graph.variables()}
        kept = [values[tensor] for tensor in graph.outputs[ends:]]
        found += [values[tensor] for tensor in graph.outputs[:ends]]
    return found


class _Io(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("bytes", ctypes.c_uint32),
        ("type", ctypes.c_uint8),
        ("scale", ctypes.c_float),
        ("zero_point", ctypes.c_int32),
    ]


def program_of(model: bytes, prefix: str = "tl_", optimize: str = "balanced", core_name: str = "host", states: int = 0) -> Program:
    graph = read(model, "case.tflite")
    inputs, outputs = (ends[: len(ends) - states] for ends in (graph.inputs, graph.outputs))
    pairs = list(zip(graph.inputs[len(inputs) :], graph.outputs[len(outputs) :], strict=True))
    return compile_graph(graph, core(core_name), optimize, "case", inputs, outputs, pairs, prefix=prefix)


def run_native(cases: list[Case], folder: Path, optimize: str = "balanced", sanitize: bool = False) -> list[list[np.ndarray]]:
    """Outputs of every case, computed by the generated C on this machine."""
    programs = [program_of(case.model, f"c{i}_", optimize, states=case.states) for i, case in enumerate(cases)]
    library = ctypes.CDLL(str(build_native(programs, folder, sanitize)))
    return [call(library, f"c{i}_", program, case) for i, (program, case) in enumerate(zip(programs, cases, strict=True))]


def run_many(model: bytes, inputs: list[list[np.ndarray]], folder: Path, optimize: str = "balanced") -> list[list[np.ndarray]]:
    """Outputs of one model on many inputs; every invocation starts from the reset state."""
    program = program_of(model, "c0_", optimize)
    library = ctypes.CDLL(str(build_native([program], folder)))
    return [call(library, "c0_", program, Case(model, values)) for values in inputs]


def build_native(programs: list[Program], folder: Path, sanitize: bool = False) -> Path:
    sources = []
    for i, program in enumerate(programs):
        place = folder / f"c{i}"
        place.mkdir()
        for name, text in program.files.items():
            (place / name).write_text(text)
        sources += [f'#include "c{i}/model_data.c"', f'#include "c{i}/model.c"']
    (folder / "all.c").write_text("\n".join(sources) + "\n")
    kernels = sorted({kernel for program in programs for kernel in program.kernels})
    library = folder / "cases.so"
    flags = ["-fsanitize=undefined", "-fsanitize-trap=undefined"] if sanitize else ["-fno-sanitize=undefined"]
    command = [
        *(sys.executable, "-m", "ziglang", "cc", "-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-shared", "-fPIC"),
        *(*flags, "-o", str(library), "-I", str(paths.KERNELS / "include"), "-I", str(folder), str(folder / "all.c"), *map(str, kernels)),
    ]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-4000:]
    return library


def call(library: ctypes.CDLL, prefix: str, program: Program, case: Case) -> list[np.ndarray]:
    """Outputs of all invocations of one case, from the reset state."""
    getattr(library, f"{prefix}model_reset")()
    return [value for inputs in case.invocations for value in invoke(library, prefix, program, inputs)]


def invoke(library: ctypes.CDLL, prefix: str, program: Program, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """One invocation, from the state that the one before left."""
    ends = (_Io * len(program.inputs)).in_dll(library, f"{prefix}inputs")
    for end, value in zip(ends, inputs, strict=True):
        raw = np.ascontiguousarray(value).tobytes()
        assert len(raw) == end.bytes
        ctypes.memmove(end.data, raw, len(raw))
    getattr(library, f"{prefix}model_invoke")()
    assert getattr(library, f"{prefix}arena_intact")() == 1
    results = []
    for end, tensor in zip((_Io * len(program.outputs)).in_dll(library, f"{prefix}outputs"), program.outputs, strict=True):
        results.append(np.frombuffer(ctypes.string_at(end.data, end.bytes), DTYPES[tensor.dtype][1]).reshape(tensor.shape))
    return results


def random_inputs(graph: Graph, rng: np.random.Generator) -> list[np.ndarray]:
    """Full-range random values for every input of the graph."""
    return [random_values(rng, tensor.dtype, tensor.shape) for tensor in graph.inputs]


def random_values(rng: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    kind = DTYPES[dtype][1]
    if dtype == "float32":
        return rng.normal(0, 3, shape).astype(np.float32)
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(np.bool_)
    info = np.iinfo(kind)
    if dtype == "uint64":
        return rng.integers(0, info.max, shape, np.uint64, endpoint=True)
    return rng.integers(info.min, int(info.max) + 1, shape).astype(kind)
