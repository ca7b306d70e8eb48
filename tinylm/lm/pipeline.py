"""From a recipe to a bundle: corpus, tokenizer, training, int8 export, figures, stored oracle vectors; written whole or not at all."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from tinylm.bundle import MANIFEST, STEP, Manifest, TokenizerFile
from tinylm.bundle import Oracle as OracleEntry
from tinylm.errors import InputError, MissingError
from tinylm.lm import answers, bpe, evaluate, export, oracle, recipe_files
from tinylm.lm.corpus import Corpus, build
from tinylm.lm.extra import need, tensorflow
from tinylm.lm.recipe import Recipe, load_recipe
from tinylm.lm.recipe import smoke as smoke_size
from tinylm.lm.tokenizer import Tokenizer
from tinylm.lm.training import Batches, Progress, Trainer
from tinylm.paths import cache_dir, written_aside

ORACLE_TOKENS = 1_536


def train(
    recipe: Path, out_dir: Path, smoke: bool = False, seed: int | None = None, progress: Progress = lambda *_: None
) -> dict[str, Any]:
    """Make the bundle of a recipe in ``out_dir`` (replaced as a whole at the end).

    smoke: a size for CI. seed: instead of the recipe's. progress: called as (stage, done, total, note).
    Returns {name, folder, bytes, weights, vocabulary, steps, seconds, quality}. Ctrl-C leaves a checkpoint in the cache from which the same
    call goes on. Raises InputError (recipe, loss that is no number, out_dir), MissingError (train extra).
    """
    started = time.monotonic()
    text = _read(recipe)
    plan = load_recipe(recipe)
    plan = smoke_size(plan) if smoke else plan
    plan = plan if seed is None else msgspec.structs.replace(plan, seed=seed)
    need("ai_edge_litert.schema_py_generated")
    tensorflow()
    progress("corpus", 0, 1, "expanding the templates")
    corpus = build(plan.corpus, plan.seed)
    progress("corpus", 1, 1, f"{len(corpus.train)} rows")
    tokenizer = learn_tokenizer(plan, corpus)
    weights = _weights(plan, corpus, tokenizer, progress)
    model = export.export(weights)
    manifest = Manifest(
        name=plan.name,
        title=plan.title,
        kind="language-model",
        licence=plan.licence,
        mlperf=plan.mlperf,
        recipe="recipe.toml",
        graphs={STEP: export.step_graph("step.tflite", export.layer_count(weights))},
        tokenizer=TokenizerFile(file="tokenizer.json"),
        examples=plan.examples,
        quality=recipe_files.split_notes(plan, smoke),
    )
    files: dict[str, bytes] = {"recipe.toml": text, "step.tflite": model, "tokenizer.json": tokenizer.dump().encode()}
    manifest = _measured(manifest, model, tokenizer, corpus, files, progress)
    files["README.md"] = recipe_files.readme(manifest).encode()
    files[MANIFEST] = recipe_files.manifest_toml(manifest).encode()
    with written_aside(out_dir) as aside:
        for name, data in files.items():
            (aside / name).write_bytes(data)
    return {
        "name": plan.name,
        "folder": str(out_dir),
        "bytes": len(model),
        "weights": sum(value.size for value in weights.values()),
        "vocabulary": len(tokenizer),
        "steps": plan.training.steps,
        "seconds": round(time.monotonic() - started, 1),
        "quality": manifest.quality,
    }


def learn_tokenizer(plan: Recipe, corpus: Corpus) -> Tokenizer:
    """The tokenizer of a recipe: merges learned on training text, then the structural tokens of the corpus."""
    plain = Tokenizer.make(bpe.ALPHABET, [], [])
    words = (f" {word}" for row in corpus.train[: plan.tokenizer.sample] for word in plain.normalise(row.text).split())
    return Tokenizer.make(bpe.ALPHABET, bpe.learn(words, plan.tokenizer.merges), corpus.structural)


def _weights(plan: Recipe, corpus: Corpus, tokenizer: Tokenizer, progress: Progress) -> Any:
    rows = []
    for row in corpus.train:
        prompt = tokenizer.prompt(row.text)
        rows.append((prompt + answers.encode(tokenizer, row), len(prompt)))
    batches = Batches.of(rows, plan.training.lengths, plan.training.batch, plan.seed)
    trainer = Trainer(plan, len(tokenizer))
    checkpoint = cache_dir() / f"training-{trainer.digest[:16]}.npz"
    if trainer.resume(checkpoint):
        progress("train", trainer.done, plan.training.steps, "going on from the checkpoint")
    weights = trainer.run(batches, checkpoint, progress)
    checkpoint.unlink(missing_ok=True)
    return weights


def _measured(
    manifest: Manifest, model: bytes, tokenizer: Tokenizer, corpus: Corpus, files: dict[str, bytes], progress: Progress
) -> Manifest:
    """The manifest with figures, and oracle.npz added to ``files``; without the oracle's wheel it says that nothing was measured."""
    try:
        judge = oracle.Oracle(model, manifest.graph)
    except MissingError as error:
        return msgspec.structs.replace(manifest, quality={**manifest.quality, "measured_by": f"nothing: {error.what}"})
    done, total = 0, len(corpus.heldout) + len(corpus.familiar) + len(corpus.known)

    def tick() -> None:
        nonlocal done
        done += 1
        if done % 50 == 0 or done == total:
            progress("evaluate", done, total, "")

    figures = evaluate.quality(judge, tokenizer, corpus, tick)
    vectors = oracle.make(model, manifest.graph, tokenizer, spoken(judge, tokenizer, corpus), manifest.examples)
    files["oracle.npz"] = vectors.dump()
    return msgspec.structs.replace(
        manifest,
        oracle=OracleEntry(file="oracle.npz", made_by=vectors.made_by),
        quality={**figures, **manifest.quality, "measured_by": vectors.made_by},
    )


def spoken(judge: oracle.Oracle, tokenizer: Tokenizer, corpus: Corpus) -> list[list[int]]:
    """Token sequences of real held-out input, each with the model's own answer, at least ORACLE_TOKENS in all (or all there are)."""
    rows = [row for group in zip(corpus.heldout, corpus.familiar, strict=False) for row in group]
    sentences: list[list[int]] = []
    for row in [*corpus.noncommands[:4], *rows]:
        prompt = tokenizer.prompt(row.text)
        sentences.append(prompt + judge.generate(prompt, tokenizer.end, evaluate.LIMIT))
        if sum(map(len, sentences)) >= ORACLE_TOKENS:
            break
    return sentences


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", where=str(path)) from error
