"""recipe.toml of a model that writes text (kind = "text"): a Llama, trained on text files or on what a larger model writes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from tinylm.errors import InputError
from tinylm.lm.llama import Shape
from tinylm.lm.llama_train import TextTraining
from tinylm.schema import Strict, load


class TextCorpus(Strict):
    """The [corpus] table. files: texts to learn from (paths from the recipe), ``separator`` between two of them in a file; without files
    the teacher writes ``rows`` rows of ``length`` tokens. heldout: characters that are kept from training and measured on."""

    files: list[str] = []
    separator: str = "\n\n"
    rows: int = 6_144
    length: int = 512
    heldout: int = 20_000


class TextTokenizer(Strict):
    """The [tokenizer] table. kind: "bpe", byte-pair merges learned from the corpus, ``size`` tokens in all; "bytes"; or "teacher": the
    teacher's tokens that the corpus has at least ``least`` times, all others being one."""

    kind: Literal["bpe", "bytes", "teacher"] = "bpe"
    size: int = 512
    least: int = 8


class LlamaSpec(Strict):
    """The [student] table. window: positions that the device looks back on. start: "teacher" begins with layers and units of the teacher,
    "random" with random weights."""

    family: Literal["llama"] = "llama"
    dim: int = 64
    hidden: int = 116
    layers: int = 2
    heads: int = 8
    kv_heads: int = 2
    window: int = 256
    start: Literal["random", "teacher"] = "random"

    def shape(self, vocabulary: int) -> Shape:
        return Shape(self.dim, self.hidden, self.layers, self.heads, self.kv_heads, vocabulary, self.window)


class TextTeacher(Strict):
    """The [teacher] table: a llama2.c checkpoint and its tokenizer, paths from the recipe. origin: where they are from, and their
    licence."""

    checkpoint: str
    tokenizer: str
    origin: str = ""


class TextRecipe(Strict):
    """A whole recipe. examples: beginnings of texts; how the model goes on is stored with the oracle's vectors."""

    kind: Literal["text"]
    name: str
    title: str
    seed: int
    licence: str = "Apache-2.0"
    mlperf: str = "lm02"
    examples: list[str] = []
    corpus: TextCorpus = msgspec.field(default_factory=TextCorpus)
    tokenizer: TextTokenizer = msgspec.field(default_factory=TextTokenizer)
    student: LlamaSpec = msgspec.field(default_factory=LlamaSpec)
    training: TextTraining = msgspec.field(default_factory=TextTraining)
    teacher: TextTeacher | None = None


class _Kind(msgspec.Struct):
    kind: str = ""


def is_text(path: Path) -> bool:
    """Whether a recipe is one of this kind. (What else is wrong with the file is for its reader to say.)"""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_Kind).kind == "text"
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return False


def load_text_recipe(path: Path) -> TextRecipe:
    """Read and check a recipe. Raises InputError naming the key and what it may be."""
    recipe = load(path, TextRecipe)
    for key, value, low, high in _limits(recipe):
        if not low <= value <= high:
            raise InputError(f"key '{key}' is {value}; it may be {low} to {high}.", where=str(path))
    problem = _problem(recipe)
    if problem:
        raise InputError(f"{problem}.", where=str(path))
    return recipe


def smoke(recipe: TextRecipe) -> TextRecipe:
    """The same recipe at a size that takes well under a minute: it shows that every step works, not that the model is any good."""
    replace = msgspec.structs.replace
    window = min(32, recipe.student.window)
    return replace(
        recipe,
        corpus=replace(recipe.corpus, rows=32, length=2 * window, heldout=400),
        tokenizer=replace(recipe.tokenizer, least=1),
        student=replace(recipe.student, window=window),
        training=replace(recipe.training, steps=30, batch=4, length=window // 2, long=0.0, warmup=5, checkpoint_every=20),
    )


def _problem(recipe: TextRecipe) -> str:
    student, training, corpus = recipe.student, recipe.training, recipe.corpus
    sizes = student.shape(recipe.tokenizer.size).problem()
    if sizes:
        return f"[student] has sizes that disagree: {sizes.replace('n_', '')}"
    if not recipe.teacher:
        if not corpus.files:
            return "there is nothing to learn from; name [corpus] files or a [teacher]"
        if recipe.tokenizer.kind == "teacher" or student.start == "teacher":
            return "tokenizer.kind or student.start is 'teacher', and there is no [teacher]"
    elif recipe.tokenizer.kind != "teacher":
        return f"a student learns its teacher's scores over the same tokens; tokenizer.kind is '{recipe.tokenizer.kind}', not 'teacher'"
    if training.length > student.window:
        return f"training.length is {training.length}, beyond student.window, which is {student.window}"
    if not corpus.files and corpus.length <= student.window:
        return f"corpus.length is {corpus.length}; rows have to be longer than student.window, which is {student.window}"
    return ""


def _limits(recipe: TextRecipe) -> list[tuple[str, float, float, float]]:
    corpus, student, training = recipe.corpus, recipe.student, recipe.training
    return [
        ("seed", recipe.seed, 0, 2**32 - 1),
        ("corpus.rows", corpus.rows, 1, 1_000_000),
        ("corpus.length", corpus.length, 2, 4_096),
        ("corpus.heldout", corpus.heldout, 1, 10_000_000),
        ("tokenizer.size", recipe.tokenizer.size, 16, 16_384),
        ("tokenizer.least", recipe.tokenizer.least, 1, 1_000_000),
        ("student.dim", student.dim, 2, 1_024),
        ("student.hidden", student.hidden, 1, 4_096),
        ("student.layers", student.layers, 1, 64),
        ("student.heads", student.heads, 1, 256),
        ("student.kv_heads", student.kv_heads, 1, 256),
        ("student.window", student.window, 8, 2_048),
        ("training.steps", training.steps, 1, 10_000_000),
        ("training.batch", training.batch, 1, 65_536),
        ("training.length", training.length, 2, 2_048),
        ("training.long", training.long, 0, 1),
        ("training.learning_rate", training.learning_rate, 1e-7, 1e3),
        ("training.warmup", training.warmup, 0, 10_000_000),
        ("training.checkpoint_every", training.checkpoint_every, 1, 10_000_000),
    ]
