"""recipe.toml: everything that makes a bundle again from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from tinylm.errors import InputError
from tinylm.lm.compress import FactoriseSpec, PruneSpec, QuantiseSpec, SparsifySpec, Tuning
from tinylm.lm.corpus import CorpusSpec
from tinylm.lm.student import StudentSpec
from tinylm.lm.training import TrainingSpec
from tinylm.schema import Strict, load

BITS = (1, 2, 4, 8)


class TokenizerSpec(Strict):
    """merges: how many byte-pair merges are learned; each costs a row of the embedding. sample: training rows that they come from."""

    merges: int = 150
    sample: int = 20_000


class TeacherSpec(Strict):
    """The [teacher] table: a larger model of the same kind, trained first, whose scores the student learns besides the answers.

    recipe: of the teacher, or the folder of its bundle (a path from this recipe); or student, training: its own tables. weight: of the
    teacher's scores in the student's loss, 0 to 1. temperature: by which both models' scores are divided.
    """

    recipe: str | None = None
    student: StudentSpec | None = None
    training: TrainingSpec | None = None
    weight: float = 0.5
    temperature: float = 2.0


class SearchSpec(Strict):
    """The [search] table, for ``tinylm search``. choices: dotted key of the recipe -> values it may have; overrides: what trials use
    instead of the recipe's values (a smaller corpus, say). rungs: training steps; one trial in ``keep`` goes on from each. score: the
    figure of the bundle's quality that is to be high."""

    choices: dict[str, list[Any]]
    overrides: dict[str, Any] = msgspec.field(default_factory=dict)
    trials: int = 16
    rungs: list[int] = msgspec.field(default_factory=lambda: [300, 900, 2700])
    keep: int = 3
    score: str = "intent_accuracy"


