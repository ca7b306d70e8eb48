"""Models made from those that are here, to measure kernels that no shipped model uses."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import flatbuffers
import msgspec
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tinylm.bundle import Bundle, load_bundle
from tinylm.lm import oracle

_MOST = 7


def int4(model: bytes) -> bytes:
    """The same .tflite with the weights of every int8 FULLY_CONNECTED rounded to int4, one scale a tensor, and biases scaled with them."""
    whole = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    graph = whole.subgraphs[0]
    for operator in graph.operators:
        if whole.operatorCodes[operator.opcodeIndex].builtinCode == schema.BuiltinOperator.FULLY_CONNECTED:
            x, w, *bias = (graph.tensors[index] for index in operator.inputs if index >= 0)
            if w.type == schema.TensorType.INT8 and w.buffer:
                _narrow(whole.buffers, x, w, *bias)
    builder = flatbuffers.Builder(1024)
    builder.Finish(whole.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def int4_bundle(model: str, folder: Path) -> Bundle:
    """A language model's bundle so narrowed, in ``folder``, with oracle vectors of the same sentences made on the spot.

    Raises MissingError without the oracle.
    """
    whole = load_bundle(model)
    file, stored = whole.graph, whole.manifest.oracle
    assert stored is not None and whole.manifest.tokenizer is not None
    narrow = int4(whole.read(file.file))
    vectors = oracle.Vectors.load(whole.read(stored.file))
    sentences = [part.tolist() for part in np.split(vectors.tokens, vectors.resets[1:])]
    recorded = oracle.record(oracle.Oracle(narrow, file), sentences)
    (folder / file.file).write_bytes(narrow)
    (folder / stored.file).write_bytes(oracle.Vectors(oracle.version(), *recorded, []).dump())
    commands = whole.manifest.commands
    for name in (whole.manifest.tokenizer.file, commands and commands.grammar, commands and commands.home):
        if name:
            shutil.copy(whole.path(name), folder)
    manifest = msgspec.structs.replace(whole.manifest, name=f"{whole.name}4", examples=[], quality={}, recipe=None)
    return Bundle(manifest, folder)


def _narrow(buffers: list[Any], x: Any, w: Any, bias: Any = None) -> None:
    """w [outputs, inputs] int8 -> int4, two to a byte; bias to its new scale."""
    values = np.asarray(buffers[w.buffer].data, np.uint8).view(np.int8).reshape(-1)
    scale = np.asarray(w.quantization.scale, np.float64)
    real = values.reshape(tuple(w.shape)) * scale[:, None] if scale.size > 1 else values * scale[0]
    step = float(np.float32(np.abs(real).max() / _MOST))
    narrow = np.clip(np.rint(real / step), -_MOST, _MOST).astype(np.int8).reshape(-1)
    nibbles = np.pad(narrow, (0, narrow.size % 2)).view(np.uint8) & 15
    if bias is not None:
        held = buffers[bias.buffer]
        sums = np.asarray(held.data, np.uint8).view("<i4") * np.asarray(bias.quantization.scale, np.float64)
        unit = float(np.float32(x.quantization.scale[0] * step))
        held.data = np.rint(sums / unit).astype("<i4").view(np.uint8)
        bias.quantization.scale, bias.quantization.zeroPoint = [unit], [0]
    buffers[w.buffer].data = nibbles[0::2] | nibbles[1::2] << 4
    w.type, w.quantization.scale, w.quantization.zeroPoint = schema.TensorType.INT4, [step], [0]
