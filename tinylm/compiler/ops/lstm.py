"""UNIDIRECTIONAL_SEQUENCE_LSTM on int8 or int16 activations, int8 weights, int16 cell state; or all float32 (TFLM lstm_eval.h).

No peepholes, projection or layer normalisation (TFLM has none). Hidden and cell state are variable tensors. Each new hidden state is
written to its place in the output, which is a copy of it, so that no scratch is needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tinylm.compiler.fixedpoint import quantize_multiplier, wrap32
from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.hyperbolic import tanhf
from tinylm.compiler.libm import expf
from tinylm.compiler.lowering import Field, Lowering, Scratch, Struct
from tinylm.compiler.ops import weights as q
from tinylm.compiler.ops.base import Inputs, Spec, expect_quantized, expect_types, given, type_range
from tinylm.compiler.ops.row_sums import PARTS, quick, row_set
from tinylm.compiler.packing.dual import lanes_bytes, sum_bounds
from tinylm.compiler.sigmoid16 import logistic16, sigmoid_table, tanh16

_GATES = ("input", "forget", "cell", "output")
_INPUT_WEIGHTS, _RECURRENT_WEIGHTS, _BIASES, _HIDDEN, _CELL = 1, 5, 12, 18, 19
_ABSENT = (9, 10, 11, 16, 17, 20, 21, 22, 23)
_TANH = 4
_GATE_SCALE, _UNIT_SCALE = 2.0**-12, 2.0**-15
_MOST_TANH_SHIFT = 14


@dataclass(frozen=True)
class Sizes:
    batches: int
    steps: int
    inputs: int
    units: int
    time_major: bool


def _sizes(operator: Operator) -> Sizes:
    x, time_major = operator.input(0), bool(operator.options.get("time_major"))
    steps, batches = x.shape[:2] if time_major else x.shape[1::-1]
    return Sizes(batches, steps, x.shape[2], operator.input(_HIDDEN).shape[-1], time_major)


def check(operator: Operator) -> None:
    if len(operator.inputs) != 24 or any(operator.inputs[i] is not None for i in _ABSENT):
        raise operator.refuse("needs 24 inputs, without peepholes, projection and layer normalisation (TFLM has none).")
    x, hidden, cell, y = operator.input(0), operator.input(_HIDDEN), operator.input(_CELL), operator.output
    floating = x.dtype == "float32"
    expect_types(operator, x, "int8", "int16", "float32")
    for tensor in (hidden, y):
        expect_types(operator, tensor, x.dtype)
    expect_types(operator, cell, "float32" if floating else "int16")
    if len(x.shape) != 3 or x.elements == 0 or len(hidden.shape) != 2 or hidden.elements == 0:
        raise operator.refuse(f"has shapes that do not fit: {x}, {hidden}.")
    sizes = _sizes(operator)
    if hidden.shape != (sizes.batches, sizes.units) or cell.shape != hidden.shape or y.shape != (*x.shape[:2], sizes.units):
        raise operator.refuse(f"has shapes that do not fit: {x}, states {hidden} and {cell}, to {y}.")
    for state in (hidden, cell):
        if not state.variable or state.constant:
            raise operator.refuse(f"needs {state} to be a variable tensor.")
    if operator.options.get("fused_activation_function", 0) != _TANH:
        raise operator.refuse("needs TANH as its activation.")
    if not math.isfinite(float(operator.options.get("cell_clip", 0.0))):
        raise operator.refuse("has a cell clip that is no number.")
    if not floating:
        expect_quantized(operator, x, hidden, cell)
    for gate in range(4):
        _check_gate(operator, gate, sizes)
    if floating:
        return
    if math.frexp(cell.scale)[0] != 0.5 or _cell_power(operator) < -_MOST_TANH_SHIFT - 12 or _cell_power(operator) > _MOST_TANH_SHIFT - 12:
        raise operator.refuse(f"needs a power of two as the scale of its cell state, not {cell.scale:.6g}.")
    if cell.zero_point != 0 or (x.dtype == "int16" and (x.zero_point or hidden.zero_point)):
        raise operator.refuse("needs zero points of 0 for int16.")
    q.check_shift(operator, [_UNIT_SCALE * _UNIT_SCALE / cell.scale, _UNIT_SCALE * _UNIT_SCALE / hidden.scale])


def _check_gate(operator: Operator, gate: int, sizes: Sizes) -> None:
    bias = operator.input(_BIASES + gate)
    kind = operator.input(0).dtype
    expect_types(operator, bias, {"int8": "int32", "int16": "int64", "float32": "float32"}[kind])
    if not bias.constant or bias.shape != (sizes.units,):
        raise operator.refuse(f"needs a constant bias of {sizes.units} values, not {bias}.")
    for first, width in ((_INPUT_WEIGHTS, sizes.inputs), (_RECURRENT_WEIGHTS, sizes.units)):
        w = operator.input(first + gate)
        if not w.constant or w.shape != (sizes.units, width):
            raise operator.refuse(f"needs constant weights [{sizes.units}, {width}], not {w}.")
        expect_types(operator, w, "float32" if kind == "float32" else "int8")
        if kind == "float32":
            continue
        expect_quantized(operator, w)
        if w.zero_point != 0:
            raise operator.refuse(f"needs symmetric weights, not {w} with zero point {w.zero_point}.")
        _part(operator, gate, first)


def _cell_power(operator: Operator) -> int:
    return math.frexp(operator.input(_CELL).scale)[1] - 1


def _wide(operator: Operator) -> bool:
    return operator.input(0).dtype == "int16"


def _part(operator: Operator, gate: int, first: int) -> tuple[Tensor, Array, Array, Array]:
    """(weights, bias [units] with the zero point folded in, multiplier [1], shift [1]) of the gate's share of input or hidden state."""
    w = operator.input(first + gate)
    source = operator.input(0 if first == _INPUT_WEIGHTS else _HIDDEN)
    real = float(source.scale) * float(w.scale) / _GATE_SCALE
    multiplier, shift = q.multipliers(operator, [real], q.MOST_SHIFT_64 if _wide(operator) else q.MOST_SHIFT)
    bias = -source.zero_point * w.values().astype(np.int64).sum(axis=1)
    if first == _INPUT_WEIGHTS:
        bias = bias + operator.input(_BIASES + gate).values()
    return w, bias, multiplier, shift


