"""SignalStacker: a frame of int16 features with those before and after it (TFLM signal/micro/kernels/stacker.cc).

The first frame stands for those before it. Every stacker_step frames there is an output; the second output says whether, and where not,
TFLM leaves the first undefined, which is 0 here. TFLM keeps the frames inside the operator; here they are variables that the reader adds.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Kept, Spec, given
from tinylm.compiler.ops.custom import integers
from tinylm.compiler.ops.signal import ends, expect_length

_MOST = 1 << 16


def _options(operator: Operator) -> tuple[int, int, int, int]:
    """(channels, frames before, frames in all, step)"""
    found = integers(
        operator, num_channels=(1, _MOST), stacker_left_context=(0, _MOST), stacker_right_context=(0, _MOST), stacker_step=(1, _MOST)
    )
    channels, left, right, step = found.values()
    if step > left + right + 1:
        raise operator.refuse(f"steps {step} frames on where it stacks {left + right + 1}.")
    return channels, left, left + right + 1, step


def keeps(operator: Operator) -> list[Kept]:
    channels, _, frames, _ = _options(operator)
    return [((frames, channels), "int16"), ((1,), "int32")]


def check(operator: Operator) -> None:
    channels, _, frames, _ = _options(operator)
    (x, *_), (y, _) = ends(operator, [("int16", 1), ("int16", 2), ("int32", 1)], [("int16", 1), ("bool", 0)])
    expect_length(operator, x, channels)
    expect_length(operator, y, channels * frames)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """[output, whether there is one, new frames, new count]; the count is that of the frames held and 1, or 0 before the first."""
    _, left, frames, step = _options(operator)
    stack, count = given(inputs, 1).copy(), int(given(inputs, 2)[0])
    held, copies = max(count - 1, 0), 1 if count else left + 1
    stack[held : held + copies] = given(inputs, 0)
    held += copies
    y, whole = np.zeros_like(stack), held == frames
    if whole:
        y, stack, held = stack.copy(), np.concatenate([stack[step:], stack[frames - step :]]), held - step
    return [y.reshape(-1), np.array(whole), stack, np.array([held + 1], np.int32)]


def lower(operator: Operator, to: Lowering) -> None:
    channels, left, frames, step = _options(operator)
    fields: dict[str, Field] = {"channels": channels, "left": left, "frames": frames, "step": step}
    x, stack, count = (operator.input(i) for i in range(3))
    to.call("signal_stack", operator, Struct("tl_signal_stacker", fields), to.place(x), stack, count, *operator.outputs)


SPEC = Spec("CUSTOM:SignalStacker", check, evaluate, lower, stateful=True, keeps=keeps)
