"""What a transformer's step graph is made of, with drawn sizes and scales: models of the kind that tinylm.lm.llama_export writes."""

from __future__ import annotations

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case

RNG = np.random.Generator


def attention(
    rng: RNG,
    depth: int | None = None,
    window: int | None = None,
    far: bool | None = None,
    reach: float | None = None,
    by_slot: bool | None = None,
) -> Case:
    """far: queries for slots of the round before. reach: the span of the scores in units of the softmax; small, and masked slots count.
    by_slot: values lie as keys do. Sometimes matrices of one head have two dimensions."""
    heads, group = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    depth = int(rng.choice([1, 2, 4, 8, 12, 16])) if depth is None else depth
    window = int(rng.choice([1, 4, 7, 12, 40])) if window is None else window
    far = bool(rng.integers(0, 2)) if far is None else far
    reach = float(rng.choice([1, 10, 40, 200])) if reach is None else reach
    by_slot = bool(rng.integers(0, 2)) if by_slot is None else by_slot
    builder = Builder()
    unit = float(np.float32(reach / 255))
    zero_point = int(rng.integers(-128, 128))
    outer: tuple[int, ...] = (heads,) if heads > 1 or rng.integers(0, 2) else ()
    scores, shares = (*outer, group, window), {"scale": 1 / 256, "zero_point": -128}
    line, one_each = (*(1,) * len(outer), 1, window), (1,) * int(rng.integers(1, 3))
    like = {"scale": unit, "zero_point": zero_point}
    side = float(np.sqrt(unit / (40 * np.sqrt(depth))))
    slot, position = builder.input((1,), "int32"), builder.input((1,), "int32")
    slots = builder.tensor(line, "int32", data=np.arange(window).reshape(line))
    q = [builder.input((*outer, group, depth), scale=side) for _ in range(1 + far)]
    keys = builder.input((*outer, window, depth), scale=side)
    values = builder.input((*outer, window, depth) if by_slot else (*outer, depth, window), scale=0.01)

    def mask(place: int) -> int:
        seen = builder.tensor(line, "bool")
        builder.operator("LESS_EQUAL", [slots, place], [seen])
        return seen

    found = []
    for query in q:
        found.append(builder.tensor(scores, **like))
        builder.operator("BATCH_MATMUL", [query, keys], [found[-1]], "BatchMatMulOptions", adjY=True)
    near, seen = mask(slot), mask(position)
    if far:
        met = builder.tensor(scores, **like)
        builder.operator("SELECT_V2", [near, *found], [met], "SelectV2Options")
        found = [met]
    masked, share = builder.tensor(scores, **like), builder.tensor(scores, **shares)
    lowest = builder.tensor(one_each, data=np.full(one_each, -128), **like)
    builder.operator("SELECT_V2", [seen, found[0], lowest], [masked], "SelectV2Options")
    builder.operator("SOFTMAX", [masked], [share], "SoftmaxOptions", beta=1.0)
    y = builder.output((*outer, group, depth), scale=0.01, zero_point=int(rng.integers(-20, 20)))
    builder.operator("BATCH_MATMUL", [share, values], [y], "BatchMatMulOptions", adjY=not by_slot)
    places = [int(rng.choice([-3, 0, window - 1, window + 5, int(rng.integers(0, window))])) for _ in range(2)]
    inputs = [np.array([place], np.int32) for place in places]
    inputs += [rng.integers(-128, 128, builder.tensors[i].shape).astype(np.int8) for i in [*q, keys, values]]
    return Case(builder.finish(), inputs)


def turn(rng: RNG, frequencies: int | None = None, heads: int | None = None) -> Case:
    frequencies = int(rng.integers(1, 9)) if frequencies is None else frequencies
    heads = int(rng.integers(1, 9)) if heads is None else heads
    builder = Builder()
    x = builder.input((frequencies, heads, 2), scale=0.1)
    matrices = builder.input((frequencies, 2, 2), scale=1 / 127)
    scale = float(rng.choice([0.02, 0.1, 0.15]))
    turned, order = builder.tensor((frequencies, heads, 2), scale=scale), builder.tensor((3,), "int32", data=np.array([1, 0, 2]))
    builder.operator("BATCH_MATMUL", [x, matrices], [turned], "BatchMatMulOptions", adjY=True)
    builder.operator("TRANSPOSE", [turned, order], [builder.output((heads, frequencies, 2), scale=scale)], "TransposeOptions")
    shapes = [(frequencies, heads, 2), (frequencies, 2, 2)]
    return Case(builder.finish(), [rng.integers(-128, 128, shape).astype(np.int8) for shape in shapes])


