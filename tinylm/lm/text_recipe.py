"""recipe.toml of a model that writes text (kind = "text"): trained on text files or on what a larger model writes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from tinylm.errors import InputError, nearest
from tinylm.lm.cells import CELLS
from tinylm.lm.cells.model import CellShape
from tinylm.lm.llama import Shape
from tinylm.lm.llama_train import TextTraining
from tinylm.schema import Strict, load

ATTENTION = "attention"
BITS = (4, 8)


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


class TextStudent(Strict):
    """The [student] table. cell: what its layers are, "attention" (a small Llama) or one of tinylm.lm.cells. dim: width of what goes from
    layer to layer; hidden: of the SwiGLU, or of a cell's state; heads, kv_heads: of attention; rank: of FastGRNN's matrices. shared: so
    many layers after one another have the same weights. window: positions that attention looks back on, and the longest rows of training.
    start: "teacher" begins with layers and units of the teacher, "random" with random weights."""

    cell: str = "attention"
    dim: int = 64
    hidden: int = 116
    layers: int = 2
    shared: int = 1
    heads: int = 8
    kv_heads: int = 2
    rank: int = 16
    window: int = 256
    start: Literal["random", "teacher"] = "random"

    def shape(self, vocabulary: int) -> Shape:
        """Of attention."""
        return Shape(self.dim, self.hidden, self.layers, self.heads, self.kv_heads, vocabulary, self.window)

    def cells(self, vocabulary: int) -> CellShape:
        """Of any other cell."""
        return CellShape(self.cell, self.dim, self.hidden, self.layers, self.shared, self.rank, vocabulary, self.window)


class TextQuantise(Strict):
    """The [quantise] table: matrices of few bits, trained with their rounding. What it does not say of the training is as in [training]."""

    bits: int
    steps: int = 800
    learning_rate: float = 2e-3
    warmup: int = 40

    def training(self, whole: TextTraining) -> TextTraining:
        """Of this step: rounded from the first one on."""
        return msgspec.structs.replace(
            whole, steps=self.steps, learning_rate=self.learning_rate, warmup=self.warmup, long=0.0, quantised=1.0
        )


class TextTeacher(Strict):
    """The [teacher] table: a llama2.c checkpoint and its tokenizer, paths from the recipe. origin: where they are from, and their
    licence."""

    checkpoint: str
    tokenizer: str
    origin: str = ""


class TextRecipe(Strict):
    """A whole recipe. examples: beginnings of texts; how the model goes on is stored with the oracle's vectors. start: the folder of a
    bundle (a path from the recipe) whose weights and tokens the training starts with."""

    kind: Literal["text"]
    name: str
    title: str
    seed: int
    licence: str = "Apache-2.0"
    mlperf: str = "lm02"
    examples: list[str] = []
    start: str | None = None
    corpus: TextCorpus = msgspec.field(default_factory=TextCorpus)
    tokenizer: TextTokenizer = msgspec.field(default_factory=TextTokenizer)
    student: TextStudent = msgspec.field(default_factory=TextStudent)
    training: TextTraining = msgspec.field(default_factory=TextTraining)
    teacher: TextTeacher | None = None
    quantise: TextQuantise | None = None


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
        training=replace(
            recipe.training, steps=min(30, recipe.training.steps), batch=4, length=window // 2, long=0.0, warmup=5, checkpoint_every=20
        ),
        quantise=recipe.quantise and replace(recipe.quantise, steps=20, warmup=2),
    )


def _problem(recipe: TextRecipe) -> str:
    student, training, corpus = recipe.student, recipe.training, recipe.corpus
    sizes = _sizes(student)
    if sizes:
        return sizes
    if recipe.quantise and recipe.quantise.bits not in BITS:
        return f"quantise.bits is {recipe.quantise.bits}; it may be {' or '.join(map(str, BITS))}"
    if not recipe.teacher:
        if not corpus.files:
            return "there is nothing to learn from; name [corpus] files or a [teacher]"
        if recipe.tokenizer.kind == "teacher" or student.start == "teacher":
            return "tokenizer.kind or student.start is 'teacher', and there is no [teacher]"
    elif recipe.tokenizer.kind != "teacher":
        return f"a student learns its teacher's scores over the same tokens; tokenizer.kind is '{recipe.tokenizer.kind}', not 'teacher'"
    if recipe.start and (student.cell != ATTENTION or student.shared > 1 or not recipe.teacher):
        return "it starts from a bundle; that is for a student of attention that shares nothing, with a [teacher]"
    if not training.steps and not recipe.start:
        return "training.steps is 0; that is for a recipe that starts from a bundle"
    if training.length > student.window:
        return f"training.length is {training.length}, beyond student.window, which is {student.window}"
    if not corpus.files and corpus.length <= student.window:
        return f"corpus.length is {corpus.length}; rows have to be longer than student.window, which is {student.window}"
    return ""


def _sizes(student: TextStudent) -> str:
    if student.cell not in (ATTENTION, *CELLS):
        return f"student.cell is '{student.cell}', which is none of tinylm's cells. {nearest(student.cell, (ATTENTION, *CELLS))[:-1]}"
    if student.layers % student.shared:
        each = student.shared
        return f"student.layers is {student.layers}, and {each} layers each are to share weights; give a multiple of {each}"
    if student.cell != ATTENTION:
        most = min(student.dim, student.hidden) - 1
        if student.cell == "fastgrnn" and not 1 <= student.rank <= most:
            return f"student.rank is {student.rank}; between widths of {student.dim} and {student.hidden} it may be 1 to {most}"
        return "student.start is 'teacher', whose layers are attention; cells start 'random'" if student.start == "teacher" else ""
    if student.shared > 1 and student.start == "teacher":
        return "student.start is 'teacher', whose layers are different ones; layers that share weights start 'random'"
    sizes = student.shape(256).problem()
    return f"[student] has sizes that disagree: {sizes.replace('n_', '')}" if sizes else ""


def _limits(recipe: TextRecipe) -> list[tuple[str, float, float, float]]:
    corpus, student, training = recipe.corpus, recipe.student, recipe.training
    quantise = recipe.quantise or TextQuantise(bits=8)
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
        ("student.shared", student.shared, 1, 64),
        ("student.rank", student.rank, 1, 1_024),
        ("student.heads", student.heads, 1, 256),
        ("student.kv_heads", student.kv_heads, 1, 256),
        ("student.window", student.window, 8, 2_048),
        ("training.steps", training.steps, 0, 10_000_000),
        ("training.batch", training.batch, 1, 65_536),
        ("training.length", training.length, 2, 2_048),
        ("training.long", training.long, 0, 1),
        ("training.quantised", training.quantised, 0, 1),
        ("quantise.steps", quantise.steps, 0, 10_000_000),
        ("quantise.learning_rate", quantise.learning_rate, 1e-7, 1e3),
        ("quantise.warmup", quantise.warmup, 0, 10_000_000),
        ("training.learning_rate", training.learning_rate, 1e-7, 1e3),
        ("training.warmup", training.warmup, 0, 10_000_000),
        ("training.checkpoint_every", training.checkpoint_every, 1, 10_000_000),
    ]
