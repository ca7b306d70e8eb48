"""Cases of one layer, for kernels: what they are made of, what they mean, and how a core's kernels are held to that."""

from __future__ import annotations

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case, program_of
from tests.compiler.cases.convolutions import SAME, VALID
from tests.compiler.on_core import Core, Outcome
from tinylm.compiler.interpret import interpret
from tinylm.compiler.lowering import Const, Struct
from tinylm.compiler.reader import read

#: What a kernel may use of the stack, bytes.
STACK = 600


def meaning(case: Case) -> list[np.ndarray]:
    graph = read(case.model, "case.tflite")
    values = interpret(graph, dict(zip(graph.inputs, case.inputs, strict=True)))
    return [values[tensor] for tensor in graph.outputs]


def expect_equal(core: Core, case: Case) -> Outcome:
    outcome = core.run(case)
    for result, right in zip(outcome.outputs, meaning(case), strict=True):
        np.testing.assert_array_equal(result, right)
    assert outcome.stack <= STACK
    return outcome


def differs(core: Core, case: Case) -> bool:
    return any(not np.array_equal(result, right) for result, right in zip(core.run(case).outputs, meaning(case), strict=True))


def fully_connected(
    w: np.ndarray,
    x: np.ndarray,
    bias: np.ndarray,
    real: float | list[float] | None = None,
    zeros: tuple[int, int] = (0, 0),
    activation: int = 0,
    dtype: str = "int8",
    unit: float = 1.0,
) -> Case:
    """real: the multiplier from sums to outputs, times unit, the outputs' scale, or one a row; None: one that spreads the outputs over
    their range."""
    if real is None:
        spread = np.abs(x.astype(np.int64) @ w.T.astype(np.int64) + bias).max()
        real = 100.0 / max(1.0, float(spread))
    builder = Builder()
    a = builder.input(x.shape, scale=1.0, zero_point=zeros[0])
    scales = np.atleast_1d(np.asarray(real, np.float64)).tolist()
    weights = builder.tensor(w.shape, dtype, scale=scales, data=w)
    b = builder.tensor(bias.shape, "int32", scale=scales, data=bias)
    y = builder.output((x.shape[0], w.shape[0]), scale=unit, zero_point=zeros[1])
    builder.operator("FULLY_CONNECTED", [a, weights, b], [y], "FullyConnectedOptions", fusedActivationFunction=activation)
    return Case(builder.finish(), [x])


