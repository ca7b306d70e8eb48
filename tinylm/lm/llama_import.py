"""From a Llama-architecture model in float32 to a bundle: calibrated, quantised, measured against what it was."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tinylm.bundle import MANIFEST, STEP, Manifest, TokenizerFile
from tinylm.bundle import Oracle as OracleEntry
from tinylm.errors import InputError, MissingError
from tinylm.lm import llama_hf, llama_qat, oracle
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.extra import need, tensorflow
from tinylm.lm.llama import Cache, Floats, Llama
from tinylm.lm.llama2c import read_checkpoint, read_tokenizer
from tinylm.lm.llama_export import MATRICES, Quantised, export, step_graph
from tinylm.lm.llama_prepare import prepare
from tinylm.lm.llama_quantise import quantise
from tinylm.lm.llama_slim import slim
from tinylm.lm.llama_write import write
from tinylm.lm.recipe_files import manifest_toml
from tinylm.paths import written_aside

Progress = Callable[[str, int, int, str], None]
Texts = list[list[int]]

WINDOW = 256
_BITS = {"int8": 8, "int4": 4}
_CALIBRATION = 40  # texts
_AT_ONCE = 32  # texts that the model writes
_USED = 200_000  # of them, to see which tokens are used
_ORACLE_TOKENS = 300
_EXAMPLES = ["Once upon a time", "One day, a little girl"]


@dataclass(frozen=True)
class Plan:
    """weights: int8 or int4. calibrate: a text, or None for what the model itself writes. characters: of the text that the loss is
    measured on; window: positions that the device looks back on; steps, training: of the training for int4, and the characters it reads;
    vocabulary: whole or used, see llama_slim."""

    name: str
    weights: str = "int8"
    calibrate: Path | None = None
    characters: int = 20_000
    window: int = WINDOW
    seed: int = 1
    steps: int = 1300
    training: int = 1_000_000
    vocabulary: str = "whole"


def import_llama2c(checkpoint: Path, tokenizer: Path, plan: Plan, out_dir: Path, progress: Progress) -> dict[str, Any]:
    """Make a bundle of a llama2.c checkpoint. Raises InputError for files that do not fit."""
    model = read_checkpoint(checkpoint)
    tokens = read_tokenizer(tokenizer, model.shape.vocabulary)
    return import_model(model, ByteTokenizer.make(tokens, where=str(tokenizer)), plan, out_dir, progress)


def import_hf(folder: Path, plan: Plan, out_dir: Path, progress: Progress) -> dict[str, Any]:
    """Make a bundle of a folder with config.json, model.safetensors and tokenizer.json. Raises InputError for what does not fit."""
    model = llama_hf.read_model(folder)
    return import_model(model, llama_hf.read_tokenizer(folder, model.shape.vocabulary), plan, out_dir, progress)


def import_model(model: Llama, tokenizer: ByteTokenizer, plan: Plan, out_dir: Path, progress: Progress) -> dict[str, Any]:
    """Make a bundle of a model and its tokenizer; what was made and measured. Raises MissingError for int4 without TensorFlow."""
    started = time.monotonic()
    need("ai_edge_litert.schema_py_generated")
    if _BITS[plan.weights] < 8:
        tensorflow()
    rng = np.random.default_rng(plan.seed)
    progress("write", 0, 2, "text to measure on")
    texts = own_texts(model, tokenizer, plan.characters, plan.window, rng)
    progress("write", 1, 2, "text to calibrate on")
    wanted = plan.training if _BITS[plan.weights] < 8 else plan.characters if plan.vocabulary == "whole" else max(plan.characters, _USED)
    own = own_texts(model, tokenizer, wanted, plan.window, rng)
    progress("write", 2, 2, "")
    calibration = (_given(plan, tokenizer) if plan.calibrate else own)[:_CALIBRATION]
    quality: dict[str, Any] = {"float_bits_per_byte": round(bits_per_byte(model.logits, tokenizer, texts), 4)}
    if plan.vocabulary == "used":
        less = slim(model, tokenizer, [*texts, *own, *calibration])
        model, tokenizer = less.model, less.tokenizer
        texts, own, calibration = (less.texts(each) for each in (texts, own, calibration))
    made = _quantised(model, own, calibration, plan, progress)
    data = export(made)
    graph = step_graph("step.tflite", model.shape.layers)
    manifest = Manifest(
        name=plan.name,
        title=f"{plan.name} ({_count(model):,} parameters), {plan.weights} weights",
        kind="language-model",
        mlperf="lm02",
        graphs={STEP: graph},
        tokenizer=TokenizerFile(file="tokenizer.json"),
    )
    files = {"step.tflite": data, "tokenizer.json": tokenizer.dump().encode()}
    try:
        judge = oracle.Oracle(data, graph)
    except MissingError as error:
        quality["measured_by"] = f"nothing: {error.what}"
    else:
        found = bits_in_tflm(judge, tokenizer, texts, lambda read: progress("measure", read, len(texts), ""))
        quality["bits_per_byte"] = round(found, 4)
        quality |= {"bits_per_byte_lost": round(found - quality["float_bits_per_byte"], 4), "texts": len(texts)}
        prompts = [example for example in _EXAMPLES if tokenizer.encode(example)]
        vectors = oracle.make(data, graph, tokenizer, first_tokens(texts, _ORACLE_TOKENS), prompts)
        files["oracle.npz"] = vectors.dump()
        quality["measured_by"] = vectors.made_by
        manifest.oracle, manifest.examples = OracleEntry(file="oracle.npz", made_by=vectors.made_by), prompts
    manifest.quality = quality
    files[MANIFEST] = manifest_toml(manifest).encode()
    with written_aside(out_dir) as aside:
        for name, content in files.items():
            (aside / name).write_bytes(content)
    return {
        "name": plan.name,
        "folder": str(out_dir),
        "bytes": len(data),
        "weights": _count(model),
        "vocabulary": len(tokenizer),
        "seconds": round(time.monotonic() - started, 1),
        "quality": quality,
    }


def _quantised(model: Llama, texts: Texts, calibration: Texts, plan: Plan, progress: Progress) -> Quantised:
    bits = _BITS[plan.weights]
    prepared = prepare(model, calibration, fold=False)
    if bits == 8:
        return quantise(prepared, calibration, plan.window, bits, plan.seed)
    trained, scales = llama_qat.train(prepared, texts, bits, plan.steps, plan.seed, lambda done: progress("train", done, plan.steps, ""))
    most = (1 << (bits - 1)) - 1
    units = {name: scale.reshape(-1, *[1] * (trained.weights[name].ndim - 1)) for name, scale in scales.items()}
    rounded = {name: np.clip(np.round(trained.weights[name] / unit), -most - 1, most) * unit for name, unit in units.items()}
    known = {f"{layer}/{short}": float(scales[name][layer]) for short, name in MATRICES.items() for layer in range(model.shape.layers)}
    known |= {name: float(scales[name][0]) for name in ("embedding", "head") if name in scales}
    student = replace(trained, weights={**trained.weights, **rounded})
    return quantise(student, calibration, plan.window, bits, plan.seed, known)


def own_texts(model: Llama, tokenizer: ByteTokenizer, characters: int, window: int, rng: np.random.Generator) -> Texts:
    """Texts that the model writes at temperature 1, each from bos to its end or the window's, until they have so many characters."""
    texts: Texts = []
    total = 0
    while total < characters:
        for row in write(model, _AT_ONCE, window, tokenizer.bos, rng).tolist():
            end = next((at for at, id in enumerate(row) if at and id in (tokenizer.bos, tokenizer.end)), len(row) - 1)
            texts.append(row[: end + 1])
            total += max(len(tokenizer.decode(texts[-1])), 1)
            if total >= characters:
                break
    return texts


