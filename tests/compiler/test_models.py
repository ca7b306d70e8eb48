"""The MLPerf Tiny models end to end: equal to the oracle on every input, and as small in RAM as they have to be."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.compiler.batch import program_of, random_inputs, run_many
from tests.oracle import Oracle, needs_oracle
from tinylm.compiler.reader import read

DATA = Path(os.environ.get("TINYLM_DATA", Path(__file__).resolve().parents[3] / "shared/data")) / "mlperf_tiny"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the MLPerf Tiny models are not here (TINYLM_DATA: the folder that has them)")

#: file -> most bytes of arena
MODELS = {"kws_ref_model.tflite": 16_000, "pretrainedResnet_quant.tflite": 49_152, "ad01_int8.tflite": 768}
INPUTS = 200


def _mismatches(model: bytes, inputs: list[list[np.ndarray]], folder: Path) -> tuple[int, list[list[np.ndarray]]]:
    """(inputs on which some output differs from the oracle's, the oracle's outputs)."""
    oracle = Oracle(model)
    expected = [oracle.run(values) for values in inputs]
    results = run_many(model, inputs, folder)
    return sum(not np.array_equal(right[0], result[0]) for right, result in zip(expected, results, strict=True)), expected


@needs_data
@needs_oracle
@pytest.mark.parametrize("file", sorted(MODELS))
def test_model_equals_the_oracle_on_random_inputs(file: str, tmp_path: Path) -> None:
    model = (DATA / file).read_bytes()
    graph, rng = read(model, file), np.random.default_rng(1)
    mismatches, expected = _mismatches(model, [random_inputs(graph, rng) for _ in range(INPUTS)], tmp_path)
    assert mismatches == 0
    assert len({values[0].tobytes() for values in expected}) > 1, "the inputs tell nothing: all outputs are the same"


@needs_data
@pytest.mark.parametrize("file", sorted(MODELS))
def test_arena_is_as_small_as_asked(file: str) -> None:
    program = program_of((DATA / file).read_bytes())
    assert program.arena_bytes <= MODELS[file]


@needs_data
@needs_oracle
def test_keywords_are_recognised_as_by_the_oracle(tmp_path: Path) -> None:
    with zipfile.ZipFile(DATA / "kws01_first200.zip") as archive:
        names = sorted(archive.namelist())
        inputs = [[np.frombuffer(archive.read(name), np.int8).reshape(1, 490)] for name in names]
    labels = [int(re.findall(r"(\d+)\.bin$", name)[0]) for name in names]
    model = (DATA / "kws_ref_model.tflite").read_bytes()
    shape = read(model, "kws").inputs[0].shape
    inputs = [[values[0].reshape(shape)] for values in inputs]
    mismatches, expected = _mismatches(model, inputs, tmp_path)
    assert mismatches == 0
    right = sum(int(values[0].argmax()) == label for values, label in zip(expected, labels, strict=True))
    assert right > INPUTS * 0.8, "the oracle itself recognises these: labels and inputs have been read wrongly"
