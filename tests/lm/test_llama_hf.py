"""Llama models in Hugging Face's layout: what was written is read, what does not fit is refused in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.lm import tiny_llama
from tinylm.errors import InputError
from tinylm.lm.llama import Llama
from tinylm.lm.llama_hf import _LAYER, neighbours, read_model, read_tokenizer
from tinylm.lm.safetensors import read_safetensors

SHAPE = tiny_llama.SHAPE
CONFIG: dict[str, Any] = {
    "model_type": "llama", "hidden_size": SHAPE.dim, "intermediate_size": SHAPE.hidden, "num_hidden_layers": SHAPE.layers,
    "num_attention_heads": SHAPE.heads, "num_key_value_heads": SHAPE.kv_heads, "vocab_size": SHAPE.vocabulary,
    "max_position_embeddings": SHAPE.window, "rms_norm_eps": 1e-5, "tie_word_embeddings": True, "torch_dtype": "float32",
}  # fmt: skip


def tensors(model: Llama) -> dict[str, np.ndarray]:
    s, w = model.shape, model.weights
    found = {"model.embed_tokens.weight": w["embedding"], "model.norm.weight": w["norm"]}
    for layer in range(s.layers):
        for name, theirs in _LAYER.items():
            value = w[name][layer]
            if name in ("wq", "wk"):
                halves = np.empty_like(value)
                halves[neighbours(s.heads if name == "wq" else s.kv_heads, s.head)] = value
                value = halves
            found[f"model.layers.{layer}.{theirs}.weight"] = value
    return found


def safetensors(values: dict[str, np.ndarray], dtype: str = "F32") -> bytes:
    header, data = {}, b""
    for name, value in values.items():
        if dtype == "BF16":
            raw = (np.ascontiguousarray(value, np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()
        else:
            raw = value.astype("<f4" if dtype == "F32" else "<f2").tobytes()
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    return len(text).to_bytes(8, "little") + text + data


def tokenizer() -> dict[str, Any]:
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *(p.replace(" ", "▁") for p in tiny_llama.PIECES)]
    merges = ["a b", ["ab", "a"], "a ba", "▁ a", "▁a b", ["▁", "ab"], "c a"]
    merges = [m for m in merges if "".join(m.split(" ") if isinstance(m, str) else m) in tokens]
    return {"model": {"type": "BPE", "byte_fallback": True, "vocab": {t: at for at, t in enumerate(tokens)}, "merges": merges}}


def write(folder: Path, dtype: str = "F32") -> Llama:
    model = tiny_llama.model()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "model.safetensors").write_bytes(safetensors(tensors(model), dtype))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()))
    return model


@pytest.mark.parametrize(("dtype", "near"), [("F32", 0), ("F16", 1e-3), ("BF16", 1e-2)])
def test_the_same_model_in_their_layout(dtype: str, near: float, tmp_path: Path) -> None:
    model = write(tmp_path, dtype)
    read = read_model(tmp_path)
    assert read.shape == model.shape
    for name, value in model.weights.items():
        np.testing.assert_allclose(read.weights[name], value, atol=near, rtol=near)


def test_their_tokenizer_cuts_by_the_rank_of_merges(tmp_path: Path) -> None:
    write(tmp_path)
    made = read_tokenizer(tmp_path, SHAPE.vocabulary)
    assert [made.pieces[id] for id in made.encode("caba é")] == [b" ", b"c", b"aba", b" ", "é".encode()]


Change = Callable[[Path], None]


def config(**changed: Any) -> Change:
    return lambda folder: (folder / "config.json").write_text(json.dumps(CONFIG | changed)) and None


def weights(change: Callable[[bytes], bytes]) -> Change:
    return lambda folder: (folder / "model.safetensors").write_bytes(change((folder / "model.safetensors").read_bytes())) and None


BAD: dict[str, tuple[Change, str]] = {
    "no config": (lambda folder: (folder / "config.json").unlink(), "config.json: cannot be read"),
    "config is no json": (lambda folder: (folder / "config.json").write_text("{") and None, "is not what a Llama's config.json is"),
    "another architecture": (config(model_type="gpt2"), "has model_type 'gpt2'"),
    "another activation": (config(hidden_act="gelu"), "has hidden_act 'gelu'"),
    "scaled positions": (config(rope_scaling={"type": "linear"}), "has rope_scaling"),
    "biases": (config(attention_bias=True), "has biases"),
    "sizes": (config(num_attention_heads=3), "is not a multiple of n_heads 3"),
    "no layers": (config(num_hidden_layers=0), "a size is not positive"),
    "a tensor is missing": (config(num_hidden_layers=3), "lacks the tensor 'model.layers.2.input_layernorm.weight'"),
    "a shape disagrees": (config(intermediate_size=30), "of shape [28, 16]; config.json says [30, 16]"),
    "an untied head is missing": (config(tie_word_embeddings=False), "lacks the tensor 'lm_head.weight'"),
    "weights cut short": (weights(lambda data: data[:-1]), "is cut short"),
    "empty weights": (weights(lambda data: b""), "is cut short or no safetensors file"),
    "header beyond the file": (weights(lambda data: b"\xff" * 8 + data[8:]), "is cut short or no safetensors file"),
    "damaged header": (weights(lambda data: data[:8] + b"?" + data[9:]), "has a damaged header"),
    "another type": (weights(lambda data: data.replace(b'"F32"', b'"I32"', 1)), "as I32; F32, F16 and BF16 are read"),
    "wrong size": (weights(lambda data: data.replace(b"[269, 16]", b"[268, 16]", 1)), "has shape [268, 16] and 17216 bytes"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_folder_that_does_not_fit_is_refused(name: str, tmp_path: Path) -> None:
    change, message = BAD[name]
    write(tmp_path)
    change(tmp_path)
    with pytest.raises(InputError) as error:
        read_model(tmp_path)
    assert message in str(error.value)


BAD_TOKENIZERS = {
    "another kind": ({"byte_fallback": False}, "is not BPE with byte fallback"),
    "too few": ({"vocab": {"a": 0}}, "has 1 tokens, the model 269"),
    "an unknown merge": ({"merges": ["b b"]}, "merges 'b' and 'b', whose text is no token"),
}


@pytest.mark.parametrize("name", BAD_TOKENIZERS)
def test_a_tokenizer_that_does_not_fit_is_refused(name: str, tmp_path: Path) -> None:
    changed, message = BAD_TOKENIZERS[name]
    write(tmp_path)
    made = tokenizer()
    made["model"] |= changed
    (tmp_path / "tokenizer.json").write_text(json.dumps(made))
    with pytest.raises(InputError, match=message):
        read_tokenizer(tmp_path, SHAPE.vocabulary)


def test_a_file_without_tensors_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "none.safetensors"
    path.write_bytes(safetensors({}))
    assert read_safetensors(path) == {}
