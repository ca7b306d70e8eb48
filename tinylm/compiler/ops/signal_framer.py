"""SignalFramer, SignalDelay: int16 samples with those kept from before: overlapping frames, or later by so many (TFLM framer.cc, delay.cc).

TFLM keeps the samples inside the operator; here they are a variable that the reader adds. A framer that is not filled with zeros before
(prefill) says in its second output whether all frames are whole; TFLM leaves the others undefined, here they are 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Kept, Spec, given
from tinylm.compiler.ops.custom import integers
from tinylm.compiler.ops.signal import ends, expect_length

_MOST = 1 << 20


@dataclass(frozen=True)
class _Frames:
    """Each frame: the first ``size`` of the ``keep`` samples kept and the ``step`` new ones. late: frames that are not whole at first."""

    rows: int
    frames: int
    size: int
    step: int
    keep: int
    late: int = 0


def _frames(operator: Operator) -> _Frames:
    x = operator.input(0)
    if not x.shape or x.elements == 0:
        raise operator.refuse(f"needs samples, not {x}.")
    rows = x.elements // x.shape[-1]
    if operator.name == "CUSTOM:SignalDelay":
        return _Frames(rows, 1, x.shape[-1], x.shape[-1], integers(operator, delay_length=(0, _MOST))["delay_length"])
    found = integers(operator, frame_size=(1, _MOST), frame_step=(1, _MOST), prefill=(0, 1))
    size, step = found["frame_size"], found["frame_step"]
    if step > size or x.shape[-1] % step:
        raise operator.refuse(f"makes frames of {size} every {step} samples of {x}.")
    late = 0 if found["prefill"] else -(-size // step) - 1
    return _Frames(rows, x.shape[-1] // step, size, step, late * step if late else size - step, late)


def keeps(operator: Operator) -> list[Kept]:
    frames = _frames(operator)
    samples: Kept = ((frames.rows, max(frames.keep, 1)), "int16")
    return [samples, ((1,), "int32")] if frames.late else [samples]


def check(operator: Operator) -> None:
    frames = _frames(operator)
    states: list[tuple[str, int | None]] = [("int16", 2), ("int32", 1)]
    delay = operator.name == "CUSTOM:SignalDelay"
    x, *_ = ends(operator, [("int16", None), *states[: 1 + bool(frames.late)]], [("int16", None)] + [("bool", 0)] * (not delay))[0]
    y = operator.outputs[0]
    if len(y.shape) != len(x.shape) + (not delay):
        raise operator.refuse(f"has dimensions that do not fit: {x} to {y}.")
    expect_length(operator, y, frames.rows * frames.frames * frames.size)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """[output, whether it is whole, new samples kept, new count of frames]; no second one for a delay, no fourth without a count."""
    frames, kept = _frames(operator), given(inputs, 1)
    seen = int(given(inputs, 2)[0]) if frames.late else 0
    line = np.concatenate([kept[:, : frames.keep], given(inputs, 0).reshape(frames.rows, -1)], axis=1)
    y = np.stack([line[:, i * frames.step :][:, : frames.size] for i in range(frames.frames)], axis=1)
    y[:, : max(frames.late - seen, 0)] = 0
    samples = line[:, line.shape[1] - frames.keep :] if frames.keep else kept
    results = [y.reshape(operator.outputs[0].shape)]
    if len(operator.outputs) > 1:
        results.append(np.array(seen >= frames.late))
    return [*results, samples, *([np.array([min(seen + frames.frames, frames.late)], np.int32)] if frames.late else [])]


def lower(operator: Operator, to: Lowering) -> None:
    frames = _frames(operator)
    fields: dict[str, Field] = {name: getattr(frames, name) for name in ("rows", "frames", "size", "step", "keep", "late")}
    count = operator.input(2) if frames.late else None
    valid = operator.outputs[1] if len(operator.outputs) > 1 else None
    x, kept, y = to.place(operator.input(0)), operator.input(1), operator.outputs[0]
    to.call("signal_frame", operator, Struct("tl_signal_framer", fields), x, kept, count, y, valid)


FRAMER = Spec("CUSTOM:SignalFramer", check, evaluate, lower, stateful=True, keeps=keeps)
DELAY = Spec("CUSTOM:SignalDelay", check, evaluate, lower, stateful=True, keeps=keeps)
