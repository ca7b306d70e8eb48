"""Every tensor against the oracle: a wrong layer is named, and only what follows from it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tinylm.bench.layers import compare_layers, graph_of, layers_program, run_layers
from tinylm.bundle import Bundle, load_bundle
from tinylm.cli.app import main

LAYERS = ["CONV_2D", "DEPTHWISE_CONV_2D", "RELU", "CONV_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A small image classifier."""
    rng, builder = np.random.default_rng(0), Builder()

    def constants(shape: tuple[int, ...], outputs: int) -> list[int]:
        w = builder.tensor(shape, scale=0.01, data=rng.integers(-127, 128, shape))
        return [w, builder.tensor((outputs,), "int32", scale=0.001, data=rng.integers(-100, 100, outputs))]

    window = {"padding": 0, "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    x = builder.input((1, 6, 6, 2), scale=0.1)
    a, b, c, d = (builder.tensor((1, 6, 6, 4), scale=0.1, zero_point=-100, name=name) for name in "abcd")
    flat, sums = builder.tensor((1, 144), scale=0.1, zero_point=-100, name="flat"), builder.tensor((1, 5), scale=0.2, name="sums")
    y = builder.output((1, 5), scale=1 / 256, zero_point=-128, name="y")
    shape = builder.tensor((2,), "int32", data=np.array([1, 144], np.int32))
    builder.operator("CONV_2D", [x, *constants((4, 3, 3, 2), 4)], [a], "Conv2DOptions", **window)
    builder.operator("DEPTHWISE_CONV_2D", [a, *constants((1, 3, 3, 4), 4)], [b], "DepthwiseConv2DOptions", depthMultiplier=1, **window)
    builder.operator("RELU", [b], [c])
    builder.operator("CONV_2D", [c, *constants((4, 1, 1, 4), 4)], [d], "Conv2DOptions", **window)
    builder.operator("RESHAPE", [d, shape], [flat], "ReshapeOptions", newShape=[1, 144])
    builder.operator("FULLY_CONNECTED", [flat, *constants((5, 144), 5)], [sums], "FullyConnectedOptions")
    builder.operator("SOFTMAX", [sums], [y], "SoftmaxOptions", beta=1.0)
    path = tmp_path / "classifier.tflite"
    path.write_bytes(builder.finish())
    return load_bundle(path)


def test_every_tensor_of_a_good_program_is_right(bundle: Bundle, tmp_path: Path) -> None:
    report = run_layers(bundle, tmp_path / "out")
    assert report.passed
    assert [layer.name for layer in report.layers] == [name for name in LAYERS if name != "RELU"]
    assert all(layer.compared == 5 * int(np.prod(layer.shape)) for layer in report.layers)
    # RELU is done by the depthwise convolution, whose tensor it takes over.
    assert report.merged == ["operator 2 RELU"] and report.layers[1].tensor == "c"


@pytest.mark.parametrize(("wrong", "tensor"), [(0, "a"), (1, "c"), (3, "d"), (5, "sums")])
def test_a_wrong_weight_is_found_in_its_layer(wrong: int, tensor: str, bundle: Bundle, tmp_path: Path) -> None:
    graph = graph_of(bundle)
    weights = graph.operators[wrong].input(1)
    changed = weights.values().copy()
    changed[..., 0] ^= 0x40
    weights.data = changed
    report = compare_layers(bundle, layers_program(bundle, graph), tmp_path / "out")
    first = report.first_different
    assert first is not None and (first.operator, first.tensor) == (wrong, tensor) and first.first is not None
    assert not any(layer.mismatched for layer in report.layers if layer.operator < wrong)


def test_the_command_says_it_in_json(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        [
            "test",
            "--board",
            "host",
            "--layers",
            "--json",
            "--model",
            str(bundle.path("classifier.tflite")),
            "--output",
            str(tmp_path / "out"),
        ]
    )
    found = json.loads(capsys.readouterr().out)
    assert code == 0 and found["passed"] and found["first_different"] is None
    assert [layer["operator"] for layer in found["layers"]] == [0, 1, 3, 4, 5, 6]