def rms_norm(rng: RNG, count: int | None = None) -> Case:
    """Sometimes the values that are scaled are not those whose squares are summed, or are multiplied by weights before."""
    count = int(rng.integers(1, 70)) if count is None else count
    builder, other, unit, weighed = Builder(), bool(rng.integers(0, 2)), 0.001, bool(rng.integers(0, 2))
    x = builder.input((1, count), "int16", scale=unit)
    of = builder.input((1, count), "int16", scale=unit) if other else x
    squares = builder.tensor((1, 1), "int16", scale=float(rng.choice([1e-3, 0.1])))
    real, more, root = (builder.tensor((1, 1), "float32") for _ in range(3))
    factor, wide = builder.tensor((1, 1), "int16", scale=1e-4), builder.tensor((1, count), "int16", scale=1 / 127 / 256)
    small = builder.tensor((1, 1), "float32", data=np.full((1, 1), 1e-5 * count, np.float32))
    builder.operator("BATCH_MATMUL", [x, x], [squares], "BatchMatMulOptions", adjY=True)
    builder.operator("DEQUANTIZE", [squares], [real])
    builder.operator("ADD", [small, real], [more], "AddOptions")
    builder.operator("RSQRT", [more], [root])
    builder.operator("QUANTIZE", [root], [factor])
    if weighed:
        weights = builder.tensor((1, count), "int16", scale=3e-5, data=rng.integers(-32767, 32768, (1, count)))
        values, of = of, builder.tensor((1, count), "int16", scale=float(rng.choice([5e-4, 1e-3, 4e-3])))
        builder.operator("MUL", [values, weights] if rng.integers(0, 2) else [weights, values], [of], "MulOptions")
    builder.operator("MUL", [of, factor], [wide], "MulOptions")
    builder.operator("QUANTIZE", [wide], [builder.output((1, count), scale=1 / 127, zero_point=int(rng.integers(-9, 9)))])
    most = int(rng.choice([0, 3, 500, 32767]))
    return Case(builder.finish(), [rng.integers(-most - 1, most + 1, (1, count)).astype(np.int16) for _ in range(1 + other)])


def onto(rng: RNG, count: int | None = None) -> Case:
    count = int(rng.integers(1, 70)) if count is None else count
    builder, unit = Builder(), float(np.float32(0.001))
    x, part = builder.input((1, count), "int16", scale=unit), builder.input((1, count), scale=unit * int(rng.integers(1, 255)))
    wide = builder.tensor((1, count), "int16", scale=unit)
    builder.operator("QUANTIZE", [part], [wide])
    ends = [x, wide] if rng.integers(0, 2) else [wide, x]
    builder.operator("ADD", ends, [builder.output((1, count), "int16", scale=unit)], "AddOptions")
    inputs = [rng.integers(-32768, 32768, (1, count)).astype(np.int16), rng.integers(-128, 128, (1, count)).astype(np.int8)]
    return Case(builder.finish(), inputs)


def silu(rng: RNG) -> Case:
    count, builder = int(rng.integers(1, 300)), Builder()
    x = builder.input((1, count), scale=0.05, zero_point=int(rng.integers(-128, 128)))
    part, y = builder.tensor((1, count), scale=1 / 256, zero_point=-128), builder.output((1, count), scale=0.03, zero_point=-100)
    builder.operator("LOGISTIC", [x], [part])
    builder.operator("MUL", [x, part] if rng.integers(0, 2) else [part, x], [y], "MulOptions")
    return Case(builder.finish(), [rng.integers(-128, 128, (1, count)).astype(np.int8)])


def tied(rng: RNG, bits: int = 8) -> Case:
    """A table that is gathered from and that is the weights of a FULLY_CONNECTED, which may have them as int4."""
    builder, rows, depth = Builder(), int(rng.integers(9, 40)), int(rng.integers(5, 30))
    most = 127 if bits == 8 else 7
    values = rng.integers(-most, most + 1, (rows, depth))
    table = builder.tensor((rows, depth), scale=0.01, data=values)
    weights = builder.tensor((rows, depth), "int4", scale=0.01, data=values) if bits == 4 else table
    token, x = builder.input((1,), "int32"), builder.input((1, depth), scale=0.02)
    builder.operator("GATHER", [table, token], [builder.output((1, depth), scale=0.01)], "GatherOptions")
    y = builder.output((1, rows), scale=0.01)
    builder.operator("FULLY_CONNECTED", [x, weights, -1], [y], "FullyConnectedOptions")
    return Case(builder.finish(), [np.array([0], np.int32), rng.integers(-128, 128, (1, depth)).astype(np.int8)])


