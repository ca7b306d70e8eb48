"""Text recipes at smoke size: whole bundles that run, of a teacher and of a text; and the loop that trains them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.train
pytest.importorskip("tensorflow")
pytest.importorskip("sentencepiece")

from tests.lm import tiny_llama  # noqa: E402
from tests.oracle import needs_oracle  # noqa: E402
from tinylm.cli.app import main  # noqa: E402
from tinylm.errors import InputError  # noqa: E402
from tinylm.lm.learners import OfLlama  # noqa: E402
from tinylm.lm.llama_shrink import random  # noqa: E402
from tinylm.lm.llama_train import Distillation, TextTraining  # noqa: E402
from tinylm.lm.loop import Read  # noqa: E402
from tinylm.lm.steps import Point  # noqa: E402

HEAD = 'kind = "text"\ntitle = "Tiny"\nseed = 3\nexamples = ["ab"]\n'
STUDENT = "[student]\ndim = 16\nhidden = 12\nlayers = 1\nheads = 4\nkv_heads = 2\nwindow = 16\n"
TEACHER = '[tokenizer]\nkind = "teacher"\n[teacher]\ncheckpoint = "elsewhere/tiny.bin"\ntokenizer = "tok.bin"\norigin = "nobody, MIT"\n'
KINDS = {
    "of a teacher": STUDENT + 'start = "teacher"\n' + TEACHER,
    "of a text": STUDENT + 'cell = "gru"\n[quantise]\nbits = 4\n[corpus]\nfiles = ["a.txt"]\n[tokenizer]\nsize = 40\n',
}

MORE = {"of a teacher": [], "of a text": ["quantise"]}


@needs_oracle
@pytest.mark.parametrize("kind", KINDS)
def test_a_recipe_makes_a_bundle_that_the_device_runs_as_tflm_does(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny_llama.write(tmp_path)
    (tmp_path / "a.txt").write_text("\n\n".join(f"abba {'ca' * (at % 5)} baa {'b' * (at % 3)} ab" for at in range(60)))
    name = kind.replace(" ", "-")
    (tmp_path / "recipe.toml").write_text(f'name = "{name}"\n{HEAD}{KINDS[kind]}[training]\nlength = 8\n')
    bundle, data = tmp_path / "out", ["--data", str(tmp_path), "--log", str(tmp_path / "log")]
    assert main(["train", str(tmp_path / "recipe.toml"), "--smoke", "-o", str(bundle), "--json", *data]) == 0
    made = json.loads(capsys.readouterr().out)
    assert [step["step"] for step in made["done"]] == ["corpus", "tokenizer", "student", *MORE[kind], "export", "evaluate"]
    assert 0 < made["quality"]["bits_per_byte"] < 8
    assert ("teacher_bits_per_byte" in made["quality"]) == (kind == "of a teacher")
    assert ("tiny.bin" if kind == "of a teacher" else "a.txt") in (bundle / "README.md").read_text()
    assert main(["test", "--board", "host", "--model", str(bundle), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["oracle"]["mismatched"] == 0
    before = (bundle / "step.tflite").read_bytes()
    assert main(["train", str(tmp_path / "recipe.toml"), "--smoke", "-o", str(bundle), "--json", *data, "--until", "export"]) == 0
    assert json.loads(capsys.readouterr().out)["done"][2]["cached"]
    assert (bundle / "step.tflite").read_bytes() == before


SHAPE = replace(tiny_llama.SHAPE, vocabulary=12, layers=1)
ROWS = np.random.default_rng(1).integers(0, 12, (6, 40)).astype(np.uint16)
SPEC = TextTraining(steps=6, batch=2, length=16, long=0.0, warmup=1, checkpoint_every=2)


def training(**changed: object) -> Distillation:
    made = Distillation(OfLlama(random(SHAPE, 1)), None, ROWS, SPEC, 1)
    return replace(made, **changed)  # type: ignore[arg-type]


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    whole, checkpoint, points = training(), tmp_path / "checkpoint.npz", list[Point]()
    first = whole.run(whole.loop(), None, points.append)
    assert points[-1].at == points[-1].of == 6 and points[-1].loss > 0
    loop = whole.loop()
    step = whole.step(loop)

    def stopped(at: int) -> Read:
        if at == 3:
            raise KeyboardInterrupt
        return step(at)

    with pytest.raises(KeyboardInterrupt):
        loop.train(6, stopped, checkpoint, 100, points.append)
    step(5)  # what came after the checkpoint is forgotten
    assert loop.resume(checkpoint) and loop.done == 3
    loop.train(6, step, None, 100, points.append)
    second = loop.weights()
    assert all(np.array_equal(first.weights[name], second[name]) for name in first.weights)
    assert not training(seed=2).loop().resume(checkpoint)


def test_a_loss_that_is_no_number_stops_and_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    loop, path = training().loop(), tmp_path / "checkpoint.npz"
    with pytest.raises(InputError, match=r"no number any more at step 3; the last good checkpoint is kept as .*Lower learning_rate"):
        loop.train(6, lambda at: Read(float("nan") if at == 2 else 1.0, 1.0, 1, 1.0), path, 2, lambda point: None)
    again = training().loop()
    assert again.resume(path) and again.done == 2
