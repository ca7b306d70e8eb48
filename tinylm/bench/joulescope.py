"""Recordings of a Joulescope (JLS version 2, as its own software writes them): power and the falling edges of its input 0.

Read with pyjls, the maker's library (the extra ``energy``). The signals are called current, voltage, power and gpi[0].
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tinylm.bench.monitor import RATE, Capture
from tinylm.errors import InputError, MissingError

_CHUNK = 1 << 20  # samples read at once


def read_recording(path: Path) -> Capture:
    """A recording as millijoule bins of 1 ms and edges. Raises MissingError: no pyjls; InputError: no such file, or a signal is missing."""
    try:
        from pyjls import Reader
    except ImportError as error:
        what = "pyjls, which reads Joulescope files, is not installed."
        raise MissingError(what, hint="Install it: pip install 'tinylm[energy]'.") from error
    if not path.is_file():
        raise InputError("no such recording.", where=str(path))
    try:
        reader = Reader(str(path))
    except Exception as error:  # pyjls raises RuntimeError and others for damaged files
        raise InputError(f"is no JLS recording: {error}.", where=str(path)) from error
    with reader:
        signals = {signal.name.lower(): signal for signal in reader.signals.values()}
        pin = _find(signals, path, "gpi[0]", "gpi0", "0")
        if "power" in signals:
            power = [_find(signals, path, "power")]
        else:
            power = [_find(signals, path, "current"), _find(signals, path, "voltage")]
        return Capture(f"Joulescope recording {path.name}", RATE, _bins(reader, power), _edges(reader, pin))


def _find(signals: dict[str, Any], path: Path, *names: str) -> Any:
    for name in names:
        if name in signals:
            return signals[name]
    hint = "Record current, voltage (or power) and the general purpose input 0, wired to the device's timestamp pin."
    raise InputError(f"has no signal '{names[0]}'; it has: {', '.join(sorted(signals))}.", where=str(path), hint=hint)


def _bins(reader: Any, signals: list[Any]) -> list[float]:
    """Joules of each millisecond; power, or current times voltage. Samples that the instrument lost (NaN) count as the ones around them."""
    rate = int(signals[0].sample_rate)
    count = min(int(signal.length) for signal in signals)
    width = max(1, rate // RATE)
    chunk = max(1, _CHUNK // width) * width
    bins: list[float] = []
    for start in range(0, count - width + 1, chunk):
        length = min(chunk, (count - start) // width * width)
        watts = np.prod([np.asarray(reader.fsr(signal.signal_id, start, length), np.float64) for signal in signals], axis=0)
        rows = watts.reshape(-1, width)
        bins += (np.nan_to_num(np.nanmean(rows, axis=1)) * (width / rate)).tolist()
    return bins


def _edges(reader: Any, signal: Any) -> list[int]:
    """The milliseconds at which the pin falls."""
    rate, count = int(signal.sample_rate), int(signal.length)
    edges: list[int] = []
    last = 0
    for start in range(0, count, _CHUNK):
        length = min(_CHUNK, count - start)
        packed = np.asarray(reader.fsr(signal.signal_id, start, length), np.uint8)
        bits = np.unpackbits(packed, bitorder="little")[:length] if packed.size < length else packed
        levels = np.concatenate([[last], bits])
        falls = np.flatnonzero((levels[:-1] == 1) & (levels[1:] == 0)) + start
        edges += (falls * RATE // rate).tolist()
        last = int(bits[-1])
    return edges
