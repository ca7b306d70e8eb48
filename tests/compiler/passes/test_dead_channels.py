"""Channels that are constant or that nothing reads are taken out, together with what computes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.passes.same import changed, runs_the_same
from tinylm.compiler.passes import dead_channels

RELU = 1
DEPTH = 6


class Net:
    """Convolutions one after the other; ``kill`` and ``deafen`` edit weights before the model is finished."""

    def __init__(self, seed: int = 0) -> None:
        self.rng, self.builder = np.random.default_rng(seed), Builder()
        self.at = self.builder.input((1, 8, 8, 3), scale=0.1, zero_point=3)
        self.names: list[str] = []

    def _weights(self, shape: tuple[int, ...], dead: list[int], deaf: list[int], axis: int) -> tuple[int, int]:
        values, channels = self.rng.integers(-127, 128, shape), shape[axis]
        bias = self.rng.integers(-900, 900, channels)
        np.moveaxis(values, axis, 0)[dead] = 0
        if axis == 0:
            values[..., deaf] = 0
        scales = [0.01 + 0.001 * i for i in range(channels)]
        w = self.builder.tensor(shape, scale=scales, axis=axis, data=values)
        return w, self.builder.tensor((channels,), "int32", scale=[0.1 * s for s in scales], data=bias)

    def conv(
        self, taps: int, dead: list[int] = (), deaf: list[int] = (), padding: int = 0, out: int = DEPTH, activation: int = RELU
    ) -> Net:  # type: ignore[assignment]
        x = self.builder.tensors[self.at].shape
        w, b = self._weights((out, taps, taps, x[3]), list(dead), list(deaf), 0)
        size = x[1] if padding == 0 else x[1] - taps + 1
        y = self.builder.tensor((1, size, size, out), scale=0.1, zero_point=-100)
        options = {"padding": padding, "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
        self.builder.operator("CONV_2D", [self.at, w, b], [y], "Conv2DOptions", fusedActivationFunction=activation, **options)
        self.at, self.names = y, [*self.names, "CONV_2D"]
        return self

    def depthwise(self, dead: list[int] = ()) -> Net:  # type: ignore[assignment]
        shape = self.builder.tensors[self.at].shape
        w, b = self._weights((1, 3, 3, shape[3]), list(dead), [], 3)
        y = self.builder.tensor(tuple(shape), scale=0.1, zero_point=-100)
        options = {"padding": 0, "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1, "depthMultiplier": 1}
        self.builder.operator("DEPTHWISE_CONV_2D", [self.at, w, b], [y], "DepthwiseConv2DOptions", fusedActivationFunction=RELU, **options)
        self.at, self.names = y, [*self.names, "DEPTHWISE_CONV_2D"]
        return self

    def finish(self) -> Builder:
        self.builder.outputs.append(self.at)
        return self.builder


def depths(builder: Builder, names: list[str]) -> list[int]:
    graph = changed(builder, dead_channels.run, names, names)
    return [operator.output.shape[3] for operator in graph.operators]


def test_a_constant_channel_goes_into_the_bias_of_a_pointwise_convolution(tmp_path: Path) -> None:
    net = Net().conv(3, dead=[1, 4]).conv(1)
    assert depths(net.finish(), net.names) == [DEPTH - 2, DEPTH]
    runs_the_same(net.builder, tmp_path)


def test_a_channel_that_nobody_reads_goes_with_its_weights(tmp_path: Path) -> None:
    net = Net().conv(3).depthwise().conv(1, deaf=[0, 3])
    assert depths(net.finish(), net.names) == [DEPTH - 2, DEPTH - 2, DEPTH]
    runs_the_same(net.builder, tmp_path)


def test_dead_depthwise_channels_take_the_layer_before_with_them(tmp_path: Path) -> None:
    net = Net().conv(1).depthwise(dead=[2, 5]).conv(1).depthwise().conv(1)
    assert depths(net.finish(), net.names) == [DEPTH - 2, DEPTH - 2, DEPTH, DEPTH, DEPTH]
    runs_the_same(net.builder, tmp_path)


@pytest.mark.parametrize(("padding", "left"), [(0, DEPTH), (1, DEPTH - 1)])
def test_a_constant_that_is_not_zero_stays_before_padding(padding: int, left: int, tmp_path: Path) -> None:
    net = Net(seed=3)
    net.conv(3, dead=[1], activation=0).conv(3, padding=padding)
    biases = net.builder.buffers[net.builder.tensors[net.builder.operators[0].inputs[2]].buffer]
    values = np.frombuffer(bytes(biases.data), np.int32).copy()
    values[1] = 800  # not real zero, whatever the scales
    biases.data = list(values.tobytes())
    assert depths(net.finish(), net.names) == [left, DEPTH]
    runs_the_same(net.builder, tmp_path)


def test_one_channel_is_always_left(tmp_path: Path) -> None:
    net = Net().conv(3, dead=list(range(DEPTH))).conv(1)
    assert depths(net.finish(), net.names) == [1, DEPTH]
    runs_the_same(net.builder, tmp_path)


@pytest.mark.parametrize("seed", range(30))
def test_nothing_changes_whatever_is_dead(seed: int) -> None:
    """Random deaths and deafness in five layers; interpret is compared inside."""
    rng, net = np.random.default_rng(seed), Net(seed)

    def some() -> list[int]:
        return rng.choice(DEPTH, rng.integers(0, 4), replace=False).tolist()

    net.conv(3, dead=some(), activation=int(rng.integers(0, 2))).depthwise(dead=some()).conv(1, some(), some())
    net.conv(3, some(), some(), padding=int(rng.integers(0, 2))).conv(1, some(), some())
    changed(net.finish(), dead_channels.run, net.names, net.names)
