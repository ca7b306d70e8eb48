"""What the audio front end's custom operators refuse, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import program_of
from tinylm.errors import ModelError

Build = Callable[[], bytes]
End = tuple[tuple[int, ...], str]
SHARES = ("alternate_one_minus_smoothing", "alternate_smoothing", "min_signal_remaining", "one_minus_smoothing", "smoothing")


def signal(name: str, inputs: list[End], outputs: list[End], raw: bytes | None = None, **options: Any) -> Build:
    """One operator; raw: bytes in place of its options."""

    def build() -> bytes:
        builder = Builder()
        builder.custom(f"Signal{name}", [builder.input(*end) for end in inputs], [builder.output(*end) for end in outputs], **options)
        if raw is not None:
            builder.operators[0].customOptions = list(raw)
        return builder.finish()

    return build


def window(weights: int = 4, dtype: str = "int16", raw: bytes | None = None, **options: Any) -> Build:
    return signal("Window", [((8,), dtype), ((weights,), "int16")], [((8,), "int16")], raw, **(options or {"shift": 12}))


def rfft(length: int = 8, kind: int = 7, spectrum: int = 10) -> Build:
    return signal("Rfft", [((6,), "int16")], [((spectrum,), "int16")], T=kind, fft_length=length)


def energy(start: int = 0, end: int = 4) -> Build:
    return signal("Energy", [((8,), "int16")], [((4,), "uint32")], end_index=end, start_index=start)


def bank(starts: tuple[int, ...] = (0, 2), widths: tuple[int, ...] = (2, 2), channels: int = 1, constant: bool = True) -> Build:
    def build() -> bytes:
        builder = Builder()
        ends = [builder.input((4,), "uint32")]
        for values in ((1, 2, 3, 4), (4, 3, 2, 1), starts, (0, 2), widths):
            shape = (len(values),)
            ends.append(builder.tensor(shape, "int16", data=np.array(values)) if constant else builder.input(shape, "int16"))
        builder.custom("SignalFilterBank", ends, [builder.output((1,), "uint64")], num_channels=channels)
        return builder.finish()

    return build


def subtraction(channels: int = 4, bits: int = 14, inputs: int = 1) -> Build:
    options = dict.fromkeys(SHARES, 1 << 13) | {"clamping": True, "num_channels": channels, "smoothing_bits": 10}
    end = ((4,), "uint32")
    return signal("FilterBankSpectralSubtraction", [end] * inputs, [end] * 2, **options, spectral_subtraction_bits=bits)


def framer(size: int = 6, step: int = 4) -> Build:
    outputs = [((2, 6), "int16"), ((), "bool")]
    return signal("Framer", [((8,), "int16")], outputs, frame_size=size, frame_step=step, prefill=True)


def stacker(step: int = 1, channels: int = 2) -> Build:
    options = {"num_channels": channels, "stacker_left_context": 1, "stacker_right_context": 1, "stacker_step": step}
    return signal("Stacker", [((2,), "int16")], [((6,), "int16"), ((), "bool")], **options)


def overlap(step: int = 2, kind: int = 7) -> Build:
    return signal("OverlapAdd", [((2, 4), "int16")], [((4,), "int16")], T=kind, frame_step=step)


def pcan(gain: int = 125) -> Build:
    return signal("PCAN", [((4,), "uint32"), ((4,), "uint32"), ((gain,), "int16")], [((4,), "uint32")], snr_shift=6)


REFUSALS: dict[str, tuple[Build, str]] = {
    "no options": (window(raw=b""), "needs the options shift, not none"),
    "options that are damaged": (window(raw=b"\xff" * 9), "no flexbuffer map of integers"),
    "other options": (window(width=3), "needs the options shift, not width"),
    "a shift beyond the word": (window(shift=32), "has shift 32; supported here: 0 to 31"),
    "weights that do not divide the samples": (window(weights=3), "has shapes that do not fit"),
    "samples of another type": (window(dtype="int32"), "supported here: int16"),
    "a transform that is no power of two": (rfft(length=12), "only powers of two are supported"),
    "a transform of another type": (rfft(kind=9), "T 9; supported here: 0 to 7"),
    "a transform of int8": (rfft(kind=3), "has T 3; supported here: float32, int32, int16"),
    "a spectrum that is too short": (rfft(spectrum=8), "has shapes that do not fit a transform of 8"),
    "a signal longer than its transform": (rfft(length=4, spectrum=6), "has shapes that do not fit a transform of 4"),
    "energies beyond the spectrum": (energy(end=5), "takes values 0 to 5"),
    "energies that end before they start": (energy(start=3, end=2), "takes values 3 to 2"),
    "a channel beyond the energies": (bank(starts=(0, 3)), "has a channel of 2 energies from 3"),
    "a channel before the energies": (bank(starts=(-1, 0)), "has a channel of 2 energies from -1"),
    "fewer sections than channels": (bank(widths=(2,)), "needs 2 values"),
    "channels that the output lacks": (bank(channels=3), "to have 3 elements"),
    "sections that are no constants": (bank(constant=False), "has to be a constant"),
    "noise of other channels": (subtraction(channels=5), "to have 5 elements"),
    "shares beyond the word": (subtraction(bits=40), "has spectral_subtraction_bits 40"),
    "a state in the file": (subtraction(inputs=2), "needs 2 inputs and 2 outputs"),
    "a step beyond the frame": (framer(step=8), "makes frames of 6 every 8 samples"),
    "a step that does not divide the samples": (framer(step=3), "makes frames of 6 every 3 samples"),
    "frames of no step": (framer(step=0), "has frame_step 0"),
    "frames of another size": (framer(size=5), "to have 10 elements"),
    "a step beyond the stack": (stacker(step=4), "steps 4 frames on where it stacks 3"),
    "a stack of other channels": (stacker(channels=3), "to have 3 elements"),
    "an overlap of less than nothing": (overlap(step=5), "adds frames 5 apart"),
    "an overlap of int32": (overlap(kind=2), "has T 2; supported here: float32, int16"),
    "a gain table cut short": (pcan(gain=100), "needs 125 gains, not 100"),
}


@pytest.mark.parametrize("case", sorted(REFUSALS))
def test_is_refused_in_one_clear_sentence(case: str) -> None:
    build, words = REFUSALS[case]
    with pytest.raises(ModelError) as refusal:
        program_of(build())
    assert words in str(refusal.value)


def test_what_the_refusals_change_is_all_that_is_wrong() -> None:
    for build in (window(), rfft(), energy(), bank(), subtraction(), framer(), stacker(), overlap(), pcan()):
        program_of(build())