def _clip(operator: Operator) -> int:
    """The cell state's limit, 0 for none."""
    clip, scale = float(np.float32(operator.options.get("cell_clip", 0.0))), operator.input(_CELL).scale
    return int(min(clip / scale, 32767.0)) if clip > 0 else -1


def _tanh_scale(operator: Operator) -> tuple[int, int]:
    """(multiplier, right shift) that bring the cell state to 1/12288."""
    power = 12 + _cell_power(operator)
    return (3 << power, 0) if power >= 0 else (3, -power)


def _multipliers(operator: Operator) -> list[tuple[int, int]]:
    """Of forget gate times cell state, input gate times candidate, output gate times tanh."""
    cell, hidden = operator.input(_CELL).scale, operator.input(_HIDDEN).scale
    reals = (_UNIT_SCALE * cell / cell, _UNIT_SCALE * _UNIT_SCALE / cell, _UNIT_SCALE * _UNIT_SCALE / hidden)
    return [quantize_multiplier(real) for real in reals]


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """[output, new hidden state, new cell state]."""
    if operator.input(0).dtype == "float32":
        return _evaluate_float(operator, inputs)
    sizes, hidden_tensor = _sizes(operator), operator.input(_HIDDEN)
    x = given(inputs, 0).astype(np.int64)
    x = x if sizes.time_major else x.swapaxes(0, 1)
    hidden, cell = given(inputs, _HIDDEN).astype(np.int64), given(inputs, _CELL).astype(np.int64)
    forget_by, input_by, output_by = ((np.array(m), np.array(s)) for m, s in _multipliers(operator))
    tanh_multiplier, tanh_shift = _tanh_scale(operator)
    clip, outputs = _clip(operator), []

    def product(a: Array, b: Array, by: tuple[Array, Array], zero: int, low: int, high: int) -> Array:
        return q.finish(a * b, *by, False, zero, low, high)

    for step in x:
        gates = [_gate(operator, gate, step, hidden) for gate in range(4)]
        entry, forget, leave = (logistic16(3 * gates[i]) for i in (0, 1, 3))
        candidate = tanh16(3 * gates[2])
        kept = product(forget, cell, forget_by, 0, -32768, 32767)
        cell = np.clip(kept + product(entry, candidate, input_by, 0, -32768, 32767), -32768, 32767)
        cell = cell if clip < 0 else np.clip(cell, -clip, clip)
        shown = tanh16((cell * tanh_multiplier + ((1 << tanh_shift) >> 1)) >> tanh_shift)
        hidden = product(shown, leave, output_by, hidden_tensor.zero_point, *type_range(hidden_tensor))
        outputs.append(hidden)
    y = np.stack(outputs, axis=0 if sizes.time_major else 1)
    kind = given(inputs, 0).dtype
    return [y.astype(kind), hidden.astype(kind), cell.astype(np.int16)]


