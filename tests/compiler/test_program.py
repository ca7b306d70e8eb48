"""A bundle's states: what goes in has to come back in the same quantisation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build import Builder
from tinylm.bundle import Bundle, GraphFile, Manifest, State
from tinylm.compiler.program import compile_bundle
from tinylm.cores import core
from tinylm.errors import ModelError


def test_a_state_that_comes_back_in_another_scale_is_refused_by_name(tmp_path: Path) -> None:
    builder = Builder()
    old = builder.input((1, 4), scale=0.5, name="h_in")
    builder.operator("TANH", [old], [builder.output((1, 4), scale=1 / 128, name="h_out")])
    (tmp_path / "step.tflite").write_bytes(builder.finish())
    graph = GraphFile(file="step.tflite", states=[State(input="h_in", output="h_out")])
    with pytest.raises(ModelError) as caught:
        compile_bundle(Bundle(Manifest(name="m", title="M", graphs={"step": graph}), tmp_path), core("host"))
    for part in ("'h_in'", "scale 0.5", "'h_out'", "0.0078125", "one quantisation for both"):
        assert part in str(caught.value)
