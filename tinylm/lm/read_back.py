"""The weights of a student's step graph, read back from the .tflite that ``export`` wrote: what a training on from a bundle starts with."""

from __future__ import annotations

import numpy as np
import tflite
from numpy.typing import NDArray

from tinylm.errors import ModelError
from tinylm.lm.student import StudentSpec

Weights = dict[str, NDArray[np.float32]]
# Where a fully connected operator's tensors are not called as its weights are (tinylm.lm.export.export).
_KEYS = {"seen": "read", "logits": "head", "first": "start", "last": "end"}

_TYPES = {tflite.TensorType.INT32: "<i4", tflite.TensorType.INT16: "<i2"}


def read_back(model: bytes, where: str = "step.tflite") -> tuple[StudentSpec, Weights]:
    """Sizes and weights as ``export`` takes them, each weight the value that its integer stands for.

    Raises ModelError where the file is no step graph of a minGRU student.
    """
    graph = tflite.Model.GetRootAsModel(model, 0).Subgraphs(0)
    found: dict[str, NDArray[np.float32]] = {}
    bits = 8
    for at in range(graph.TensorsLength()):
        tensor = graph.Tensors(at)
        name = tensor.Name().decode()
        if name == "embedding" or name.endswith(("/w", "/b")):
            found[name] = real(tflite.Model.GetRootAsModel(model, 0), tensor)
            bits = 4 if tensor.Type() == tflite.TensorType.INT4 else bits
    weights = {key: value for name, value in found.items() if (key := _key(name, found))}
    layers = sum(name.endswith(".z.b") for name in weights)
    try:
        spec = StudentSpec(
            embedding=weights["embedding"].shape[1],
            inner=len(weights["wide.w"] if "wide.w" in weights else weights["wide.high"]),
            layers=tuple(len(weights[f"{layer}.z.b"]) for layer in range(layers)),
            attention=len(weights["k.w"] if "k.w" in weights else weights["k.high"]),
            window=_window(graph),
            bits=bits,
            ranks={name.removesuffix(".low"): len(value) for name, value in weights.items() if name.endswith(".low")},
        )
    except KeyError as error:
        raise ModelError(f"is no step graph of a minGRU student: it has no weights {error}.", where=where) from error
    return spec, weights


def _key(name: str, found: dict[str, NDArray[np.float32]]) -> str:
    """The name of a tensor's weights; '' for biases that the file has only because the operator needs one."""
    if name == "embedding":
        return name
    stem, kind = name.rsplit("/", 1)
    if stem.startswith("x") and stem[1:].isdigit():
        return f"{stem[1:]}.conv.w" if kind == "w" else ""
    low = stem.endswith("/low")
    stem = stem.removesuffix("/low")
    key = _KEYS.get(stem, stem)
    if kind == "b":
        return f"{key}.b"
    return f"{key}.low" if low else f"{key}.high" if f"{stem}/low/w" in found else f"{key}.w"


def real(model: tflite.Model, tensor: tflite.Tensor) -> NDArray[np.float32]:
    """What a constant tensor stands for; a depthwise filter [1, taps, 1, n] as [taps, n]."""
    raw = model.Buffers(tensor.Buffer()).DataAsNumpy()
    shape, scale = tensor.ShapeAsNumpy(), np.asarray(tensor.Quantization().ScaleAsNumpy(), np.float32)
    if tensor.Type() == tflite.TensorType.INT4:
        halves = np.stack([raw & 15, raw >> 4], axis=1).reshape(-1)[: int(np.prod(shape))].astype(np.int8)
        values = np.where(halves > 7, halves - 16, halves)
    else:
        values = raw.view(_TYPES.get(tensor.Type(), np.int8))
    real = values.astype(np.float32).reshape(shape) * scale[0]
    return real.reshape(real.shape[1], real.shape[3]) if real.ndim == 4 else real


def _window(graph: tflite.SubGraph) -> int:
    tensors = [graph.Tensors(at) for at in range(graph.TensorsLength())]
    return next((int(tensor.Shape(0)) for tensor in tensors if tensor.Name() == b"k_in"), 0)
