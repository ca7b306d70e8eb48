"""Damaged and impossible files are refused in one sentence, never believed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.build import Builder
from tests.compiler.batch import Case, program_of, run_native
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


@pytest.mark.parametrize("name", ["*/ int evil; /*", 'a"b', "line\nend\\", "zero\0", "what??/", "ü/é", ""])
def test_a_tensor_may_have_any_name(name: str, tmp_path: Path) -> None:
    builder = Builder()
    x = builder.input((1, 4), scale=0.1, name=name or None)
    builder.tensors[x].name = name
    builder.operator("TANH", [x], [builder.output((1, 4), scale=1 / 128, name=name)])
    run_native([Case(builder.finish(), [np.zeros((1, 4), np.int8)])], tmp_path)


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


def test_the_axis_of_a_bias_may_be_that_of_its_weights() -> None:
    """TFLM's person_detect.tflite: a bias of one dimension with scales along axis 3, which nobody reads."""
    builder = Builder()
    x = builder.input((1, 4), scale=0.1)
    w = builder.tensor((2, 4), scale=[0.1, 0.2], axis=0, data=np.ones((2, 4)))
    bias = builder.tensor((2,), "int32", scale=[0.01, 0.02], axis=3, data=np.array([1, 2]))
    builder.operator("FULLY_CONNECTED", [x, w, bias], [builder.output((1, 2), scale=0.1)], "FullyConnectedOptions")
    assert read(builder.finish(), "m").operators[0].input(2).quantization.axis == 0


def test_per_channel_scales_along_the_wrong_axis_are_refused() -> None:
    builder = Builder()
    x = builder.input((1, 4), scale=0.1)
    w = builder.tensor((3, 4), scale=[0.1, 0.2, 0.1, 0.2], axis=1, data=np.zeros((3, 4)))
    builder.operator("FULLY_CONNECTED", [x, w], [builder.output((1, 3), scale=0.1)], "FullyConnectedOptions")
    assert "needs per-channel scales along axis 0 of tensor 1" in refused(builder)


@pytest.mark.parametrize("zero_points", [[0, 0], [0, 0, 0, 0]])
def test_zero_points_of_another_number_than_the_scales_are_refused(zero_points: list[int]) -> None:
    builder = Builder()
    x = builder.input((1, 4), scale=0.1)
    w = builder.tensor((3, 4), scale=[0.1, 0.2, 0.1], data=np.zeros((3, 4)), name="w")
    builder.tensors[w].quantization.zeroPoint = zero_points
    builder.operator("FULLY_CONNECTED", [x, w], [builder.output((1, 3), scale=0.1)], "FullyConnectedOptions")
    assert f"tensor 1 'w': has 3 scales but {len(zero_points)} zero points" in refused(builder)


@pytest.mark.parametrize("size", [2**28, 2**31 - 1])
def test_an_impossible_shape_is_refused(size: int) -> None:
    builder = Builder()
    x = builder.input((4, size), scale=0.1, name="huge")
    builder.operator("TANH", [x], [builder.output((4, size), scale=1 / 128)])
    assert "'huge': has an impossible shape" in refused(builder)


def test_data_of_another_size_than_the_shape_is_refused() -> None:
    builder = Builder()
    x = builder.input((1, 4), scale=0.1)
    w = builder.tensor((3, 4), scale=0.1, data=np.zeros((3, 3)), name="w")
    builder.operator("FULLY_CONNECTED", [x, w], [builder.output((1, 3), scale=0.1)], "FullyConnectedOptions")
    assert "'w' [3, 4] int8: has 9 bytes of data where its shape needs 12" in refused(builder)


def test_weights_without_data_are_refused() -> None:
    builder = Builder()
    x, w = builder.input((1, 4), scale=0.1), builder.tensor((3, 4), scale=0.1, name="w")
    builder.operator("FULLY_CONNECTED", [x, w], [builder.output((1, 3), scale=0.1)], "FullyConnectedOptions")
    assert "FULLY_CONNECTED: reads tensor 1 'w' [3, 4] int8 before anything writes it" in refused(builder)


def test_operators_in_a_circle_are_refused() -> None:
    builder = Builder()
    a, b = (builder.tensor((1, 4), scale=0.1, name=name) for name in "ab")
    builder.operator("TANH", [a], [b])
    builder.operator("TANH", [b], [a])
    assert "operator 0 TANH: reads tensor 0 'a'" in refused(builder)


def test_a_tensor_that_two_operators_write_is_refused() -> None:
    builder = Builder()
    x = builder.input((1, 4), scale=0.1)
    y = builder.output((1, 4), scale=1 / 128, name="y")
    builder.operator("TANH", [x], [y])
    builder.operator("TANH", [x], [y])
    assert "operator 1 TANH: writes tensor 1 'y' [1, 4] int8, which already has a value" in refused(builder)


def test_an_end_that_nobody_can_fill_is_refused() -> None:
    builder = Builder()
    x = builder.input((1, 4), "resource", name="handle")
    builder.operator("TANH", [x], [builder.output((1, 4), scale=1 / 128)])
    assert "'handle' [1, 4] resource: is an end of the graph of type resource, which is not supported" in refused(builder)


def test_a_constant_output_is_refused() -> None:
    builder = Builder()
    x, y = builder.input((1, 4), scale=0.1), builder.output((1, 4), scale=1 / 128)
    builder.operator("TANH", [x], [y])
    builder.outputs.append(builder.tensor((1, 4), scale=0.1, data=np.zeros(4), name="fixed"))
    assert "'fixed' [1, 4] int8: is an output of the graph, but a constant" in refused(builder)


def test_a_variable_of_an_operator_without_state_is_refused() -> None:
    builder = Builder()
    x = builder.tensor((1, 4), scale=0.1, name="kept", variable=True)
    builder.operator("TANH", [x], [builder.output((1, 4), scale=1 / 128)])
    assert "TANH: reads the variable tensor 0 'kept'" in refused(builder)


def test_parts_that_are_named_again_and_again_are_refused_at_once() -> None:
    """Thousands of operators that all are one operator with thousands of inputs: a small file, an endless model."""
    many = 5000
    builder = flatbuffers.Builder(1024)
    inputs = builder.CreateNumpyVector(np.zeros(many, np.int32))
    schema.OperatorStart(builder)
    schema.OperatorAddInputs(builder, inputs)
    operator = schema.OperatorEnd(builder)
    operators = vector(builder, schema.SubGraphStartOperatorsVector, [operator] * many)
    schema.SubGraphStart(builder)
    schema.SubGraphAddOperators(builder, operators)
    graphs = vector(builder, schema.ModelStartSubgraphsVector, [schema.SubGraphEnd(builder)])
    schema.ModelStart(builder)
    schema.ModelAddSubgraphs(builder, graphs)
    builder.Finish(schema.ModelEnd(builder), b"TFL3")
    with pytest.raises(ModelError, match="is damaged: its parts lie on one another"):
        read(bytes(builder.Output()), "knot.tflite")


def vector(builder: flatbuffers.Builder, start: Callable[[flatbuffers.Builder, int], int], offsets: list[int]) -> int:
    start(builder, len(offsets))
    for offset in offsets:
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())
