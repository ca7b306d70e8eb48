"""The audio front end as one graph, from samples to features, as TFLM runs it invocation by invocation."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case, by_meaning, by_oracle, run_native
from tests.oracle import needs_oracle
from tinylm.compiler.reader import read

STEP, SIZE, FFT, CHANNELS = 320, 480, 512, 40


def mel_sections() -> tuple[list[int], list[int]]:
    """First bin and width of each of CHANNELS + 1 sections, evenly spaced in mel from 125 to 7500 Hz at 16 kHz."""
    low, high = (1127 * math.log(1 + hertz / 700) for hertz in (125, 7500))
    edges = [700 * (math.exp((low + (high - low) * i / (CHANNELS + 1)) / 1127) - 1) for i in range(CHANNELS + 2)]
    bins = [math.ceil(edge * FFT / 16000) for edge in edges]
    return bins[:-1], [after - first for first, after in itertools.pairwise(bins)]


def gains() -> np.ndarray:
    """Falling with the noise, each octave a straight line."""
    table = np.zeros(125, np.int16)
    table[:3] = 30000
    for octave in range(2, 32):
        level = 30000 >> min(octave // 2, 14)
        table[4 * octave - 6 : 4 * octave - 3] = level, -(level // 4), level // 16
    return table


def front_end() -> Builder:
    builder, bins = Builder(), FFT // 2 + 1
    starts, widths = mel_sections()
    x = builder.input((STEP,), "int16")
    frame, valid, windowed, scaled = (builder.tensor(shape, "int16") for shape in ((1, SIZE), (), (1, SIZE), (SIZE,)))
    builder.tensors[valid].type = 6  # bool
    flat, bits, spectrum = builder.tensor((SIZE,), "int16"), builder.tensor((), "int32"), builder.tensor((2 * bins,), "int16")
    window = np.round(4096 * (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(SIZE) + 0.5) / SIZE)))
    builder.custom("SignalFramer", [x], [frame, valid], frame_size=SIZE, frame_step=STEP, prefill=True)
    builder.custom("SignalWindow", [frame, builder.tensor((SIZE,), "int16", data=window)], [windowed], shift=12)
    shape = builder.tensor((1,), "int32", data=[SIZE])
    builder.operator("RESHAPE", [windowed, shape], [flat], "ReshapeOptions", newShape=[SIZE])
    builder.custom("SignalFftAutoScale", [flat], [scaled, bits])
    builder.custom("SignalRfft", [scaled], [spectrum], T=7, fft_length=FFT)
    energy, sums = builder.tensor((bins,), "uint32"), builder.tensor((CHANNELS,), "uint64")
    builder.custom("SignalEnergy", [spectrum], [energy], end_index=starts[-1] + widths[-1], start_index=starts[0])
    weights = (np.arange(sum(widths)) * 997 % 4097).astype(np.int16)
    begins = np.cumsum([0, *widths[:-1]])
    constants = [builder.tensor((len(v),), "int16", data=v) for v in (weights, 4096 - weights, starts, begins, widths)]
    builder.custom("SignalFilterBank", [energy, *constants], [sums], num_channels=CHANNELS)
    roots, clean, noise, gained = (builder.tensor((CHANNELS,), "uint32") for _ in range(4))
    builder.custom("SignalFilterBankSquareRoot", [sums, bits], [roots])
    builder.custom(
        "SignalFilterBankSpectralSubtraction",
        [roots],
        [clean, noise],
        alternate_one_minus_smoothing=16384 - 983,
        alternate_smoothing=983,
        clamping=False,
        min_signal_remaining=819,
        num_channels=CHANNELS,
        one_minus_smoothing=16384 - 410,
        smoothing=410,
        smoothing_bits=10,
        spectral_subtraction_bits=14,
    )
    builder.custom("SignalPCAN", [clean, noise, builder.tensor((125,), "int16", data=gains())], [gained], snr_shift=6)
    y = builder.output((CHANNELS,), "int16")
    builder.custom("SignalFilterBankLog", [gained], [y], input_correction_bits=3, output_scale=1600)
    return builder


@needs_oracle
def test_features_of_a_second_of_sound_equal_the_oracle(tmp_path: Path) -> None:
    rng, time = np.random.default_rng(7), np.arange(50 * STEP) / 16000
    sound = (9000 * np.sin(2 * np.pi * (300 + 2000 * time) * time) * np.sin(9 * time) ** 2 + rng.normal(0, 40, time.size)).astype(np.int16)
    first, *later = ([block] for block in sound.reshape(-1, STEP))
    case = Case(front_end().finish(), first, later)
    expected = by_oracle(case, 1)
    assert len(np.unique(expected)) > 50
    for value, result, right in zip(by_meaning(read(case.model, "x"), case), run_native([case], tmp_path)[0], expected, strict=True):
        np.testing.assert_array_equal(value, right)
        np.testing.assert_array_equal(result, right)