def _given(plan: Plan, tokenizer: ByteTokenizer) -> Texts:
    """The calibration text, a paragraph each."""
    assert plan.calibrate is not None
    try:
        text = plan.calibrate.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read as text.", where=str(plan.calibrate)) from error
    texts = [tokenizer.prompt(part.strip())[: plan.window] for part in text.split("\n\n") if part.strip()]
    if not texts:
        raise InputError("holds no text to calibrate on.", where=str(plan.calibrate))
    return texts


def bits_per_byte(logits: Callable[[Sequence[int]], Floats], tokenizer: ByteTokenizer, texts: Texts) -> float:
    """Bits that a model needs for texts, over their bytes. logits: [n, vocabulary] after each of n tokens."""
    bits, count = 0.0, 0
    for ids in texts:
        scores = logits(ids[:-1]).astype(np.float64)
        scores -= scores.max(axis=1, keepdims=True)
        nats = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(ids) - 1), ids[1:]]
        bits += float(nats.sum()) / math.log(2)
        count += sum(len(tokenizer.pieces[id]) for id in ids)
    return bits / max(count, 1)


def rolling(model: Llama, window: int) -> Callable[[Sequence[int]], Floats]:
    """Logits of a model that looks back on ``window`` tokens, however many it reads."""

    def logits(tokens: Sequence[int]) -> Floats:
        cache = Cache(model, window)
        return np.concatenate([cache.feed(tokens[at : at + window]) for at in range(0, len(tokens), window)])

    return logits


def bits_in_tflm(judge: oracle.Oracle, tokenizer: ByteTokenizer, texts: Texts, tick: Callable[[int], None]) -> float:
    """Bits that the step graph needs for texts in TFLM, over their bytes. tick: called with the number of texts read."""
    read = 0

    def logits(tokens: Sequence[int]) -> Floats:
        nonlocal read
        read += 1
        tick(read)
        return ((judge.logits(tokens).astype(np.float32) - judge.zero_point) * np.float32(judge.scale)).astype(np.float32)

    return bits_per_byte(logits, tokenizer, texts)


def first_tokens(texts: Texts, tokens: int) -> Texts:
    """Whole texts from the start of the list, so many tokens in all."""
    chosen: Texts = []
    for ids in texts:
        if sum(map(len, chosen)) >= tokens:
            break
        chosen.append(ids[: tokens - sum(map(len, chosen))])
    return chosen


def _count(model: Llama) -> int:
    return sum(value.size for value in model.weights.values())
