"""Training at smoke size: the whole pipeline, its checkpoint, and what it says when something is wrong."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

pytestmark = pytest.mark.train
pytest.importorskip("tensorflow")

from tinylm import paths  # noqa: E402
from tinylm.bundle import load_bundle  # noqa: E402
from tinylm.errors import InputError  # noqa: E402
from tinylm.lm import export, pipeline  # noqa: E402
from tinylm.lm.oracle import Oracle  # noqa: E402
from tinylm.lm.recipe import Recipe, TrainingSpec  # noqa: E402
from tinylm.lm.student import Student, StudentSpec, initial  # noqa: E402
from tinylm.lm.training import Batches, Trainer  # noqa: E402

RECIPE = paths.MODELS / "commands" / "recipe.toml"


def quiet(*_: object) -> None:
    pass


def small(**training: object) -> Recipe:
    spec = msgspec.convert({"steps": 8, "batch": 8, "warmup": 2, "checkpoint_every": 4, **training}, TrainingSpec)
    return Recipe(name="x", title="X", seed=1, student=StudentSpec(embedding=8, layers=(12, 10)), training=spec)


ROWS = [([0, *np.random.default_rng(at).integers(3, 20, 5).tolist(), 1, 9, 2], 7) for at in range(64)]
BATCHES = Batches.of(ROWS, [12], 8, 1)


def test_smoke_training_makes_a_whole_bundle_that_loads(tmp_path: Path) -> None:
    stages: list[str] = []
    made = pipeline.train(RECIPE, tmp_path / "out", smoke=True, progress=lambda stage, *_: stages.append(stage))
    bundle = load_bundle(tmp_path / "out")
    assert bundle.is_language_model
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written >= {"model.toml", "step.tflite", "tokenizer.json", "recipe.toml", "README.md"}
    assert made["bytes"] == len(bundle.read("step.tflite")) < 100_000
    assert {"corpus", "train"} <= set(stages)
    assert "--smoke" in bundle.manifest.quality["command"]


def test_the_same_seed_trains_the_same_weights() -> None:
    first, second = (Trainer(small(), 20).run(BATCHES, None, quiet) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    whole = Trainer(small(), 20).run(BATCHES, None, quiet)
    checkpoint = tmp_path / "checkpoint.npz"

    class Stopping(Batches):
        def at(self, step: int):  # type: ignore[no-untyped-def]
            if step == 5:
                raise KeyboardInterrupt
            return super().at(step)

    with pytest.raises(KeyboardInterrupt):
        Trainer(small(), 20).run(Stopping(BATCHES.groups, BATCHES.size, BATCHES.seed), checkpoint, quiet)
    again = Trainer(small(), 20)
    assert again.resume(checkpoint)
    assert again.done == 5
    resumed = again.run(BATCHES, checkpoint, quiet)
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)


def test_a_checkpoint_of_another_recipe_is_not_taken_up(tmp_path: Path) -> None:
    Trainer(small(), 20).save(tmp_path / "checkpoint.npz")
    assert not Trainer(small(learning_rate=0.001), 20).resume(tmp_path / "checkpoint.npz")


def test_a_loss_that_is_no_number_stops_with_a_hint() -> None:
    trainer = Trainer(small(), 20)
    trainer.model.variables["head.b"].assign(np.full(20, np.nan, np.float32))
    with pytest.raises(InputError, match=r"no number any more at step 8.*Lower learning_rate"):
        trainer.run(BATCHES, None, quiet)


def test_the_simulated_quantisation_is_what_tflm_computes() -> None:
    pytest.importorskip("tflite_micro")
    spec = StudentSpec(embedding=24, layers=(40, 32), read_gate=True)
    weights = initial(spec, 30, 4)
    tokens = np.random.default_rng(2).integers(0, 30, 24)
    simulated = np.asarray(Student(spec, weights).logits(tokens[None], quantised=True))[0] / export.LOGIT
    ran = Oracle(export.export(weights), export.step_graph("step.tflite", 2)).logits(tokens.tolist())
    assert np.mean(np.abs(simulated - ran)) < 0.3