def of(kind: str, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    fixed = {"lowest": -128, "low": -127, "high": 127, "zero": 0}
    if kind in fixed:
        return np.full(shape, fixed[kind], np.int8)
    if kind == "ends":
        return rng.choice(np.array([-128, 127], np.int8), shape)
    return rng.integers(-128 if kind == "full" else -127, 128, shape).astype(np.int8)


KINDS = ["random", "full", "ends", "lowest", "low", "high", "zero"]


def siblings(rng: np.random.Generator, inputs: int, batches: int) -> Case:
    """Layers with weights of several kinds that read the same activations, and one that reads others in between."""
    builder = Builder()
    x, other = (builder.input((batches, inputs), scale=1.0, zero_point=zero) for zero in (3, -7))
    for outputs, dtype, source in [(9, "int8", x), (4, "int4", x), (5, "int8", other), (12, "int8", x), (7, "int4", x), (3, "int4", other)]:
        most = 7 if dtype == "int4" else 127
        w = builder.tensor((outputs, inputs), dtype, scale=1.0, data=rng.integers(-most, most + 1, (outputs, inputs)))
        y = builder.output((batches, outputs), scale=float(inputs * most))
        builder.operator("FULLY_CONNECTED", [source, w, -1], [y], "FullyConnectedOptions")
    return Case(builder.finish(), [of("full", rng, (batches, inputs)) for _ in range(2)])


def expect_expanded_once(core: Core, inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    for batches in (1, 2):
        case = siblings(rng, inputs, batches)
        expect_equal(core, case)
        calls = program_of(case.model, core_name=core.name).calls
        layers = [call.arguments[0].fields for call in calls if isinstance(call.arguments[0], Struct)]
        made = sum(call.function.endswith("_expand") for call in calls) + sum(layer.get("ready") == 0 for layer in layers)
        assert len(layers) - 3 <= made < len(layers) if batches == 1 else made == len(layers)


def of_one_scale(name: str, shape: tuple[int, ...], scales: tuple[float, float], rng: np.random.Generator) -> Case:
    builder = Builder()
    a, b = (builder.input(shape, scale=scale, zero_point=int(rng.integers(-128, 128))) for scale in scales)
    y = builder.output(shape, scale=1.5 * max(scales), zero_point=int(rng.integers(-128, 128)))
    builder.operator(name, [a, b], [y], f"{name.capitalize()}Options", fusedActivationFunction=int(rng.integers(0, 2)))
    every = np.arange(-128, 128).astype(np.int8)
    return Case(builder.finish(), [np.resize(rng.permutation(every), shape), np.resize(rng.permutation(every), shape)])


def convolution(
    name: str,
    rng: np.random.Generator,
    image: tuple[int, int, int, int],
    taps: tuple[int, int],
    outputs: int,
    kind: str = "",
    **options: int,
) -> Case:
    """outputs: channels; for a depthwise one the depth multiplier."""
    depthwise = name == "DEPTHWISE_CONV_2D"
    batch, height, width, depth = image
    channels = depth * outputs if depthwise else outputs
    stride, dilation, padding = options.get("stride", 1), options.get("dilation", 1), options.get("padding", SAME)
    sizes = [
        (size + stride - (1 if padding == SAME else (tap - 1) * dilation + 1)) // stride
        for size, tap in zip((height, width), taps, strict=True)
    ]
    builder = Builder()
    x = builder.input(image, scale=1.0, zero_point=int(rng.choice([-128, -7, 0, 127])))
    count = taps[0] * taps[1] * (1 if depthwise else depth)
    scales = [float(s) / (60 * count**0.5) for s in rng.uniform(0.2, 0.9, channels if options.get("per_channel", 1) else 1)]
    shape = (1, *taps, channels) if depthwise else (channels, *taps, depth)
    w = builder.tensor(shape, "int8", scale=scales, axis=3 if depthwise else 0, data=of(kind or rng.choice(KINDS[:3]), rng, shape))
    b = builder.tensor((channels,), "int32", scale=scales, data=rng.integers(-4000, 4000, channels).astype(np.int32))
    y = builder.output((batch, *sizes, channels), scale=1.0, zero_point=int(rng.choice([-128, -5, 0, 127])))
    fields = {"padding": padding, "strideH": stride, "strideW": stride, "dilationHFactor": dilation, "dilationWFactor": dilation}
    fields |= {"depthMultiplier": outputs} if depthwise else {}
    table = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
    activation = options.get("activation", int(rng.integers(0, 4)))
    builder.operator(name, [x, w, b], [y], table, fusedActivationFunction=activation, **fields)
    return Case(builder.finish(), [of(rng.choice(KINDS[:6]), rng, image)])


CONVOLUTIONS = [
    ((1, 5, 5, 3), (3, 3), 4, {}),
    ((1, 6, 7, 4), (3, 3), 5, {}),
    ((1, 6, 7, 8), (3, 3), 2, {"stride": 2}),
    ((2, 4, 5, 4), (1, 1), 7, {}),
    ((1, 4, 5, 5), (1, 1), 8, {"stride": 2}),
    ((1, 9, 9, 4), (3, 3), 4, {"dilation": 2}),
    ((1, 9, 9, 4), (3, 2), 3, {"dilation": 3, "padding": VALID}),
    ((1, 11, 6, 1), (10, 4), 6, {"stride": 2}),
    ((1, 3, 3, 2), (5, 5), 3, {}),
    ((1, 2, 1, 4), (3, 3), 3, {"dilation": 2}),
    ((1, 2, 1, 3), (3, 5), 3, {"dilation": 3}),
    ((1, 1, 1, 40), (2, 2), 1, {}),
    ((1, 1, 2, 3), (2, 2), 1, {"padding": SAME}),
    ((1, 7, 7, 6), (3, 3), 4, {"padding": VALID, "per_channel": 0}),
    ((2, 3, 4, 16), (3, 3), 10, {"per_channel": 0}),
    ((1, 4, 37, 8), (3, 3), 4, {}),
    ((2, 5, 21, 4), (3, 5), 6, {"stride": 2}),
    ((1, 3, 18, 12), (2, 3), 9, {"padding": VALID}),
    ((1, 5, 40, 4), (3, 3), 8, {}),
    ((1, 6, 9, 3), (3, 3), 8, {}),
    ((1, 6, 9, 5), (2, 2), 8, {"padding": VALID}),
    ((1, 9, 7, 3), (3, 3), 12, {}),
    ((2, 7, 8, 5), (3, 3), 17, {"stride": 2}),
    ((2, 6, 6, 6), (3, 3), 13, {"padding": VALID}),
    ((1, 70, 40, 3), (3, 3), 8, {"stride": 2}),
    ((2, 5, 7, 7), (1, 1), 6, {}),
    ((1, 1, 3, 5), (1, 1), 3, {}),
]


DEPTHWISE = [
    ((2, 4, 4, 2), (3, 3), {"stride": 2}),
    ((1, 9, 8, 3), (5, 5), {}),
    ((1, 12, 13, 18), (5, 5), {"stride": 2}),
    ((1, 9, 9, 7), (2, 4), {"dilation": 2, "padding": VALID}),
    ((1, 5, 5, 4), (3, 3), {}),
    ((1, 6, 7, 5), (3, 3), {}),
    ((2, 4, 5, 7), (3, 3), {"per_channel": 0}),
    ((1, 1, 1, 8), (3, 3), {}),
    ((1, 2, 9, 4), (3, 3), {}),
    ((1, 7, 6, 9), (3, 3), {"padding": VALID}),
    ((1, 3, 3, 4), (3, 3), {"padding": VALID}),
    ((1, 6, 5, 4), (3, 3), {"stride": 2}),
    ((2, 5, 8, 6), (3, 3), {"stride": 2}),
    ((1, 7, 7, 5), (3, 3), {"stride": 2, "padding": VALID}),
    ((1, 1, 2, 5), (3, 3), {"stride": 2}),
    ((1, 7, 8, 5), (3, 3), {"stride": 3}),
    ((1, 7, 7, 6), (3, 3), {"dilation": 2}),
    ((1, 7, 7, 3), (3, 3), {}),
    ((1, 7, 7, 8), (5, 2), {}),
    ((1, 33, 3, 4), (3, 3), {}),
    ((1, 16, 9, 4), (3, 3), {}),
    ((1, 9, 21, 4), (3, 3), {}),
    ((1, 20, 9, 5), (3, 3), {"stride": 2}),
    ((1, 11, 30, 4), (3, 3), {"stride": 2}),
]


def kinds_of(case: Case) -> list[int]:
    """How the kernel takes each group of rows of the case's layer."""
    arguments = [call.arguments[0] for call in program_of(case.model, core_name="cortex-m4").calls]
    kinds = next(params for params in arguments if isinstance(params, Struct)).fields["kinds"]
    return kinds.data.tolist() if isinstance(kinds, Const) else []
