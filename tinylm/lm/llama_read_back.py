"""A Llama model read back from the step graph that ``llama_export`` wrote: what a training on from a bundle starts with."""

from __future__ import annotations

import numpy as np
import tflite

from tinylm.errors import ModelError
from tinylm.lm.llama import Floats, Llama, Shape, Weights
from tinylm.lm.llama_export import MATRICES, frequency_major
from tinylm.lm.read_back import real

_NORMS = {"n1": "attention_norm", "n2": "ffn_norm"}
_TENSORS = {"o": "d1", "down": "d2"}  # matrices whose operator is called otherwise


def read_llama(model: bytes, where: str = "step.tflite") -> Llama:
    """Sizes and weights, each the value that its integer stands for. Raises ModelError where the file is no such step graph."""
    whole = tflite.Model.GetRootAsModel(model, 0)
    graph = whole.Subgraphs(0)
    tensors = {graph.Tensors(at).Name().decode(): graph.Tensors(at) for at in range(graph.TensorsLength())}
    try:
        embedding = real(whole, tensors["embedding"])
        kv_heads, window, head = (int(size) for size in tensors["k0_in"].ShapeAsNumpy())
        layers = sum(name.startswith("k") and name.endswith("_in") for name in tensors)
        dim = embedding.shape[1]
        rms = float(np.sqrt(dim))  # which matrices behind a norm bring

        def matrix(layer: int, short: str) -> Floats:
            found = real(whole, tensors[f"{layer}/{_TENSORS.get(short, short)}/w"])
            if short in ("q", "k"):
                order = frequency_major(len(found) // head, head)
                found = found[np.argsort(order)]
            return found if short in _TENSORS else found / np.float32(rms)

        def norm(name: str) -> Floats:
            weight = tensors.get(f"{name}/weight")
            return np.ones(dim, np.float32) if weight is None else real(whole, weight).reshape(-1)

        weights: Weights = {"embedding": embedding, "norm": norm("n")}
        weights |= {name: np.stack([matrix(layer, short) for layer in range(layers)]) for short, name in MATRICES.items()}
        weights |= {name: np.stack([norm(f"{layer}/{short}") for layer in range(layers)]) for short, name in _NORMS.items()}
        if tensors["logits/w"].Buffer() != tensors["embedding"].Buffer():
            weights["head"] = real(whole, tensors["logits/w"]) / np.float32(rms)
    except KeyError as error:
        raise ModelError(f"is no step graph of a small Llama: it has no tensor {error}.", where=where) from error
    hidden = weights["w1"].shape[1]
    return Llama(Shape(dim, hidden, layers, dim // head, kv_heads, len(embedding), window), weights)
