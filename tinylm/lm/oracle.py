"""The oracle: TensorFlow Lite Micro's own interpreter runs a step graph token by token, the caller carrying the state.

Its wheel exists for x86-64 Linux only, so bundles carry stored vectors that it made.
"""

from __future__ import annotations

import importlib.metadata
import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from tinylm.bundle import GraphFile
from tinylm.errors import MissingError, ModelError
from tinylm.lm.extra import silence
from tinylm.lm.home import FLAGS, Names
from tinylm.lm.tokenizer import Tokenizer
from tinylm.lm.tokenizers import AnyTokenizer

Ints = NDArray[np.int8]
Recording = tuple[NDArray[np.uint16], NDArray[np.uint32], NDArray[np.uint32], Ints]  # tokens, resets, crc, logits


class Oracle:
    """One step graph in TFLM; scales: of its outputs, in the manifest's order; scale, zero_point: of the first.

    Raises MissingError where there is no wheel, ModelError where TFLM refuses the file.
    """

    def __init__(self, model: bytes, graph: GraphFile) -> None:
        try:
            from tflite_micro.python.tflite_micro import runtime
        except ImportError as error:
            raise MissingError(
                "the oracle (tflite-micro) is not installed; its wheel exists for Linux on x86-64 only.",
                hint="Run: pip install 'tinylm[test]', or use the stored vectors of the bundle.",
            ) from error
        inputs, outputs = _names(model)
        try:
            with silence():
                self._run = runtime.Interpreter.from_bytes(model)
            self._ends = {name: inputs.index(name) for name in graph.inputs}
            self._token = self._ends.get("token", inputs.index(graph.inputs[0]))
            self._outputs = [outputs.index(name) for name in graph.outputs]
            self._states = [(inputs.index(state.input), outputs.index(state.output)) for state in graph.states]
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"TFLM refuses the graph or lacks a tensor that the manifest names: {error}.", where=graph.file) from error
        details = [self._run.get_output_details(at)["quantization_parameters"] for at in self._outputs]
        self.scales = [float(scale[0]) if len(scale) else 1.0 for scale in (detail["scales"] for detail in details)]
        self.scale, self.zero_point = self.scales[0], int(next(iter(details[0]["zero_points"]), 0))
        self.first_logit, self.window, self.position = graph.first_logit, graph.window, 0
        self._initial = [self._zero(at) for at, _ in self._states]
        self._one = self._quantised_one(self._ends["flags"]) if "flags" in self._ends else 1
        self._values = list(self._initial)

    def _zero(self, at: int) -> NDArray[Any]:
        details = self._run.get_input_details(at)
        zeros = details["quantization_parameters"]["zero_points"]
        return np.full(details["shape"], zeros[0] if len(zeros) else 0, details["dtype"])

    def _quantised_one(self, at: int) -> int:
        """What says 1 in an input, as the device's runtime has it (tl_step.c); zero point 0."""
        scales = self._run.get_input_details(at)["quantization_parameters"]["scales"]
        return min(127, int(1 / float(scales[0]) + 0.5)) if len(scales) else 1

    def reset(self) -> None:
        """States to real 0."""
        self._values, self.position = list(self._initial), 0

    def step(self, token: int, flags: int = 0) -> list[NDArray[Any]]:
        """Run one token; the graph's outputs in the manifest's order, raw. flags: bits of home.FLAGS, where the graph takes flags."""
        self._run.set_input(np.array([token], np.int32), self._token)
        if "position" in self._ends:
            self._run.set_input(np.array([self.position], np.int32), self._ends["position"])
        if "flags" in self._ends:
            said = [self._one if flags >> at & 1 else 0 for at in range(len(FLAGS))]
            self._run.set_input(np.array([said], np.int8), self._ends["flags"])
        self.position += 1
        for value, (at, _) in zip(self._values, self._states, strict=True):
            self._run.set_input(value, at)
        self._run.invoke()
        self._values = [np.array(self._run.get_output(at)) for _, at in self._states]
        return [np.array(self._run.get_output(at)) for at in self._outputs]

    def logits(self, tokens: Sequence[int], flags: Sequence[int] = ()) -> Ints:
        """[len(tokens), logits]: output 0 after each token, from the reset state. flags: of each token, as ``step`` takes them; or ()."""
        self.reset()
        return np.stack([self.step(token, said)[0].reshape(-1) for token, said in zip(tokens, flags or [0] * len(tokens), strict=True)])

    def generate(self, prompt: Sequence[int], end: int, limit: int, flags: Sequence[int] = ()) -> list[int]:
        """Greedy decoding (first largest logit) after a prompt, up to ``limit`` tokens or ``end`` (which is included)."""
        scores = self.logits(prompt, flags)[-1]
        made: list[int] = []
        while len(made) < limit:
            made.append(self.first_logit + int(np.argmax(scores)))
            if made[-1] == end:
                break
            scores = self.step(made[-1])[0].reshape(-1)
        return made


