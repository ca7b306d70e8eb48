"""The audio front end: custom operators of TFLM's signal library."""

from __future__ import annotations

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.draw import Draw


def samples(draw: Draw, shape: tuple[int, ...], dtype: str = "int16") -> np.ndarray:
    """Of any loudness: full-range values shifted right, silence included."""
    values = draw.values(dtype, shape)
    return values >> np.dtype(dtype).type(draw.int(0, values.itemsize * 8 - 1)) if draw.bool() else values


def window(draw: Draw) -> Case:
    builder, size = Builder(), draw.int(1, 20)
    shape = (*draw.shape(0, 2, 3), size)
    x, weights = builder.input(shape, "int16"), builder.tensor((size,), "int16", data=draw.values("int16", (size,)))
    builder.custom("SignalWindow", [x, weights], [builder.output(shape, "int16")], shift=draw.int(0, 20))
    return Case(builder.finish(), [samples(draw, shape)])


def auto_scale(draw: Draw) -> Case:
    builder, shape = Builder(), (draw.int(1, 20),)
    x = builder.input(shape, "int16")
    builder.custom("SignalFftAutoScale", [x], [builder.output(shape, "int16"), builder.output((), "int32")])
    values = samples(draw, shape)
    if draw.int(0, 4) == 4:
        values[draw.int(0, shape[0] - 1)] = -32768
    return Case(builder.finish(), [values])


def energy(draw: Draw) -> Case:
    """Of all values; or of some, and a filter bank takes just these on, since TFLM leaves the others undefined."""
    builder, count = Builder(), draw.int(1, 20)
    x, some = builder.input((2 * count,), "int16"), draw.bool()
    start, end = 0, count
    if some:
        start = draw.int(0, count - 1)
        end = draw.int(start + 1, count)
    y = builder.tensor((count,), "uint32") if some else builder.output((count,), "uint32")
    builder.custom("SignalEnergy", [x], [y], end_index=end, start_index=start)
    if some:
        width = end - start
        sections = (np.arange(start - 1, end), np.zeros(width + 1), np.arange(width + 1) > 0)
        constants = [builder.tensor((width + 1,), "int16", data=values) for values in sections]
        ones, zeros = (builder.tensor((1,), "int16", data=[value]) for value in (1, 0))
        builder.custom("SignalFilterBank", [y, ones, zeros, *constants], [builder.output((width,), "uint64")], num_channels=width)
    return Case(builder.finish(), [samples(draw, (2 * count,))])


def filter_bank(draw: Draw) -> Case:
    builder, rng, count, channels = Builder(), draw.rng(), draw.int(1, 30), draw.int(1, 8)
    widths = rng.integers(0, count + 1, channels + 1)
    starts = rng.integers(0, count - widths + 1)
    x = builder.input((count,), "uint32")
    taps = count + draw.int(0, 10)
    weights = [builder.tensor((taps,), "int16", data=draw.values("int16", (taps,))) for _ in range(2)]
    sections = (starts, rng.integers(0, taps - widths + 1), widths)
    constants = [builder.tensor((channels + 1,), "int16", data=values) for values in sections]
    y = builder.output((channels,), "uint64")
    builder.custom("SignalFilterBank", [x, *weights, *constants], [y], num_channels=channels)
    return Case(builder.finish(), [samples(draw, (count,), "uint32")])


def square_root(draw: Draw) -> Case:
    builder, shape = Builder(), (draw.int(1, 12),)
    x, bits = builder.input(shape, "uint64"), builder.input((), "int32")
    builder.custom("SignalFilterBankSquareRoot", [x, bits], [builder.output(shape, "uint32")])
    values = samples(draw, shape, "uint64")
    if draw.bool():  # beside squares, where rounding shows
        root = values >> np.uint64(32)
        values = root * root + draw.choice([root, root + np.uint64(1), np.uint64(0)])
    values[0] = draw.choice([0, 1, (1 << 32) - 1, 1 << 32, (1 << 64) - 1, int(values[0])])
    return Case(builder.finish(), [values, np.array(draw.int(0, 15), np.int32)])


def logarithm(draw: Draw) -> Case:
    builder, shape = Builder(), (draw.int(1, 12),)
    x, y = builder.input(shape, "uint32"), builder.output(shape, "int16")
    scale = draw.choice([1600, 64, 0, draw.int(0, (1 << 31) - 1)])
    builder.custom("SignalFilterBankLog", [x], [y], input_correction_bits=draw.int(0, 8), output_scale=scale)
    return Case(builder.finish(), [samples(draw, shape, "uint32")])


def transform(draw: Draw, inverse: bool) -> Case:
    builder, dtype, length = Builder(), draw.choice(["int16", "int16", "int32", "float32"]), 1 << draw.int(2, 9)
    rows = draw.shape(0, 2, 2)
    signal = (*rows, length if inverse else draw.int(1, length))
    shapes = [signal, (*rows, length + 2)]
    source, target = reversed(shapes) if inverse else shapes
    x, y = builder.input(source, dtype), builder.output(target, dtype)
    builder.custom("SignalIrfft" if inverse else "SignalRfft", [x], [y], T={"float32": 0, "int32": 2, "int16": 7}[dtype], fft_length=length)
    return Case(builder.finish(), [draw.values(dtype, source) if dtype == "float32" else samples(draw, source, dtype)])


