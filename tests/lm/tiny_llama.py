"""A llama2.c checkpoint and tokenizer of random weights, as files."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np

from tinylm.bundle import STEP, Bundle, Manifest, TokenizerFile, load_bundle
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.llama import Llama, Shape
from tinylm.lm.llama2c import read_tokenizer
from tinylm.lm.llama_export import export, step_graph
from tinylm.lm.llama_prepare import prepare
from tinylm.lm.llama_quantise import quantise
from tinylm.lm.recipe_files import manifest_toml

STORIES = Path(os.environ.get("TINYLM_DATA", Path(__file__).resolve().parents[3] / "shared/data")) / "llama2c"
PIECES = [" ", "a", "b", "c", "ab", "aba", " a", " ab", "é", "ca"]
SHAPE = Shape(dim=16, hidden=28, layers=2, heads=4, kv_heads=2, vocabulary=3 + 256 + len(PIECES), window=32)
SIZES = ("dim", "hidden", "layers", "heads", "kv_heads", "vocabulary", "window")


def model(shape: Shape = SHAPE, tied: bool = True, seed: int = 5) -> Llama:
    rng = np.random.default_rng(seed)
    s = shape
    sizes = {
        "embedding": (s.vocabulary, s.dim),
        "attention_norm": (s.layers, s.dim),
        "wq": (s.layers, s.dim, s.dim),
        "wk": (s.layers, s.kv_dim, s.dim),
        "wv": (s.layers, s.kv_dim, s.dim),
        "wo": (s.layers, s.dim, s.dim),
        "ffn_norm": (s.layers, s.dim),
        "w1": (s.layers, s.hidden, s.dim),
        "w2": (s.layers, s.dim, s.hidden),
        "w3": (s.layers, s.hidden, s.dim),
        "norm": (s.dim,),
        **({} if tied else {"head": (s.vocabulary, s.dim)}),
    }
    weights = {name: rng.normal(0, 0.25 if name[0] == "w" else 0.5, size).astype(np.float32) for name, size in sizes.items()}
    for name in ("attention_norm", "ffn_norm", "norm"):
        weights[name] = np.abs(weights[name]) + np.float32(0.5)
    return Llama(shape, weights)


def checkpoint(made: Llama) -> bytes:
    s, w = made.shape, dict(made.weights)
    head = [w.pop("head")] if "head" in w else []
    numbers = [getattr(s, name) for name in SIZES]
    numbers[5] *= -1 if head else 1
    tables = np.zeros((2, s.window, s.head // 2), np.float32)
    return struct.pack("<7i", *numbers) + b"".join(value.tobytes() for value in [*w.values(), tables, *head])


def tokenizer() -> bytes:
    tokens = [("<unk>", 0.0), ("\n<s>\n", 0.0), ("\n</s>\n", 0.0), *((f"<0x{byte:02X}>", 0.0) for byte in range(256))]
    tokens += [(piece, -float(at)) for at, piece in enumerate(PIECES)]
    return struct.pack("<i", 7) + b"".join(struct.pack("<fi", score, len(text.encode())) + text.encode() for text, score in tokens)


def write(folder: Path, made: Llama | None = None) -> tuple[Path, Path]:
    files = folder / "tiny.bin", folder / "tok.bin"
    files[0].write_bytes(checkpoint(made or model()))
    files[1].write_bytes(tokenizer())
    return files


def bundle(folder: Path, window: int = 16) -> Bundle:
    """The int8 step graph of ``model()``, without anything measured."""
    made = model()
    folder.mkdir(parents=True)
    _, path = write(folder, made)
    rng = np.random.default_rng(3)
    texts = [[1, *made.generate([1], 3 * window, rng)] for _ in range(3)]
    graph = step_graph("step.tflite", made.shape.layers)
    (folder / "step.tflite").write_bytes(export(quantise(prepare(made, texts), texts, window)))
    (folder / "tokenizer.json").write_text(ByteTokenizer.make(read_tokenizer(path, made.shape.vocabulary)).dump())
    file = TokenizerFile(file="tokenizer.json")
    manifest = Manifest(name="tiny", title="tiny", kind="language-model", graphs={STEP: graph}, tokenizer=file)
    (folder / "model.toml").write_text(manifest_toml(manifest))
    return load_bundle(folder)