def _gate(operator: Operator, gate: int, x: Array, hidden: Array) -> Array:
    """[batches, units] before the activation, in 1/4096."""
    total = np.zeros((), np.int64)
    for first, source in ((_INPUT_WEIGHTS, x), (_RECURRENT_WEIGHTS, hidden)):
        w, bias, multiplier, shift = _part(operator, gate, first)
        sums = source @ w.values().astype(np.int64).T + bias
        total = total + q.finish(sums, multiplier, shift, _wide(operator), 0, -32768, 32767)
    return np.clip(total, -32768, 32767)


def _evaluate_float(operator: Operator, inputs: Inputs) -> list[Array]:
    """As above, every sum in TFLM's order."""
    sizes, clip = _sizes(operator), np.float32(operator.options.get("cell_clip", 0.0))
    x = given(inputs, 0) if sizes.time_major else given(inputs, 0).swapaxes(0, 1)
    hidden, cell, outputs = given(inputs, _HIDDEN), given(inputs, _CELL), []
    with np.errstate(all="ignore"):
        for step in x:
            gates = [_float_gate(operator, gate, step, hidden) for gate in range(4)]
            entry, forget, leave = (_logistic(gates[i]) for i in (0, 1, 3))
            cell = forget * cell + entry * tanhf(gates[2])
            cell = np.clip(cell, -clip, clip) if clip > 0 else cell
            hidden = tanhf(cell) * leave
            outputs.append(hidden)
    return [np.stack(outputs, axis=0 if sizes.time_major else 1), hidden, cell]


def _float_gate(operator: Operator, gate: int, x: Array, hidden: Array) -> Array:
    shares = []
    for first, source in ((_INPUT_WEIGHTS, x), (_RECURRENT_WEIGHTS, hidden)):
        w = operator.input(first + gate).values()
        total = np.zeros((len(source), len(w)), np.float32)
        for i in range(w.shape[1]):
            total = total + source[:, i, None] * w[None, :, i]
        shares.append(total)
    return (shares[0] + operator.input(_BIASES + gate).values()) + shares[1]


def _logistic(x: Array) -> Array:
    """TFLM's logistic of float32: three ranges."""
    middle = np.float32(1) / (np.float32(1) + expf(-x))
    return np.where(x > np.float32(16.619047164916992188), np.float32(1), np.where(x < np.float32(-9), expf(x), middle))


def _lower_float(operator: Operator, to: Lowering) -> None:
    sizes, fields = _sizes(operator), dict[str, Field]()
    for gate, name in enumerate(_GATES):
        fields[name] = {
            "input": to.place(operator.input(_INPUT_WEIGHTS + gate)),
            "recurrent": to.place(operator.input(_RECURRENT_WEIGHTS + gate)),
            "bias": to.place(operator.input(_BIASES + gate)),
        }
    fields |= _size_fields(sizes) | {"clip": float(operator.options.get("cell_clip", 0.0))}
    hidden, cell = operator.input(_HIDDEN), operator.input(_CELL)
    to.call("lstm_f32", operator, Struct("tl_lstm_float", fields), to.place(operator.input(0)), hidden, cell, operator.output)


def _size_fields(sizes: Sizes) -> dict[str, Field]:
    strides = (sizes.batches, 1) if sizes.time_major else (1, sizes.steps)
    counts: dict[str, Field] = {"batches": sizes.batches, "steps": sizes.steps, "inputs": sizes.inputs, "units": sizes.units}
    return counts | {"step_stride": strides[0], "batch_stride": strides[1]}


