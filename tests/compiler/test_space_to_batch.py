"""SPACE_TO_BATCH_ND with padding, which the oracle leaves to chance: the generated C against the numpy meaning, zeros outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import Case, run_native
from tinylm.compiler.interpret import interpret
from tinylm.compiler.reader import read


@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_padding_is_zero(dtype: str, tmp_path: Path) -> None:
    builder = Builder()
    q = {"scale": 0.5, "zero_point": 0} if dtype == "int8" else {}
    x = builder.input((2, 3, 4, 2), dtype, **q)
    block = builder.tensor((2,), "int32", data=np.array([2, 3], np.int32))
    margins = builder.tensor((2, 2), "int32", data=np.array([[1, 2], [0, 2]], np.int32))
    y = builder.output((12, 3, 2, 2), dtype, **q)
    builder.operator("SPACE_TO_BATCH_ND", [x, block, margins], [y], "SpaceToBatchNDOptions")
    values = np.arange(1, 49).reshape(2, 3, 4, 2).astype(dtype)
    graph = read(builder.finish(), "case.tflite")
    right = interpret(graph, {graph.inputs[0]: values})[graph.outputs[0]]
    assert right[0, 0, 0, 0] == 0 and sorted(right[right != 0]) == list(range(1, 49))
    (result,) = run_native([Case(builder.finish(), [values])], tmp_path)[0]
    assert np.array_equal(result, right)
