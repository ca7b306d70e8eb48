"""Damaged and impossible files are refused in one sentence, never believed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.build import Builder
from tests.compiler.batch import program_of
from tinylm.compiler.reader import read
from tinylm.errors import ModelError


def small_model() -> bytes:
    """Two layers and an activation."""
    rng = np.random.default_rng(1)
    builder = Builder()
    x = builder.input((1, 8), scale=0.1, name="x")
    w = builder.tensor((4, 8), scale=0.02, data=rng.integers(-127, 128, (4, 8)))
    b = builder.tensor((4,), "int32", scale=0.002, data=np.arange(4))
    h = builder.tensor((1, 4), scale=0.05)
    y = builder.output((1, 4), scale=1 / 128, name="y")
    builder.operator("FULLY_CONNECTED", [x, w, b], [h], "FullyConnectedOptions")
    builder.operator("TANH", [h], [y])
    return builder.finish()


MODEL = small_model()


def test_a_good_file_is_read() -> None:
    graph = read(MODEL, "small.tflite")
    assert [operator.name for operator in graph.operators] == ["FULLY_CONNECTED", "TANH"]
    assert graph.inputs[0].shape == (1, 8) and graph.outputs[0].name == "y"


@pytest.mark.parametrize("length", [0, 4, 8, 15, 16, 40, len(MODEL) // 2])
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(ModelError, match=r"small.tflite: .*(not a .tflite|damaged)"):
        read(MODEL[:length], "small.tflite")


def test_random_bytes_are_refused() -> None:
    with pytest.raises(ModelError, match=r"not a \.tflite"):
        read(np.random.default_rng(0).bytes(4096), "noise.tflite")


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(MODEL) - 1), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, len(MODEL)))
@example([(4, 0)], len(MODEL))
def test_a_mutated_file_gives_a_program_or_one_sentence(changes: list[tuple[int, int]], length: int) -> None:
    data = bytearray(MODEL)
    for position, value in changes:
        data[position] = value
    try:
        program_of(bytes(data[: max(length, 600)]))
    except ModelError as error:
        assert str(error) and "\n" not in str(error)


def refused(builder: Builder) -> str:
    with pytest.raises(ModelError) as caught:
        program_of(builder.finish())
    return str(caught.value)


def test_an_operator_that_is_not_there_is_named_with_its_place() -> None:
    builder = Builder()
    x = builder.input((1, 4), scale=0.1)
    h = builder.tensor((1, 4), scale=1 / 128)
    y = builder.output((1, 4), scale=0.1)
    builder.operator("TANH", [x], [h])
    builder.operator("HASHTABLE_FIND", [h], [y])
    message = refused(builder)
    assert "operator 1 HASHTABLE_FIND" in message and "not supported" in message and "FULLY_CONNECTED" in message


def test_a_dynamic_shape_is_refused_with_the_tensor_named() -> None:
    builder = Builder()
    x = builder.input((1, 4), scale=0.1, name="audio")
    builder.tensors[x].shapeSignature = [1, -1]
    builder.operator("TANH", [x], [builder.output((1, 4), scale=1 / 128)])
    message = refused(builder)
    assert "tensor 0 'audio'" in message and "dynamic shape [1, -1]" in message


def test_a_tensor_read_before_it_is_written_is_named() -> None:
    builder = Builder()
    h = builder.tensor((1, 4), scale=0.1, name="early")
    builder.operator("TANH", [h], [builder.output((1, 4), scale=1 / 128)])
    assert "reads tensor 0 'early' [1, 4] int8 before anything writes it" in refused(builder)


def test_a_type_that_is_not_supported_is_named() -> None:
    builder = Builder()
    x = builder.input((1, 4), "float16", name="half")
    builder.operator("TANH", [x], [builder.output((1, 4), scale=1 / 128)])
    assert "'half': has type float16, which is not supported" in refused(builder)


def test_scales_of_the_wrong_number_are_refused() -> None:
    builder = Builder()
    x = builder.input((1, 4), scale=[0.1, 0.2, 0.3], zero_point=[0, 0, 0], axis=1)
    builder.operator("TANH", [x], [builder.output((1, 4), scale=1 / 128)])
    assert "has 3 scales along axis 1 of shape [1, 4]" in refused(builder)
