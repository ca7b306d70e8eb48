"""SignalRfft, SignalIrfft: spectra of real signals and back, of int16, int32 and float32; powers of two (TFLM signal/src/rfft_*.cc).

The last dimension holds complex values as pairs: fft_length / 2 + 1 of them for fft_length samples. Shorter signals are filled with 0.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fft import Fft
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, given
from tinylm.compiler.ops.custom import integers
from tinylm.compiler.ops.signal import ends

#: As the option T has them: numbers of the schema's TensorType.
_TYPES = {0: "float32", 2: "int32", 7: "int16"}
_SUFFIXES = {"float32": "f32", "int32": "s32", "int16": "s16"}
_INVERSE = "CUSTOM:SignalIrfft"
_MOST = 1 << 16


def check(operator: Operator) -> None:
    fft = _fft(operator)
    (x,), (y,) = ends(operator, [(fft.dtype, None)], [(fft.dtype, None)])
    signal, spectrum = (y, x) if fft.inverse else (x, y)
    fits = signal.shape[-1] == fft.length if fft.inverse else signal.shape[-1] <= fft.length
    if signal.shape[:-1] != spectrum.shape[:-1] or spectrum.shape[-1] != fft.length + 2 or not fits:
        raise operator.refuse(f"has shapes that do not fit a transform of {fft.length}: {x} to {y}.")


def _fft(operator: Operator) -> Fft:
    found = integers(operator, T=(0, 7), fft_length=(4, _MOST))
    length = found["fft_length"]
    if length & (length - 1):
        raise operator.refuse(f"has fft_length {length}; only powers of two are supported.")
    if found["T"] not in _TYPES:
        raise operator.refuse(f"has T {found['T']}; supported here: {', '.join(_TYPES.values())}.")
    return Fft(length, _TYPES[found["T"]], operator.name == _INVERSE)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    fft, x = _fft(operator), given(inputs, 0)
    with np.errstate(all="ignore"):
        if fft.inverse:
            return [fft.backward(x.reshape(-1, fft.half + 1, 2)).reshape(operator.output.shape)]
        rows = x.reshape(-1, x.shape[-1])
        return [fft.forward(np.pad(rows, [(0, 0), (0, fft.length - rows.shape[1])])).reshape(operator.output.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    fft, x = _fft(operator), operator.input(0)
    order = np.argsort(fft.order) if fft.inverse else fft.order
    fields: dict[str, Field] = {
        "twiddles": to.constant(f"twiddles_{operator.index}", fft.twiddles),
        "separators": to.constant(f"separators_{operator.index}", fft.separators),
        "order": to.constant(f"order_{operator.index}", order.astype(np.uint16)),
        "half": fft.half,
        "rows": x.elements // x.shape[-1],
        "length": x.shape[-1],
    }
    kernel = f"signal_{'irfft' if fft.inverse else 'rfft'}_{_SUFFIXES[fft.dtype]}"
    to.call(kernel, operator, Struct("tl_signal_fft", fields), to.place(x), operator.output)


RFFT = Spec("CUSTOM:SignalRfft", check, evaluate, lower)
IRFFT = Spec(_INVERSE, check, evaluate, lower)