def _names(model: bytes) -> tuple[list[str], list[str]]:
    graph = tflite.Model.GetRootAsModel(model, 0).Subgraphs(0)
    name = [graph.Tensors(at).Name().decode() for at in range(graph.TensorsLength())]
    return [name[graph.Inputs(at)] for at in range(graph.InputsLength())], [name[graph.Outputs(at)] for at in range(graph.OutputsLength())]


def version() -> str:
    """Name and version of the oracle, as stored with what it made."""
    return f"tflite-micro {importlib.metadata.version('tflite-micro')}"


@dataclass(frozen=True)
class Vectors:
    """What the oracle computed. tokens [n] uint16; resets: steps before which the state was reset; crc [n] uint32: CRC-32 of all outputs'
    raw bytes in order; logits [m, vocabulary] int8 of the first m steps; examples: (text, prompt ids, generated ids)."""

    made_by: str
    tokens: NDArray[np.uint16]
    resets: NDArray[np.uint32]
    crc: NDArray[np.uint32]
    logits: Ints
    examples: list[tuple[str, list[int], list[int]]]

    def dump(self) -> bytes:
        """The bytes of oracle.npz (no pickles)."""
        ragged = [np.array(ids, np.uint16) for _, *both in self.examples for ids in both]
        file = io.BytesIO()
        np.savez_compressed(
            file,
            made_by=np.array(self.made_by),
            tokens=self.tokens,
            resets=self.resets,
            crc=self.crc,
            logits=self.logits,
            example_texts=np.array([text for text, _, _ in self.examples], np.str_),
            example_lengths=np.array([len(ids) for ids in ragged], np.uint16).reshape(-1, 2),
            example_ids=np.concatenate(ragged) if ragged else np.zeros(0, np.uint16),
        )
        return file.getvalue()

    @classmethod
    def load(cls, data: bytes, where: str = "oracle.npz") -> Vectors:
        """Read oracle.npz. Raises ModelError where it is damaged."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                ids = iter(np.split(file["example_ids"], np.cumsum(file["example_lengths"].reshape(-1))[:-1]))
                examples = [(str(text), next(ids).tolist(), next(ids).tolist()) for text in file["example_texts"]]
                return cls(str(file["made_by"]), file["tokens"], file["resets"], file["crc"], file["logits"], examples)
        except (OSError, ValueError, KeyError, StopIteration, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise ModelError(f"the stored oracle vectors are damaged: {error}.", where=where) from error


def record(oracle: Oracle, sentences: Sequence[Sequence[int]], raw: int = 256) -> Recording:
    """Run token sequences one after the other, the state reset before each; keeps the logits of the first ``raw`` steps."""
    tokens: list[int] = []
    resets: list[int] = []
    crc: list[int] = []
    logits: list[Ints] = []
    for sentence in sentences:
        resets.append(len(tokens))
        oracle.reset()
        for token in sentence:
            outputs = oracle.step(token)
            tokens.append(token)
            crc.append(zlib.crc32(b"".join(output.tobytes() for output in outputs)))
            if len(logits) < raw:
                logits.append(outputs[0].reshape(-1))
    return np.array(tokens, np.uint16), np.array(resets, np.uint32), np.array(crc, np.uint32), np.stack(logits)


def flags_of(tokenizer: AnyTokenizer, prompt: Sequence[int], names: Names | None) -> list[int]:
    """What a home says about each token of a prompt, as ``Oracle.step`` takes it."""
    if names is None or not isinstance(tokenizer, Tokenizer):
        return [0] * len(prompt)
    pieces = [tokenizer.tokens[id] for id in prompt if id < tokenizer.first_structural and tokenizer.tokens[id]]
    if not pieces:
        return [0] * len(prompt)
    rows = iter(names.flags(pieces))
    said = [next(rows) if id < tokenizer.first_structural and tokenizer.tokens[id] else None for id in prompt]
    return [0 if row is None else sum(1 << int(at) for at in row.nonzero()[0]) for row in said]


def make(
    model: bytes,
    graph: GraphFile,
    tokenizer: AnyTokenizer,
    sentences: Sequence[Sequence[int]],
    examples: Sequence[str],
    limit: int = 48,
    names: Names | None = None,
) -> Vectors:
    """Stored vectors for a bundle: ``sentences`` are token ids of real input, ``examples`` texts that are answered greedily in the home of
    ``names``."""
    oracle = Oracle(model, graph)
    prompts = [(text, tokenizer.prompt(text)) for text in examples]
    answered = [
        (text, prompt, oracle.generate(prompt, tokenizer.end, limit, flags_of(tokenizer, prompt, names))) for text, prompt in prompts
    ]
    return Vectors(version(), *record(oracle, sentences), answered)