def lower(operator: Operator, to: Lowering) -> None:
    x, hidden, cell, y = operator.input(0), operator.input(_HIDDEN), operator.input(_CELL), operator.output
    if x.dtype == "float32":
        _lower_float(operator, to)
        return
    if x.dtype == "int8" and to.packs("dsp"):
        _lower_packed(operator, to)
        return
    sizes, (tanh_multiplier, tanh_shift) = _sizes(operator), _tanh_scale(operator)
    fields: dict[str, Field] = {}
    for gate, name in enumerate(_GATES):
        for first, word in ((_INPUT_WEIGHTS, "input"), (_RECURRENT_WEIGHTS, "recurrent")):
            w, bias, multiplier, shift = _part(operator, gate, first)
            fields[f"{name}_gate_{word}"] = {
                "weights": to.constant(f"{word}_to_{name}_weights_{operator.index}", w.values()),
                "bias": to.constant(f"{word}_to_{name}_bias_{operator.index}", bias if _wide(operator) else bias.astype(np.int32)),
                "multiplier": int(multiplier[0]),
                "shift": int(shift[0]),
            }
    (forget, forget_shift), (entry, entry_shift), (leave, leave_shift) = _multipliers(operator)
    fields |= {"sigmoid": to.constant("sigmoid_table", sigmoid_table())}
    fields |= _size_fields(sizes)
    fields |= {"tanh_multiplier": tanh_multiplier, "tanh_shift": tanh_shift, "clip": _clip(operator)}
    fields |= {"forget": forget, "forget_shift": forget_shift, "entry": entry, "entry_shift": entry_shift}
    fields |= {"leave": leave, "leave_shift": leave_shift, "hidden_zero_point": hidden.zero_point}
    to.call("lstm_s16" if _wide(operator) else "lstm_s8", operator, Struct("tl_lstm", fields), to.place(x), hidden, cell, y)


#: The largest products of two values of 16 bits.
_PRODUCT = (np.array([-(32767 * 32768)]), np.array([32767 * 32768]))


def _lower_packed(operator: Operator, to: Lowering) -> None:
    """The rows of all gates are multiplied at once, with the input and with the hidden state."""
    x, hidden, cell, y = operator.input(0), operator.input(_HIDDEN), operator.input(_CELL), operator.output
    sizes, (tanh_multiplier, tanh_shift) = _sizes(operator), _tanh_scale(operator)
    fields: dict[str, Field] = {}
    for first, word in ((_INPUT_WEIGHTS, "input"), (_RECURRENT_WEIGHTS, "recurrent")):
        parts = [_part(operator, gate, first) for gate in range(4)]
        weights, bias = np.concatenate([part[0].values() for part in parts]), wrap32(np.concatenate([part[1] for part in parts]))
        fields[word] = row_set(to, f"{word}_{operator.index}", weights, bias)
        ends = sum_bounds(weights, bias)
        fields[f"{word}_scales"] = [quick(ends, int(multiplier[0]), int(shift[0]), 0) for *_, multiplier, shift in parts]
    products = zip(("forget", "entry", "leave"), _multipliers(operator), (0, 0, hidden.zero_point), strict=True)
    fields |= {name: quick(_PRODUCT, *scale, zero_point) for name, scale, zero_point in products}
    fields |= {"sigmoid": to.constant("sigmoid_table", sigmoid_table())}
    fields |= {name: value for name, value in _size_fields(sizes).items() if name != "inputs"}
    fields |= {"tanh_multiplier": tanh_multiplier, "tanh_shift": tanh_shift, "clip": _clip(operator)}
    scratch = Scratch(32 * sizes.units + lanes_bytes(max(sizes.inputs, sizes.units)))
    ends_of = to.place(x), hidden, cell, y, scratch
    to.call("lstm_packed_s8", operator, Struct("tl_lstm_packed", fields), *ends_of, parts=PARTS)


def _products(operator: Operator) -> int:
    sizes = _sizes(operator)
    return sizes.batches * sizes.steps * 4 * sizes.units * (sizes.inputs + sizes.units)


SPEC = Spec("UNIDIRECTIONAL_SEQUENCE_LSTM", check, evaluate, lower, stateful=True, products=_products)
