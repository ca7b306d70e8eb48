"""Llama models in Hugging Face's layout: a folder with config.json, model.safetensors and tokenizer.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from tinylm.errors import InputError
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.llama import Floats, Llama, Shape, Weights
from tinylm.lm.safetensors import read_safetensors

_T = TypeVar("_T")
_LAYER = {
    "attention_norm": "input_layernorm",
    "wq": "self_attn.q_proj",
    "wk": "self_attn.k_proj",
    "wv": "self_attn.v_proj",
    "wo": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "w1": "mlp.gate_proj",
    "w2": "mlp.down_proj",
    "w3": "mlp.up_proj",
}


class _Config(msgspec.Struct):
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    vocab_size: int
    model_type: str = "llama"
    hidden_act: str = "silu"
    max_position_embeddings: int = 2048
    num_key_value_heads: int | None = None
    head_dim: int | None = None
    rms_norm_eps: float = 1e-6
    rope_theta: float = 10000.0
    rope_scaling: Any = None
    tie_word_embeddings: bool = False
    attention_bias: bool = False
    mlp_bias: bool = False
    bos_token_id: int = 1
    eos_token_id: int = 2


class _Model(msgspec.Struct):
    vocab: dict[str, int]
    merges: list[str | list[str]]
    type: str = "BPE"
    byte_fallback: bool = False


class _Tokenizer(msgspec.Struct):
    model: _Model


def read_model(folder: Path) -> Llama:
    """The float model. Raises InputError where it is no Llama of this kind, or its tensors do not fit its config."""
    config = _decode(folder / "config.json", _Config)
    where = str(folder / "config.json")
    unlike = {
        f"model_type '{config.model_type}'": config.model_type != "llama",
        f"hidden_act '{config.hidden_act}'": config.hidden_act != "silu",
        "rope_scaling": config.rope_scaling is not None,
        "biases": config.attention_bias or config.mlp_bias,
        f"head_dim {config.head_dim}": config.head_dim not in (None, config.hidden_size // max(config.num_attention_heads, 1)),
    }
    for what, found in unlike.items():
        if found:
            raise InputError(f"has {what}, which is not supported.", where=where, hint="A plain Llama is.")
    heads = config.num_attention_heads
    kv_heads = heads if config.num_key_value_heads is None else config.num_key_value_heads
    shape = Shape(
        config.hidden_size, config.intermediate_size, config.num_hidden_layers, heads, kv_heads, config.vocab_size,
        config.max_position_embeddings,
    )  # fmt: skip
    problem = "a size is not positive" if min(vars(shape).values()) <= 0 else shape.problem()
    if problem:
        raise InputError(f"has sizes that disagree: {problem}.", where=where)
    tensors = read_safetensors(folder / "model.safetensors")
    return Llama(shape, _weights(shape, tensors, config, str(folder / "model.safetensors")), config.rms_norm_eps, config.rope_theta)


def _weights(s: Shape, tensors: dict[str, Floats], config: _Config, where: str) -> Weights:
    def take(name: str, *size: int) -> Floats:
        if name not in tensors:
            raise InputError(f"lacks the tensor '{name}'.", where=where)
        if tensors[name].shape != size:
            raise InputError(f"has '{name}' of shape {list(tensors[name].shape)}; config.json says {list(size)}.", where=where)
        return tensors[name]

    sizes = {
        "attention_norm": (s.dim,), "wq": (s.dim, s.dim), "wk": (s.kv_dim, s.dim), "wv": (s.kv_dim, s.dim), "wo": (s.dim, s.dim),
        "ffn_norm": (s.dim,), "w1": (s.hidden, s.dim), "w2": (s.dim, s.hidden), "w3": (s.hidden, s.dim),
    }  # fmt: skip
    made = {
        name: np.stack([take(f"model.layers.{layer}.{_LAYER[name]}.weight", *size) for layer in range(s.layers)])
        for name, size in sizes.items()
    }
    for name, heads in (("wq", s.heads), ("wk", s.kv_heads)):
        made[name] = made[name][:, neighbours(heads, s.head)]
    made |= {"embedding": take("model.embed_tokens.weight", s.vocabulary, s.dim), "norm": take("model.norm.weight", s.dim)}
    if not config.tie_word_embeddings:
        made["head"] = take("lm_head.weight", s.vocabulary, s.dim)
    return made


def neighbours(heads: int, head: int) -> np.ndarray:
    """Rows of a matrix whose rotary pairs lie half a head apart, so that they become neighbours."""
    return np.arange(heads * head).reshape(heads, 2, head // 2).swapaxes(1, 2).reshape(-1)


def read_tokenizer(folder: Path, vocabulary: int) -> ByteTokenizer:
    """The tokenizer: BPE over characters with byte fallback, spaces as U+2581. Raises InputError for another kind."""
    path, config = folder / "tokenizer.json", _decode(folder / "config.json", _Config)
    model = _decode(path, _Tokenizer).model
    if model.type != "BPE" or not model.byte_fallback:
        raise InputError("is not BPE with byte fallback, which alone is supported.", where=str(path))
    if len(model.vocab) != vocabulary or sorted(model.vocab.values()) != list(range(vocabulary)):
        raise InputError(f"has {len(model.vocab)} tokens, the model {vocabulary}.", where=str(path))
    scores = dict.fromkeys(model.vocab, -float(len(model.merges)))
    for rank, merge in reversed(list(enumerate(model.merges))):
        left, _, right = merge.partition(" ") if isinstance(merge, str) else (merge[0], "", merge[-1])
        if left + right not in model.vocab:
            raise InputError(f"merges '{left}' and '{right}', whose text is no token.", where=str(path))
        scores[left + right] = -float(rank)
    tokens = sorted(model.vocab, key=lambda text: model.vocab[text])
    pairs = [(token.replace("▁", " ").encode(), scores[token]) for token in tokens]
    return ByteTokenizer.make(pairs, config.bos_token_id, config.eos_token_id, str(path))


def _decode(path: Path, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", where=str(path)) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"is not what a Llama's {path.name} is: {error}.", where=str(path)) from error
