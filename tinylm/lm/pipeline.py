"""From a recipe to a bundle, step by step: corpus, tokenizer, teacher, student, what makes it smaller, integer export, figures and stored
oracle vectors. The bundle is written whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from tinylm.bundle import MANIFEST, STEP, Commands, Manifest, TokenizerFile, load_bundle
from tinylm.bundle import Oracle as OracleEntry
from tinylm.errors import InputError, MissingError
from tinylm.lm import evaluate, export, grammar_source, oracle, recipe_files
from tinylm.lm.decode import Decoder
from tinylm.lm.extra import need, tensorflow
from tinylm.lm.fit import Fit, Model
from tinylm.lm.grammar import automaton
from tinylm.lm.home import FLAGS, Home, Names, load_home
from tinylm.lm.prepared import SETS, Prepared, Rows, is_prepared, make_rows, prepare
from tinylm.lm.read_back import read_back
from tinylm.lm.recipe import Recipe, load_recipe
from tinylm.lm.recipe import smoke as smoke_size
from tinylm.lm.steps import Done, Progress, Step, Track, run_steps
from tinylm.lm.text_pipeline import TextRun
from tinylm.lm.text_recipe import is_text
from tinylm.lm.tokenizer import Tokenizer
from tinylm.lm.training import Teacher
from tinylm.paths import written_aside

ORACLE_TOKENS = 1_536


def train(
    recipe: Path,
    out_dir: Path,
    smoke: bool = False,
    seed: int | None = None,
    progress: Progress = lambda *_: None,
    until: str | None = None,
    since: str | None = None,
    finished: Callable[[Done], None] = lambda _: None,
    data: Path | None = None,
) -> dict[str, Any]:
    """Make the bundle of a recipe in ``out_dir`` (replaced as a whole at the end).

    smoke: a size for CI. seed: instead of the recipe's. until: the last step to run (tinylm.lm.steps); nothing is written to ``out_dir``
    before ``export``. since: the step from which on nothing is taken from the cache. progress: called as (step, done, total, note);
    finished: after each step. data: a folder in which files that the recipe names (corpus, teacher) are looked for first.
    Returns {name, folder (null before export), bytes, weights, vocabulary, steps (of the student's training), seconds, quality,
    done: [{step, seconds, cached, log}]}. Ctrl-C leaves a checkpoint in the cache from which the same call goes on.
    Raises InputError (recipe, loss that is no number, out_dir), MissingError (train extra).
    """
    started = time.monotonic()
    run = TextRun(recipe, _read(recipe), smoke, seed, data) if is_text(recipe) else _Run(recipe, smoke, seed)
    done = []
    for step in run_steps(run.steps(), Track(progress), until, since):
        finished(step)
        done.append(step)
    written = _write(run, out_dir) if run.files else None
    return {
        "name": run.plan.name,
        "folder": str(out_dir) if written else None,
        "bytes": len(run.files.get("step.tflite", b"")),
        "weights": run.count(),
        "vocabulary": len(run.tokenizer) if run.tokenizer else 0,
        "steps": run.plan.training.steps,
        "seconds": round(time.monotonic() - started, 1),
        "quality": written.quality if written else {},
        "done": [{**asdict(step), "log": str(step.log) if step.log else None} for step in done],
    }


class _Run:
    """One recipe on its way to a bundle: what the steps have made so far."""

    def __init__(self, recipe: Path, smoke: bool, seed: int | None) -> None:
        self.recipe, self.smoke = recipe, smoke
        self.text, self.plan = _read(recipe), _plan(recipe, smoke, seed)
        teacher = self.plan.teacher.recipe if self.plan.teacher else None
        self.given: Tokenizer | None = None
        self.start, self.master = (self._named(name, seed) if name else None for name in (self.plan.start, teacher))
        self.home = load_home(recipe.parent / self.plan.home) if self.plan.home else Home()
        need("ai_edge_litert.schema_py_generated")
        if self.plan.trains:
            tensorflow()
        self.rows: Rows | None = None
        self.prepared: Prepared | None = None
        self.teacher: Teacher | None = None
        self.model: Model | None = None
        self.manifest: Manifest | None = None
        self.files: dict[str, bytes] = {}
        self.runner: oracle.Oracle | None = None

    def _named(self, name: str, seed: int | None) -> Recipe | Model:
        """What ``start`` or ``teacher.recipe`` means: another recipe, or the model of a bundle, whose tokenizer is taken too."""
        if not (self.recipe.parent / name).is_dir():
            return _other(self.recipe, self.plan, name, self.smoke, seed)
        model, self.given = _trained(self.recipe.parent / name, self.plan)
        return model

    def steps(self) -> list[Step]:
        """Those that the recipe's tables ask for."""
        middle = [Step("teacher", self._teach)] if self.plan.teacher else []
        middle += [Step("student", self._train), *(Step(name, partial(self._compress, name)) for name in self.plan.compression)]
        ends = [Step("export", self._export), Step("evaluate", self._evaluate)]
        return [Step("corpus", self._expand), Step("tokenizer", self._prepare), *middle, *ends]

    def _expand(self, track: Track) -> None:
        if is_prepared(self.plan, self.given) and not track.fresh:
            track.kept()
        else:
            self.rows = make_rows(self.plan, track)

    def _prepare(self, track: Track) -> None:
        self.prepared = prepare(self.plan, lambda: self.rows or make_rows(self.plan, Track(track.progress)), track, self.given)

    @property
    def _fit(self) -> Fit:
        assert self.prepared
        return Fit(self.plan, self.prepared, self.start, self.master)

    def _teach(self, track: Track) -> None:
        self.teacher = self._fit.teacher(track)

    def _train(self, track: Track) -> None:
        self.model = self._fit.student(self.teacher, track)

    def _compress(self, name: str, track: Track) -> None:
        assert self.model
        self.model = self._fit.compressed(name, self.model, self.teacher, track)

    def _export(self, track: Track) -> None:
        assert self.model and self.prepared
        plan, tokenizer, (spec, weights, _) = self.plan, self.prepared.tokenizer, self.model
        track("export", 0, 1)
        self.manifest = Manifest(
            name=plan.name,
            title=plan.title,
            kind="language-model",
            licence=plan.licence,
            mlperf=plan.mlperf,
            recipe="recipe.toml",
            graphs={STEP: export.step_graph("step.tflite", weights, tokenizer.first_structural, spec.window)},
            tokenizer=TokenizerFile(file="tokenizer.json"),
            commands=Commands(grammar="grammar.json", flags=list(FLAGS), home=plan.home),
            examples=plan.examples,
            quality={**recipe_files.split_notes(plan, self.smoke), "measured_by": "nothing: made without its step 'evaluate'"},
        )
        self.files = {"recipe.toml": self.text, "step.tflite": export.export(weights, spec.window, spec.bits)}
        grammar = grammar_source.grammar(plan.corpus.voices)
        self.files |= {"tokenizer.json": tokenizer.dump().encode(), "grammar.json": grammar.dump().encode()}
        if plan.home:
            self.files[plan.home] = _read(self.recipe.parent / plan.home)
        try:
            self.runner = oracle.Oracle(self.files["step.tflite"], self.manifest.graph)
        except MissingError as error:
            self.manifest.quality["measured_by"] = f"nothing: {error.what}"
        else:
            names, sentences = Names(self.home, tokenizer.normalise), spoken(self.runner, self.prepared)
            vectors = oracle.make(self.files["step.tflite"], self.manifest.graph, tokenizer, sentences, plan.examples, names=names)
            self.files["oracle.npz"] = vectors.dump()
            self.manifest = msgspec.structs.replace(self.manifest, oracle=OracleEntry(file="oracle.npz", made_by=vectors.made_by))
        track("export", 1, 1)

    def _evaluate(self, track: Track) -> None:
        """Figures and threshold; without the oracle's wheel the manifest says that nothing was measured."""
        assert self.manifest and self.manifest.commands and self.prepared
        if self.runner is None or self.manifest.oracle is None:
            return
        prepared, tokenizer, graph = self.prepared, self.prepared.tokenizer, self.manifest.graph
        own = Names(self.home, tokenizer.normalise)
        states = automaton(grammar_source.grammar(self.plan.corpus.voices), tokenizer, FLAGS)
        decoder = Decoder(tokenizer, states, own, first_logit=tokenizer.first_structural)
        done, total = 0, sum(map(len, prepared.sets.values())) + 2 * len(prepared.sets["heldout"])

        def tick() -> None:
            nonlocal done
            done += 1
            if done % 50 == 0 or done == total:
                track("evaluate", done, total)

        judge = evaluate.Judge(self.runner, decoder, prepared.names(), graph.window)
        figures = evaluate.quality(judge, prepared.sets, self.plan.accept, tick)
        self.manifest = msgspec.structs.replace(
            self.manifest,
            commands=msgspec.structs.replace(self.manifest.commands, threshold=figures["threshold"]),
            quality={**figures, **self.manifest.quality, "measured_by": self.manifest.oracle.made_by},
        )

    def count(self) -> int:
        """Weights of the model."""
        return sum(value.size for value in self.model.weights.values()) if self.model else 0

    def readme(self) -> str:
        """Attribution and licences of the data."""
        assert self.manifest
        return recipe_files.readme(self.manifest)

    @property
    def tokenizer(self) -> Tokenizer | None:
        return self.prepared.tokenizer if self.prepared else None


def _write(run: _Run | TextRun, out_dir: Path) -> Manifest:
    """The bundle, in place of what was in ``out_dir``."""
    assert run.manifest
    texts = {"README.md": run.readme(), MANIFEST: recipe_files.manifest_toml(run.manifest)}
    with written_aside(out_dir) as aside:
        for name, data in {**run.files, **{name: text.encode() for name, text in texts.items()}}.items():
            (aside / name).write_bytes(data)
    return run.manifest


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


def _trained(folder: Path, plan: Recipe) -> tuple[Model, Tokenizer]:
    """The model of a bundle, and its tokenizer. Raises InputError, ModelError: no bundle, or one of another kind."""
    bundle = load_bundle(str(folder))
    if not bundle.manifest.commands or not bundle.manifest.tokenizer:
        raise InputError(f"'{folder}' is no bundle of a commands model; a training cannot start from it.", where=plan.name)
    spec, weights = read_back(bundle.read(bundle.graph.file), str(folder))
    return Model(spec, weights), Tokenizer.load(bundle.path(bundle.manifest.tokenizer.file))


def spoken(runner: oracle.Oracle, prepared: Prepared) -> list[list[int]]:
    """Token sequences of real held-out input, each with the model's own answer, at least ORACLE_TOKENS in all (or all there are)."""
    tokenizer, sentences, made = prepared.tokenizer, [], 0
    for group in zip(*(prepared.sets[name] for name in SETS if prepared.sets[name]), strict=False):
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
