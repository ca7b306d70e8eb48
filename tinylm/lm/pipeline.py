"""From a recipe to a bundle: corpus, tokenizer, training, integer export, figures, stored oracle vectors; written whole or not at all."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from tinylm.bundle import MANIFEST, STEP, Commands, Manifest, TokenizerFile
from tinylm.bundle import Oracle as OracleEntry
from tinylm.errors import InputError, MissingError
from tinylm.lm import evaluate, export, grammar_source, oracle, recipe_files
from tinylm.lm.decode import Decoder
from tinylm.lm.extra import need, tensorflow
from tinylm.lm.fit import Fit
from tinylm.lm.grammar import Grammar, automaton
from tinylm.lm.home import FLAGS, Home, Names, load_home
from tinylm.lm.prepared import SETS, Prepared, prepare
from tinylm.lm.recipe import Recipe, load_recipe
from tinylm.lm.recipe import smoke as smoke_size
from tinylm.lm.training import Progress
from tinylm.paths import written_aside

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
    text, plan = _read(recipe), _plan(recipe, smoke, seed)
    start, master = (
        _other(recipe, plan, name, smoke, seed) if name else None for name in (plan.start, plan.teacher.recipe if plan.teacher else None)
    )
    home = load_home(recipe.parent / plan.home) if plan.home else Home()
    need("ai_edge_litert.schema_py_generated")
    tensorflow()
    prepared = prepare(plan, progress)
    weights = Fit(plan, prepared, start, master).weights(progress)
    model, grammar = export.export(weights, plan.student.window, plan.student.bits), grammar_source.grammar()
    tokenizer = prepared.tokenizer
    manifest = Manifest(
        name=plan.name,
        title=plan.title,
        kind="language-model",
        licence=plan.licence,
        mlperf=plan.mlperf,
        recipe="recipe.toml",
        graphs={STEP: export.step_graph("step.tflite", weights, tokenizer.first_structural, plan.student.window)},
        tokenizer=TokenizerFile(file="tokenizer.json"),
        commands=Commands(grammar="grammar.json", flags=list(FLAGS), home=plan.home),
        examples=plan.examples,
        quality=recipe_files.split_notes(plan, smoke),
    )
    files: dict[str, bytes] = {"recipe.toml": text, "step.tflite": model, "tokenizer.json": tokenizer.dump().encode()}
    files["grammar.json"] = grammar.dump().encode()
    if plan.home:
        files[plan.home] = _read(recipe.parent / plan.home)
    manifest = _measured(manifest, model, prepared, grammar, home, plan.accept, files, progress)
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


def _plan(recipe: Path, smoke: bool, seed: int | None) -> Recipe:
    plan = load_recipe(recipe)
    plan = smoke_size(plan) if smoke else plan
    return plan if seed is None else msgspec.structs.replace(plan, seed=seed)


def _other(recipe: Path, plan: Recipe, name: str, smoke: bool, seed: int | None) -> Recipe:
    """A recipe that this one names: it has to be trained on the same rows with the same tokens."""
    path = recipe.parent / name
    other = _plan(path, smoke, seed)
    if (other.corpus, other.tokenizer, other.seed) != (plan.corpus, plan.tokenizer, plan.seed):
        raise InputError(f"[corpus], [tokenizer] and seed have to be those of {path}, whose weights it uses.", where=str(recipe))
    if other.start or other.teacher:
        raise InputError(f"{path} itself starts from other weights; name a recipe that starts from nothing.", where=str(recipe))
    return other


def _measured(
    manifest: Manifest,
    model: bytes,
    prepared: Prepared,
    grammar: Grammar,
    home: Home,
    accept: float,
    files: dict[str, bytes],
    progress: Progress,
) -> Manifest:
    """The manifest with figures and threshold, and oracle.npz added to ``files``; without the oracle's wheel it says that nothing was
    measured."""
    tokenizer, names = prepared.tokenizer, prepared.names()
    own = Names(home, tokenizer.normalise)
    try:
        runner = oracle.Oracle(model, manifest.graph)
    except MissingError as error:
        return msgspec.structs.replace(manifest, quality={**manifest.quality, "measured_by": f"nothing: {error.what}"})
    decoder = Decoder(tokenizer, automaton(grammar, tokenizer, FLAGS), own, first_logit=tokenizer.first_structural)
    done, total = 0, sum(map(len, prepared.sets.values()))

    def tick() -> None:
        nonlocal done
        done += 1
        if done % 50 == 0 or done == total:
            progress("evaluate", done, total, "")

    figures = evaluate.quality(evaluate.Judge(runner, decoder, names, manifest.graph.window), prepared.sets, accept, tick)
    vectors = oracle.make(model, manifest.graph, tokenizer, spoken(runner, prepared), manifest.examples, names=own)
    files["oracle.npz"] = vectors.dump()
    assert manifest.commands
    return msgspec.structs.replace(
        manifest,
        commands=msgspec.structs.replace(manifest.commands, threshold=figures["threshold"]),
        oracle=OracleEntry(file="oracle.npz", made_by=vectors.made_by),
        quality={**figures, **manifest.quality, "measured_by": vectors.made_by},
    )


def spoken(runner: oracle.Oracle, prepared: Prepared) -> list[list[int]]:
    """Token sequences of real held-out input, each with the model's own answer, at least ORACLE_TOKENS in all (or all there are)."""
    tokenizer, sentences, made = prepared.tokenizer, [], 0
    for group in zip(*(prepared.sets[name] for name in SETS), strict=False):
        for row in group:
            prompt = tokenizer.prompt(row.text)
            if len(prompt) + evaluate.LIMIT > runner.window:
                continue
            sentences.append(prompt + runner.generate(prompt, tokenizer.end, evaluate.LIMIT)[:-1])
            made += len(sentences[-1])
            if made >= ORACLE_TOKENS:
                return sentences
    return sentences


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", where=str(path)) from error