def rfft(draw: Draw) -> Case:
    return transform(draw, False)


def irfft(draw: Draw) -> Case:
    return transform(draw, True)


def subtraction(draw: Draw) -> Case:
    builder, channels = Builder(), draw.int(1, 9)
    bits = draw.int(0, 20)
    share = [draw.int(0, 1 << bits) for _ in range(5)]
    ends = [builder.output((channels,), "uint32") for _ in range(2)]
    builder.custom(
        "SignalFilterBankSpectralSubtraction",
        [builder.input((channels,), "uint32")],
        ends,
        alternate_one_minus_smoothing=share[0],
        alternate_smoothing=share[1],
        clamping=draw.bool(),
        min_signal_remaining=share[2],
        num_channels=channels,
        one_minus_smoothing=share[3],
        smoothing=share[4],
        smoothing_bits=draw.int(0, 16),
        spectral_subtraction_bits=bits,
    )
    first, *later = ([samples(draw, (channels,), "uint32")] for _ in range(draw.int(1, 5)))
    return Case(builder.finish(), first, later)


def pcan(draw: Draw) -> Case:
    builder, shape = Builder(), (draw.int(1, 12),)
    x, noise = (builder.input(shape, "uint32") for _ in range(2))
    gains = builder.tensor((125,), "int16", data=samples(draw, (125,)))
    builder.custom("SignalPCAN", [x, noise, gains], [builder.output(shape, "uint32")], snr_shift=draw.int(0, 40))
    return Case(builder.finish(), [samples(draw, shape, "uint32") for _ in range(2)])


def several(draw: Draw, builder: Builder, shape: tuple[int, ...], dtype: str = "int16") -> Case:
    """The finished model with samples for several invocations."""
    first, *later = ([draw.values(dtype, shape)] for _ in range(draw.int(1, 6)))
    return Case(builder.finish(), first, later)


def whole(builder: Builder, y: int, valid: int, shape: tuple[int, ...]) -> None:
    """Let a SELECT_V2 take the output where it is valid, since TFLM leaves it undefined elsewhere."""
    other = builder.tensor(shape, "int16", data=np.full(shape, 7))
    builder.operator("SELECT_V2", [valid, y, other], [builder.output(shape, "int16")], "SelectV2Options")


def framer(draw: Draw) -> Case:
    builder, rows, prefill = Builder(), draw.shape(0, 2, 2), draw.bool()
    step, frames = draw.int(1, 8), draw.int(1, 4)
    size = step + draw.int(0, 20)
    x, shape = builder.input((*rows, frames * step), "int16"), (*rows, frames, size)
    y = builder.output(shape, "int16") if prefill else builder.tensor(shape, "int16")
    valid = builder.output((), "bool")
    builder.custom("SignalFramer", [x], [y, valid], frame_size=size, frame_step=step, prefill=prefill)
    if not prefill:
        whole(builder, y, valid, shape)
    return several(draw, builder, (*rows, frames * step))


def delay(draw: Draw) -> Case:
    builder, shape = Builder(), draw.shape(1, 3, 6)
    x, y = builder.input(shape, "int16"), builder.output(shape, "int16")
    builder.custom("SignalDelay", [x], [y], delay_length=draw.int(0, 12))
    return several(draw, builder, shape)


def stacker(draw: Draw) -> Case:
    builder, channels, left, right = Builder(), draw.int(1, 6), draw.int(0, 4), draw.int(0, 4)
    x, shape = builder.input((channels,), "int16"), (channels * (left + right + 1),)
    y, valid = builder.tensor(shape, "int16"), builder.output((), "bool")
    builder.custom(
        "SignalStacker",
        [x],
        [y, valid],
        num_channels=channels,
        stacker_left_context=left,
        stacker_right_context=right,
        stacker_step=draw.int(1, left + right + 1),
    )
    whole(builder, y, valid, shape)
    return several(draw, builder, (channels,))


def overlap_add(draw: Draw) -> Case:
    builder, dtype, rows, frames = Builder(), draw.choice(["int16", "float32"]), draw.shape(0, 2, 2), draw.int(1, 4)
    size = draw.int(1, 12)
    step, shape = draw.int(1, size), (*rows, frames, size)
    x, y = builder.input(shape, dtype), builder.output((*rows, frames * step), dtype)
    builder.custom("SignalOverlapAdd", [x], [y], T={"float32": 0, "int16": 7}[dtype], frame_step=step)
    return several(draw, builder, shape, dtype)


CASES = {
    "CUSTOM:SignalWindow": window,
    "CUSTOM:SignalFftAutoScale": auto_scale,
    "CUSTOM:SignalEnergy": energy,
    "CUSTOM:SignalFilterBank": filter_bank,
    "CUSTOM:SignalFilterBankSquareRoot": square_root,
    "CUSTOM:SignalFilterBankLog": logarithm,
    "CUSTOM:SignalFilterBankSpectralSubtraction": subtraction,
    "CUSTOM:SignalPCAN": pcan,
    "CUSTOM:SignalRfft": rfft,
    "CUSTOM:SignalIrfft": irfft,
    "CUSTOM:SignalFramer": framer,
    "CUSTOM:SignalDelay": delay,
    "CUSTOM:SignalStacker": stacker,
    "CUSTOM:SignalOverlapAdd": overlap_add,
}
