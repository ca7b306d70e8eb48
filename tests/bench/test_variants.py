"""Models made for measuring are models: what they say on a board is what the oracle says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.variants import int4_bundle
from tests.oracle import needs_oracle
from tinylm.bench.measure import measure
from tinylm.compiler.reader import read


@needs_oracle
def test_the_int4_language_model_equals_the_oracle(tmp_path: Path) -> None:
    pytest.importorskip("unicorn")
    bundle = int4_bundle("commands", tmp_path)
    graph = read(bundle.read(bundle.graph.file), bundle.graph.file)
    layers = [operator for operator in graph.operators if operator.name == "FULLY_CONNECTED"]
    assert layers and all(layer.input(1).dtype == "int4" for layer in layers)
    row = measure(bundle, "pico", "balanced", tmp_path / "out")
    assert row.compared > 1000
    assert row.mismatched == 0
