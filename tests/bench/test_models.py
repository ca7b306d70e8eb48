"""The MLPerf Tiny models on both boards: every output byte equal to the oracle, on inputs that tell something."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.compiler.test_models import DATA, MODELS, needs_data
from tests.oracle import Oracle, needs_oracle
from tests.shelf import CORES, FIRST, slow_but
from tinylm.bench.make import open_device
from tinylm.bench.reference import on_the_wire
from tinylm.bundle import load_bundle
from tinylm.compiler.reader import read
from tinylm.errors import FitError


def telling_inputs(file: str, count: int) -> list[np.ndarray]:
    """Real keywords for the keyword model; smooth random images and spectra for the others."""
    shape = read((DATA / file).read_bytes(), file).inputs[0].shape
    if file.startswith("kws"):
        with zipfile.ZipFile(DATA / "kws01_first200.zip") as archive:
            return [np.frombuffer(archive.read(name), np.int8).reshape(shape) for name in sorted(archive.namelist())[:count]]
    rng = np.random.default_rng(3)
    return [np.clip(rng.normal(0, 12, shape).cumsum(axis=1), -128, 127).astype(np.int8) for _ in range(count)]


#: what 256 KB of flash and 16 KB of RAM do not hold
TOO_LARGE = {("microbit-v1", "ad01_int8.tflite"), ("microbit-v1", "pretrainedResnet_quant.tflite")}


@needs_data
@needs_oracle
@pytest.mark.parametrize("board", slow_but(FIRST, CORES))
@pytest.mark.parametrize("file", sorted(MODELS))
def test_model_equals_the_oracle_on_the_emulated_board(file: str, board: str, tmp_path: Path) -> None:
    pytest.importorskip("unicorn")
    oracle = Oracle((DATA / file).read_bytes())
    inputs = telling_inputs(file, 12 if file.startswith("kws") else 3)
    expected = [oracle.run([values])[0] for values in inputs]
    assert len({value.tobytes() for value in expected}) > 1, "the inputs tell nothing: all outputs are the same"
    bundle = load_bundle(DATA / file)
    graph = read((DATA / file).read_bytes(), file)
    if (board, file) in TOO_LARGE:
        with pytest.raises(FitError, match="does not fit"):
            open_device(board, bundle, output=tmp_path / "out")
        return
    with open_device(board, bundle, output=tmp_path / "out") as device:
        device.session.boot()
        for values, right in zip(inputs, expected, strict=True):
            device.session.load(on_the_wire(bundle, graph, values.tobytes()))
            device.session.infer(1, 0)
            assert device.session.output(0) == right.tobytes()