class Recipe(Strict):
    """A whole recipe. examples: sentences that show what the model does; their answers are stored with the oracle's vectors.

    seed: of all that is drawn; student_seed: of starting weights and batches, where they are not to follow the corpus's.
    home: a home.toml beside the recipe, copied into the bundle. start: another recipe, or a bundle's folder (a path from this one), whose
    trained weights this training starts with (a bundle's tokenizer too), pruned to narrower student.layers and factorised to student.ranks
    where this recipe has them. accept: share of held-out commands (templates and paraphrases) that the confidence threshold lets through.
    prune, factorise, sparsify, quantise: steps after the student's training, in this order.
    """

    name: str
    title: str
    seed: int
    student_seed: int | None = None
    licence: str = "Apache-2.0"
    mlperf: str = "lm01"
    examples: list[str] = msgspec.field(default_factory=list)
    home: str | None = None
    start: str | None = None
    accept: float = 0.9
    corpus: CorpusSpec = msgspec.field(default_factory=CorpusSpec)
    tokenizer: TokenizerSpec = msgspec.field(default_factory=TokenizerSpec)
    student: StudentSpec = msgspec.field(default_factory=StudentSpec)
    training: TrainingSpec = msgspec.field(default_factory=TrainingSpec)
    teacher: TeacherSpec | None = None
    prune: PruneSpec | None = None
    factorise: FactoriseSpec | None = None
    sparsify: SparsifySpec | None = None
    quantise: QuantiseSpec | None = None
    search: SearchSpec | None = None

    @property
    def weights_seed(self) -> int:
        """What starting weights and batches are drawn with."""
        return self.seed if self.student_seed is None else self.student_seed

    @property
    def trains(self) -> bool:
        """Whether anything of it is trained; else its weights stay as they start."""
        specs = [self.training, *self.compression.values(), *([self.teacher] if self.teacher else [])]
        return any(getattr(spec, "steps", 1) for spec in specs)

    @property
    def compression(self) -> dict[str, Tuning]:
        """Its steps after the student's training, by name, in order."""
        found = {"prune": self.prune, "factorise": self.factorise, "sparsify": self.sparsify, "quantise": self.quantise}
        return {name: spec for name, spec in found.items() if spec is not None}


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises InputError naming the key and what it may be."""
    recipe = load(path, Recipe)
    for key, value, low, high in _limits(recipe):
        if not low <= value <= high:
            raise InputError(f"key '{key}' is {value}; it may be {low} to {high}.", where=str(path))
    for name, student, training in _models(recipe):
        problem = _problem(student, training)
        if problem:
            raise InputError(f"{name}{problem}.", where=str(path))
    teacher = recipe.teacher
    if teacher and bool(teacher.recipe) == bool(teacher.student and teacher.training):
        raise InputError("[teacher] needs either 'recipe' or both [teacher.student] and [teacher.training].", where=str(path))
    if recipe.start and recipe.teacher:
        raise InputError("it has both 'start' and [teacher]; a training takes one of them.", where=str(path))
    problem = _compression_problem(recipe)
    if problem:
        raise InputError(f"{problem}.", where=str(path))
    return recipe


def smoke(recipe: Recipe) -> Recipe:
    """The same recipe at a size that takes well under a minute: it shows that every stage works, not that the model is any good."""
    replace, teacher = msgspec.structs.replace, recipe.teacher
    short = {"steps": 30, "batch": 32, "warmup": 5, "lengths": (24, 48), "checkpoint_every": 20}
    return replace(
        recipe,
        corpus=replace(recipe.corpus, rows=3_000, clean_rows=1_000, heldout_rows=60, noncommand_rows=30),
        tokenizer=replace(recipe.tokenizer, merges=40, sample=2_000),
        training=replace(recipe.training, **short),
        teacher=replace(teacher, training=replace(teacher.training, **short)) if teacher and teacher.training else teacher,
        **{name: replace(spec, steps=20, warmup=2) for name, spec in recipe.compression.items()},
    )


def _models(recipe: Recipe) -> list[tuple[str, StudentSpec, TrainingSpec]]:
    teacher = recipe.teacher
    found = [("", recipe.student, recipe.training)]
    return [*found, ("teacher.", teacher.student, teacher.training)] if teacher and teacher.student and teacher.training else found


def _problem(student: StudentSpec, training: TrainingSpec) -> str:
    if not student.layers or not training.lengths or list(training.lengths) != sorted(set(training.lengths)):
        return "student.layers needs a width, and training.lengths rising lengths"
    if student.bits not in BITS:
        return f"student.bits is {student.bits}; it may be 1, 2, 4 or 8"
    if training.lengths[-1] > student.window:
        return f"training.lengths go to {training.lengths[-1]}, beyond student.window, which is {student.window}"
    return ""


def _compression_problem(recipe: Recipe) -> str:
    prune, factorise, quantise = recipe.prune, recipe.factorise, recipe.quantise
    if (prune or factorise) and recipe.student.ranks:
        return "student.ranks stand before [prune] and [factorise]; give the ranks in [factorise]"
    if prune and len(prune.layers) != len(recipe.student.layers):
        return f"prune.layers has {len(prune.layers)} layers, the student {len(recipe.student.layers)}; pruning keeps their number"
    if factorise and bool(factorise.ranks) + (factorise.energy is not None) + (factorise.size is not None) != 1:
        return "[factorise] needs one of ranks, energy and size"
    if quantise and quantise.bits not in BITS:
        return f"quantise.bits is {quantise.bits}; it may be 1, 2, 4 or 8"
    if recipe.sparsify and 1 in (recipe.student.bits, quantise.bits if quantise else 8):
        return "weights of one bit have no zero: [sparsify] does not go with them"
    return ""


def _limits(recipe: Recipe) -> list[tuple[str, float, float, float]]:
    corpus = recipe.corpus
    limits: list[tuple[str, float, float, float]] = [
        ("seed", recipe.seed, 0, 2**32 - 1),
        ("student_seed", recipe.weights_seed, 0, 2**32 - 1),
        ("accept", recipe.accept, 0.01, 1),
        ("corpus.rows", corpus.rows, 1_000, 10_000_000),
        ("corpus.clean_rows", corpus.clean_rows, 0, 10_000_000),
        ("corpus.home_rows", corpus.home_rows, 1, 100_000),
        ("corpus.heldout_rows", corpus.heldout_rows, 10, 100_000),
        ("corpus.noncommand_rows", corpus.noncommand_rows, 10, 100_000),
        ("corpus.heldout_templates", corpus.heldout_templates, 0.01, 0.5),
        ("corpus.heldout_words", corpus.heldout_words, 0.05, 0.5),
        ("corpus.invented", corpus.invented, 0, 1),
        ("corpus.noncommands", corpus.noncommands, 0, 0.9),
        ("corpus.paraphrases", corpus.paraphrases, 0, 0.9),
        ("corpus.varied", corpus.varied, 0, 1),
        ("tokenizer.merges", recipe.tokenizer.merges, 0, 4_000),
        ("tokenizer.sample", recipe.tokenizer.sample, 1, 10_000_000),
    ]
    for name, student, training in _models(recipe):
        limits += [
            (f"{name}student.embedding", student.embedding, 1, 1_024),
            (f"{name}student.inner", student.inner, 1, 1_024),
            *((f"{name}student.layers[{at}]", width, 1, 1_024) for at, width in enumerate(student.layers)),
            (f"{name}student.attention", student.attention, 1, 256),
            (f"{name}student.window", student.window, 8, 256),
            (f"{name}training.steps", training.steps, 0, 10_000_000),
            (f"{name}training.batch", training.batch, 1, 65_536),
            (f"{name}training.learning_rate", training.learning_rate, 1e-7, 1e3),
            (f"{name}training.quantised", training.quantised, 0, 1),
            (f"{name}training.annealed", training.annealed, 0, 1),
            (f"{name}training.clean", training.clean, 0, 1),
            (f"{name}training.clean_end", training.clean_end, 0, 1),
            (f"{name}training.flagless", training.flagless, 0, 1),
            (f"{name}training.checkpoint_every", training.checkpoint_every, 1, 10_000_000),
        ]
    for name, spec in recipe.compression.items():
        limits += [
            (f"{name}.steps", spec.steps, 0, 10_000_000),
            (f"{name}.learning_rate", spec.learning_rate, 1e-7, 1e3),
            (f"{name}.warmup", spec.warmup, 0, 10_000_000),
            (f"{name}.quantised", spec.quantised, 0, 1),
        ]
    if recipe.prune:
        limits += [(f"prune.layers[{at}]", width, 1, 1_024) for at, width in enumerate(recipe.prune.layers)]
    if recipe.factorise:
        low = recipe.factorise
        limits += [("factorise.energy", 1 if low.energy is None else low.energy, 0.01, 1)]
        limits += [("factorise.size", 1 if low.size is None else low.size, 1, 10_000_000)]
    if recipe.sparsify:
        thin = recipe.sparsify
        limits += [("sparsify.share", thin.share, 0, 0.99), ("sparsify.until", thin.until, 0, 1), ("sparsify.every", thin.every, 1, 10_000)]
    if recipe.teacher:
        limits += [("teacher.weight", recipe.teacher.weight, 0, 1), ("teacher.temperature", recipe.teacher.temperature, 0.1, 100)]
    return limits
