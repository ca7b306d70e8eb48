"""What the device's outputs have to be: the oracle where its wheel exists, stored vectors, or the operators' numpy meaning."""

from __future__ import annotations

import contextlib
import importlib.metadata
import itertools
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinylm.bundle import Bundle
from tinylm.compiler.graph import DTYPES, Array, Graph, Tensor
from tinylm.compiler.interpret import interpret, state_of
from tinylm.compiler.passes import variables
from tinylm.compiler.reader import read
from tinylm.errors import InputError

IMAGES = ("ic01", "ic02", "vww01")


@dataclass(frozen=True)
class Run:
    """The bytes to load (all inputs, concatenated, as the benchmark sends them) and the bytes of every output after ``inferences`` of
    them from the reset state."""

    inputs: bytes
    outputs: list[bytes]
    inferences: int = 1


@dataclass(frozen=True)
class Reference:
    """name: who computed the outputs."""

    name: str
    runs: list[Run]


def model_reference(bundle: Bundle, count: int = 5, seed: int = 0) -> Reference:
    """``count`` random inputs, and what the outputs have to be; of a model with state after one inference, two, three and so on."""
    graph = read(bundle.read(bundle.graph.file), bundle.graph.file)
    rng = np.random.default_rng(seed)
    drawn = [[random_values(rng, tensor) for tensor in graph.inputs] for _ in range(count)]
    name, compute = _computer(bundle, graph)
    variables.run(graph)
    stateful = bool(graph.states or graph.variables())
    runs = []
    for times, values in enumerate(drawn, 1):
        inferences = times if stateful else 1
        outputs = [np.ascontiguousarray(output).tobytes() for output in compute(values, inferences)]
        runs.append(Run(on_the_wire(bundle, graph, b"".join(value.tobytes() for value in values)), outputs, inferences))
    return Reference(name, runs)


def on_the_wire(bundle: Bundle, graph: Graph, data: bytes) -> bytes:
    """The bytes of the inputs as ``db load`` takes them: an image's pixels are unsigned there."""
    if bundle.manifest.mlperf in IMAGES and graph.inputs[0].dtype == "int8":
        return bytes(byte ^ 0x80 for byte in data)
    return data


def load_sizes(bundle: Bundle) -> set[int]:
    """Bytes that ``db load`` may bring: all inputs, and for the anomaly detector the same as float32."""
    graph = read(bundle.read(bundle.graph.file), bundle.graph.file)
    size = sum(tensor.bytes for tensor in graph.inputs)
    windows = bundle.manifest.mlperf == "ad01" and graph.inputs[0].dtype == "int8"
    return {size, 4 * size} if windows else {size}


def random_values(rng: np.random.Generator, tensor: Tensor) -> Array:
    """Values over the full range of the tensor's type; normally distributed for float."""
    kind: Any = DTYPES[tensor.dtype][1]
    if tensor.dtype == "float32":
        return rng.normal(0, 1, tensor.shape).astype(np.float32)
    if tensor.dtype == "bool":
        return rng.integers(0, 2, tensor.shape).astype(np.bool_)
    info = np.iinfo(kind)
    return rng.integers(info.min, int(info.max) + 1, tensor.shape).astype(kind)


def _computer(bundle: Bundle, graph: Graph) -> tuple[str, Any]:
    try:
        from tflite_micro.python.tflite_micro import runtime
    except ImportError:
        return "numpy meaning (no oracle: its wheel exists for x86-64 Linux only)", lambda values, times: meaning(graph, values, times)
    with quiet():
        interpreter = runtime.Interpreter.from_bytes(bundle.read(bundle.graph.file), arena_size=1 << 24)

    def compute(values: Sequence[Array], times: int) -> list[Array]:
        with quiet():
            interpreter.reset()
            for _ in range(times):
                for index, value in enumerate(values):  # again before each: TFLM may have reused their place
                    interpreter.set_input(value, index)
                interpreter.invoke()
            return [np.array(interpreter.get_output(index)) for index in range(len(graph.outputs))]

    return f"tflite-micro {importlib.metadata.version('tflite-micro')}", compute


def meaning(graph: Graph, values: Sequence[Array], times: int = 1) -> list[Array]:
    """The outputs after ``times`` inferences from the reset state, as numpy says it. values: of every input, shaped."""
    given, kept = dict(zip(graph.inputs, values, strict=True)), dict[Tensor, Array]()
    for _ in range(times):
        computed = interpret(graph, given | kept)
        kept = state_of(graph, computed)
    return [computed[tensor] for tensor in graph.outputs]


@dataclass(frozen=True)
class Tokens:
    """Stored vectors of a language model: sequences of (token, CRC-32 of all outputs after it), each from the reset state; greedy
    texts; logits of the first steps, raw."""

    name: str
    sequences: list[list[tuple[int, int]]]
    texts: list[tuple[str, list[int]]]
    logits: list[bytes]

    @property
    def count(self) -> int:
        return sum(map(len, self.sequences))


def token_reference(bundle: Bundle) -> Tokens:
    """The stored vectors of a bundle. Raises InputError where it has none."""
    from tinylm.lm.oracle import Vectors

    if bundle.manifest.oracle is None:
        raise InputError(f"the bundle '{bundle.name}' has no stored oracle vectors.", hint="Make it again: python -m tinylm train RECIPE.")
    vectors = Vectors.load(bundle.read(bundle.manifest.oracle.file), bundle.manifest.oracle.file)
    pairs = list(zip(vectors.tokens.tolist(), vectors.crc.tolist(), strict=True))
    starts = [*vectors.resets.tolist(), len(pairs)]
    sequences = [pairs[low:high] for low, high in itertools.pairwise(starts)]
    texts = [(text, generated) for text, _, generated in vectors.examples]
    return Tokens(f"stored vectors of {vectors.made_by}", sequences, texts, [row.tobytes() for row in vectors.logits])


def crc(outputs: Sequence[bytes]) -> int:
    """CRC-32 over all outputs in order, as the firmware's ``lm score`` computes it."""
    return zlib.crc32(b"".join(outputs))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """TFLM writes to the process's own stdout and stderr, where --json must stand alone."""
    kept = [os.dup(1), os.dup(2)]
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        os.dup2(null, 2)
        yield
    finally:
        for target, saved in zip((1, 2), kept, strict=True):
            os.dup2(saved, target)
            os.close(saved)
        os.close(null)


def typical_input(bundle: Bundle) -> bytes | None:
    """What to time a language model with: its inputs as ``db load`` takes them, zeros, at the mean position of the stored tokens (what a
    token costs grows with its position evenly). None where the graph takes no position: then each run is at the place of its own."""
    inputs = bundle.graph.inputs
    if "position" not in inputs:
        return None
    graph = read(bundle.read(bundle.graph.file), bundle.graph.file)
    lengths = [len(sequence) for sequence in token_reference(bundle).sequences]
    mean = round(sum(length * (length - 1) / 2 for length in lengths) / max(sum(lengths), 1))
    values = {name: np.full(graph.tensor(name).shape, mean if name == "position" else 0) for name in inputs}
    return b"".join(value.astype(DTYPES[graph.tensor(name).dtype][1]).tobytes() for name, value in values.items())
