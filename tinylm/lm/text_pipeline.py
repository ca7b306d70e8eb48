"""The steps that make a bundle of a text recipe: what is learned from, tokens, training, fewer bits, integer export, figures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tinylm.bundle import STEP, Manifest, TokenizerFile, load_bundle
from tinylm.bundle import Oracle as OracleEntry
from tinylm.errors import InputError, MissingError
from tinylm.lm import kept, llama_shrink, oracle, text_corpus, text_recipe, text_student, text_tokenizer
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.extra import need, tensorflow
from tinylm.lm.llama import Llama, Weights
from tinylm.lm.llama2c import read_checkpoint, read_tokenizer
from tinylm.lm.llama_import import bits_in_tflm, bits_per_byte, first_tokens, own_texts
from tinylm.lm.llama_read_back import read_llama
from tinylm.lm.llama_train import Distillation
from tinylm.lm.loop import Report, digest
from tinylm.lm.steps import Step, Track
from tinylm.lm.text_corpus import Rows, Texts
from tinylm.paths import cache_dir

ORACLE_TOKENS = 600
_CALIBRATION = 40  # rows


class TextRun:
    """One text recipe on its way to a bundle: what the steps have made so far. data: a folder that files of the recipe are looked for in
    first, by their names."""

    def __init__(self, recipe: Path, text: bytes, smoke: bool, seed: int | None, data: Path | None) -> None:
        plan = text_recipe.load_text_recipe(recipe)
        plan = text_recipe.smoke(plan) if smoke else plan
        self.plan = plan if seed is None else msgspec.structs.replace(plan, seed=seed)
        self.recipe, self.text, self.smoke, self.data = recipe, text, smoke, data
        need("ai_edge_litert.schema_py_generated")
        tensorflow()
        self.teacher: Llama | None = None
        self.teachers: ByteTokenizer | None = None
        if self.plan.teacher:
            self.teacher = read_checkpoint(self._file(self.plan.teacher.checkpoint))
            path = self._file(self.plan.teacher.tokenizer)
            self.teachers = ByteTokenizer.make(read_tokenizer(path, self.teacher.shape.vocabulary), where=str(path))
        self.start = self._started(self.recipe.parent / self.plan.start) if self.plan.start else None
        self.texts: Texts | None = None
        self.rows: Rows | None = None  # of the teacher's tokens, then of the student's
        self.kept: list[int] = []  # the teacher's tokens that the student has
        self.tokenizer: ByteTokenizer | None = None
        self.model: text_student.Student | None = None
        self.manifest: Manifest | None = None
        self.files: dict[str, bytes] = {}

    def _started(self, folder: Path) -> tuple[Llama, ByteTokenizer]:
        """The model and the tokens of a bundle. Raises InputError, ModelError: no bundle, or of another kind."""
        bundle = load_bundle(folder)
        if bundle.manifest.commands or not bundle.manifest.tokenizer:
            raise InputError(f"'{folder}' is no bundle of a model that writes text; a training cannot start from it.", where=self.plan.name)
        model = read_llama(bundle.read(bundle.graph.file), str(folder))
        shape = self.plan.student.shape(model.shape.vocabulary)
        if model.shape != shape:
            raise InputError(f"has sizes {model.shape}; [student] of the recipe has {shape}.", where=str(folder))
        return model, ByteTokenizer.load(bundle.path(bundle.manifest.tokenizer.file).read_bytes())

    def _file(self, name: str) -> Path:
        """A file that the recipe names. Raises InputError where it is not there."""
        beside = self.recipe.parent / name
        found = next((path for path in ([self.data / Path(name).name] if self.data else []) + [beside] if path.is_file()), None)
        if found is None:
            origin = f" It is from {self.plan.teacher.origin}." if self.plan.teacher and self.plan.teacher.origin else ""
            hint = f"Give its folder with --data.{origin}"
            raise InputError("names a file that is not there.", where=f"{self.recipe}: {name}", hint=hint)
        return found

    def steps(self) -> list[Step]:
        """In order."""
        return [
            Step("corpus", self._collect),
            Step("tokenizer", self._tokenize),
            Step("student", self._train),
            *([Step("quantise", self._quantise)] if self.plan.quantise else []),
            Step("export", self._export),
            Step("evaluate", self._evaluate),
        ]

    def _collect(self, track: Track) -> None:
        plan, corpus = self.plan, self.plan.corpus
        if corpus.files:
            self.texts = text_corpus.read_texts([self._file(name) for name in corpus.files], corpus.separator)
            track("corpus", 1, 1, f"{len(self.texts.train):,} texts")
            return
        assert self.teacher and self.teachers
        key = f"{digest(self.teacher.weights)} {corpus.rows} {corpus.length} {plan.seed}"
        path = cache_dir() / f"written-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
        found = None if track.fresh else kept.load(path)
        if found:
            track.kept()
            self.rows = found["rows"]
            return
        tick: Callable[[int], None] = lambda done: track("corpus", done, corpus.rows, "the teacher writes")  # noqa: E731
        self.rows = text_corpus.written(self.teacher, self.teachers.bos, corpus.rows, corpus.length, plan.seed, tick)
        kept.save(path, {"rows": self.rows})

    def _tokenize(self, track: Track) -> None:
        table, length = self.plan.tokenizer, max(self.plan.corpus.length, self.plan.student.window + 1)
        track("tokenizer", 0, 1)
        if self.teacher and self.teachers:
            raw = text_corpus.cut_rows(self.texts.train, self.teachers, length) if self.texts else self.rows
            assert raw is not None
            if self.start:
                self.kept = self.teachers.ids_of(self.start[1])
            else:
                self.kept = text_tokenizer.used(self.teachers, raw, table.least)
            self.tokenizer = self.teachers.only(self.kept)
            self.rows = self._narrowed(raw)
        else:
            assert self.texts
            self.tokenizer = text_tokenizer.of_bytes() if table.kind == "bytes" else text_tokenizer.learn(self.texts.train, table.size)
            self.rows = text_corpus.cut_rows(self.texts.train, self.tokenizer, length)
        track("tokenizer", 1, 1, f"{len(self.tokenizer)} tokens, {self.rows.size:,} to learn from")

    def _narrowed(self, ids: Rows) -> Rows:
        """The teacher's tokens as the student's."""
        assert self.teachers and self.tokenizer
        place = np.full(len(self.teachers), self.tokenizer.unknown, np.uint16)
        place[self.kept] = np.arange(len(self.kept))
        return place[ids]

    def _train(self, track: Track) -> None:
        training = self.training()
        self.model = _trained(training, track) if training.spec.steps else training.learner.student

    def _quantise(self, track: Track) -> None:
        assert self.model and self.plan.quantise
        table = self.plan.quantise
        learner = text_student.narrower(self.model, table.bits, self._calibration, self.plan.student.shared)
        training = replace(self.training(), learner=learner, spec=table.training(self.plan.training))
        self.model = _trained(training, track) if table.steps else learner.model(learner.start())

    def training(self) -> Distillation:
        """What the step ``student`` does, when corpus and tokenizer are made."""
        assert self.tokenizer and self.rows is not None
        teacher = llama_shrink.narrowed(self.teacher, self.kept) if self.teacher else None
        learner = text_student.learner(self.plan, len(self.tokenizer), teacher, self.start and self.start[0])
        sizes = np.array([len(piece) for piece in self.tokenizer.pieces])
        return Distillation(learner, teacher, self.rows, self.plan.training, self.plan.seed, float(sizes[self.rows].mean()))

    @property
    def _calibration(self) -> list[list[int]]:
        assert self.rows is not None
        calibration: list[list[int]] = self.rows[:_CALIBRATION, : self.plan.student.window].astype(int).tolist()
        return calibration

    def _export(self, track: Track) -> None:
        assert self.model and self.tokenizer
        plan = self.plan
        track("export", 0, 1)
        data, graph = text_student.exported(self.model, self._calibration, plan.student.window, plan.seed)
        self.manifest = Manifest(
            name=plan.name,
            title=plan.title,
            kind="language-model",
            licence=plan.licence,
            mlperf=plan.mlperf,
            recipe="recipe.toml",
            graphs={STEP: graph},
            tokenizer=TokenizerFile(file="tokenizer.json"),
            examples=[text for text in plan.examples if self.tokenizer.encode(text)],
            quality={"measured_by": "nothing: made without its step 'evaluate'"},
        )
        self.files = {"recipe.toml": self.text, "step.tflite": data, "tokenizer.json": self.tokenizer.dump().encode()}
        track("export", 1, 1)

    def _evaluate(self, track: Track) -> None:
        assert self.manifest and self.tokenizer and self.model
        tokenizer, model = self.tokenizer, self.model
        texts, figures = self.held_out()
        figures |= {
            "heldout_texts": len(texts),
            "heldout_bytes": sum(len(tokenizer.pieces[id]) for ids in texts for id in ids),
            "float_bits_per_byte": round(bits_per_byte(model.logits, tokenizer, texts), 4),
        }
        manifest = self.manifest
        try:
            judge = oracle.Oracle(self.files["step.tflite"], manifest.graph)
        except MissingError as error:
            manifest.quality = {**figures, **self._notes(), "measured_by": f"nothing in integers: {error.what}"}
            return
        found = bits_in_tflm(judge, tokenizer, texts, lambda read: track("evaluate", read, len(texts), ""))
        figures["bits_per_byte"] = round(found, 4)
        if "teacher_bits_per_byte" in figures:
            figures["bits_per_byte_over_teacher"] = round(figures["bits_per_byte"] - figures["teacher_bits_per_byte"], 4)
        vectors = oracle.make(
            self.files["step.tflite"], manifest.graph, tokenizer, first_tokens(texts, ORACLE_TOKENS), manifest.examples, limit=64
        )
        self.files["oracle.npz"] = vectors.dump()
        manifest.oracle = OracleEntry(file="oracle.npz", made_by=vectors.made_by)
        manifest.quality = {**figures, **self._notes(), "measured_by": vectors.made_by}

    def held_out(self) -> tuple[list[list[int]], dict[str, Any]]:
        """Texts that training has not seen, as the student's tokens from bos to the end or the window's; and what the teacher makes of
        them."""
        assert self.tokenizer
        plan, window, bos = self.plan, self.plan.student.window, self.tokenizer.bos
        if self.teacher and self.teachers:
            if self.texts:
                own = [[*self.teachers.prompt(text), self.teachers.bos][:window] for text in self.texts.heldout]
            else:
                own = own_texts(self.teacher, self.teachers, plan.corpus.heldout, window, np.random.default_rng((plan.seed, 1, 1)))
            texts = [self._narrowed(np.array(ids)).tolist() for ids in own]
            unknown = sum(ids.count(self.tokenizer.unknown) for ids in texts)
            return texts, {
                "teacher_bits_per_byte": round(bits_per_byte(self.teacher.logits, self.teachers, own), 4),
                "heldout_unknown": unknown,
            }
        assert self.texts
        texts, characters = [], 0
        for text in self.texts.heldout:
            if characters < plan.corpus.heldout:
                texts.append([*self.tokenizer.prompt(text), bos][:window])
                characters += len(text)
        return texts, {}

    def _notes(self) -> dict[str, Any]:
        """How the figures came about, and the command that makes the bundle again."""
        if not self.plan.corpus.files:
            split = "heldout: other texts that the teacher wrote at temperature 1, each from its start to its end or the window's"
        else:
            split = "heldout: one text in twenty of the files, never trained on, from its start to its end or the window's"
        return {
            "split": split,
            "bits_per_byte_is": "of the step graph in TFLM, the end of a text included; float_: of the student before quantisation; "
            "teacher_: of the teacher in float32",
            "seed": self.plan.seed,
            "command": f"python -m tinylm train models/{self.plan.name}/recipe.toml{' --smoke' if self.smoke else ''}",
        }

    def count(self) -> int:
        """Weights of the model, those that layers share once."""
        return text_student.count(self.model, self.plan.student.shared) if self.model else 0

    def readme(self) -> str:
        """Where the bundle comes from, with licences."""
        plan = self.plan
        lines = [f"# {plan.title}", "", f"Weights and files of this bundle: {plan.licence}. Made from:", ""]
        if plan.teacher:
            names = f"`{Path(plan.teacher.checkpoint).name}` and `{Path(plan.teacher.tokenizer).name}`"
            lines.append(f"- {names}{f' ({plan.teacher.origin})' if plan.teacher.origin else ''}: the teacher, whose scores it learned.")
        if plan.corpus.files:
            lines += [f"- `{name}`: text that it learned from." for name in plan.corpus.files]
        else:
            lines.append(f"- {plan.corpus.rows * plan.corpus.length:,} tokens that the teacher wrote.")
        lines += [
            "",
            "`model.toml` states what was measured and how; `recipe.toml` makes the bundle again; `oracle.npz` holds what TensorFlow",
            "Lite Micro computed for real input (see `tinylm/lm/oracle.py`), so that tests work where its wheel does not exist.",
        ]
        return "\n".join(lines) + "\n"


def _trained(training: Distillation, track: Track) -> text_student.Student:
    """From the cache where it was made before; with its log beside it."""
    loop = training.loop()

    def run(checkpoint: Path, report: Report) -> Weights:
        training.run(loop, checkpoint, report)
        return loop.weights()

    return training.learner.model(kept.trained(loop, loop.digest[:16], training.spec.steps, run, track))