def cache(rng: RNG, depth: int | None = None, window: int | None = None, adj_y: bool = True) -> Case:
    """Queries times a cache that is a state, written at places in any order, before its start and behind its end."""
    depth = int(rng.choice([1, 3, 4, 8, 11, 32])) if depth is None else depth
    window = int(rng.choice([2, 7, 12, 64])) if window is None else window
    rows, size, zero = int(rng.integers(1, 4)), int(rng.integers(1, window)), int(rng.choice([0, 0, 5, -128]))
    builder = Builder()
    place, x = builder.input((2,), "int32"), builder.input((rows, depth), scale=0.05, zero_point=zero)
    shape, part = ((window, depth), (size, depth)) if adj_y else ((depth, window), (depth, size))
    update, old = builder.input(part, scale=0.05), builder.input(shape, scale=0.05)
    y = builder.output((rows, window), scale=0.05 * 0.05 * 60 * np.sqrt(depth), zero_point=int(rng.integers(-128, 128)))
    new = builder.output(shape, scale=0.05)
    builder.operator("DYNAMIC_UPDATE_SLICE", [old, update, place], [new])
    builder.operator("BATCH_MATMUL", [x, new], [y], "BatchMatMulOptions", adjY=adj_y)
    most = int(rng.choice([window // 4, window + 5]))
    runs = []
    for _ in range(4):
        start = int(rng.integers(-3, most + 1))
        arrays = [rng.integers(-128, 128, size_of).astype(np.int8) for size_of in ((rows, depth), part)]
        runs.append([np.array([start, 0] if adj_y else [0, start], np.int32), *arrays])
    return Case(builder.finish(), runs[0], runs[1:], states=1)


def causal(rng: RNG, channels: int | None = None, taps: int | None = None, dtype: str = "int8") -> Case:
    """A depthwise convolution over a state of the last values and this one, which is sometimes another state."""
    channels = int(rng.choice([1, 2, 4, 5, 8, 11, 76])) if channels is None else channels
    taps = int(rng.integers(2, 7)) if taps is None else taps
    builder, like = Builder(), {"scale": 0.05, "zero_point": int(rng.choice([0, 0, 7, -128]))}
    tall, view, most = bool(rng.integers(0, 2)), bool(rng.integers(0, 2)), 7 if dtype == "int4" else 127

    def line(count: int) -> tuple[int, int, int, int]:
        return (1, count, 1, channels) if tall else (1, 1, count, channels)

    x = builder.input((1, channels) if view else line(1), **like)
    old = builder.input(line(taps - 1), **{**like, "zero_point": 0} if like["zero_point"] == 0 else like)
    row, y = builder.tensor(line(taps), **like), builder.output(line(1), scale=0.06, zero_point=int(rng.integers(-128, 128)))
    new = builder.output(line(taps - 1), **like)
    if view:
        shaped, shape = builder.tensor(line(1), **like), builder.tensor((4,), "int32", data=np.array(line(1)))
        builder.operator("RESHAPE", [x, shape], [shaped])
        x = shaped
    builder.operator("CONCATENATION", [old, x], [row], "ConcatenationOptions", axis=1 if tall else 2)
    begin = builder.tensor((4,), "int32", data=np.array([0, int(tall), int(not tall), 0]))
    size = builder.tensor((4,), "int32", data=np.array(line(taps - 1)))
    builder.operator("SLICE", [row, begin, size], [new])
    scales = rng.uniform(0.002, 0.02, channels).tolist() if rng.integers(0, 2) else [0.01]
    w = builder.tensor(line(taps), dtype, scale=scales, axis=3, data=rng.integers(-most, most + 1, line(taps)))
    bias = builder.tensor((channels,), "int32", scale=0.001, data=rng.integers(-9000, 9000, channels))
    options = {"padding": 1, "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1, "depthMultiplier": 1}
    options["fusedActivationFunction"] = int(rng.choice([0, 0, 1, 3]))
    builder.operator("DEPTHWISE_CONV_2D", [row, w, bias], [y], "DepthwiseConv2DOptions", **options)
    runs = [[rng.integers(-128, 128, (1, channels) if view else line(1)).astype(np.int8)] for _ in range(6)]
    return Case(builder.finish(), runs[0], runs[1:], states=1)


#: The operator that the passes make of each, and the makers.
KINDS = {"ATTENTION": attention, "TURN": turn, "RMS_NORM": rms_norm, "ONTO": onto, "LOOKUP": silu}
