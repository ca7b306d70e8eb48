"""SignalOverlapAdd: frames of int16 or float32 added up where they overlap, int16 saturated (TFLM signal/src/overlap_add.cc).

TFLM keeps the sums that later frames add to inside the operator; here they are a variable that the reader adds as the last input.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Kept, Spec, given
from tinylm.compiler.ops.custom import integers
from tinylm.compiler.ops.signal import ends, expect_length

#: As the option T has them: numbers of the schema's TensorType.
_TYPES = {0: "float32", 7: "int16"}


def _options(operator: Operator) -> tuple[str, int]:
    """The type and the step from a frame to the next."""
    found = integers(operator, T=(0, 7), frame_step=(1, (1 << 31) - 1))
    if found["T"] not in _TYPES:
        raise operator.refuse(f"has T {found['T']}; supported here: {', '.join(_TYPES.values())}.")
    return _TYPES[found["T"]], found["frame_step"]


def keeps(operator: Operator) -> list[Kept]:
    x = operator.input(0)
    if len(x.shape) < 2 or x.elements == 0:
        raise operator.refuse(f"needs frames, not {x}.")
    return [((x.elements // (x.shape[-1] * x.shape[-2]), x.shape[-1]), _options(operator)[0])]


def check(operator: Operator) -> None:
    dtype, step = _options(operator)
    (x, _), (y,) = ends(operator, [(dtype, None), (dtype, 2)], [(dtype, None)])
    if len(x.shape) != len(y.shape) + 1 or step > x.shape[-1]:
        raise operator.refuse(f"adds frames {step} apart of {x} to {y}.")
    expect_length(operator, y, x.elements // x.shape[-1] * step)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """[output, new sums]."""
    (dtype, step), x, sums = _options(operator), given(inputs, 0), given(inputs, 1)
    done = []
    for frame in np.moveaxis(x.reshape(len(sums), -1, x.shape[-1]), 1, 0):
        if dtype == "int16":
            sums = np.clip(sums.astype(np.int32) + frame, -(1 << 15), (1 << 15) - 1).astype(np.int16)
        else:
            with np.errstate(all="ignore"):
                sums = sums + frame
        done.append(sums[:, :step])
        sums = np.pad(sums[:, step:], [(0, 0), (0, step)])
    return [np.concatenate(done, axis=1).reshape(operator.output.shape), sums]


def lower(operator: Operator, to: Lowering) -> None:
    (dtype, step), x, sums = _options(operator), operator.input(0), operator.input(1)
    fields: dict[str, Field] = {"rows": sums.shape[0], "frames": x.shape[-2], "size": x.shape[-1], "step": step}
    kernel = "signal_overlap_add_s16" if dtype == "int16" else "signal_overlap_add_f32"
    to.call(kernel, operator, Struct("tl_signal_overlap", fields), to.place(x), sums, operator.output)


SPEC = Spec("CUSTOM:SignalOverlapAdd", check, evaluate, lower, stateful=True, keeps=keeps)
