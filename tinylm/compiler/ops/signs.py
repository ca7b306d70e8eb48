"""Lowering of FULLY_CONNECTED and 1x1 convolutions, int8, whose weights are signs and a factor a row, on cores with kernels for that."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Scratch, Struct
from tinylm.compiler.ops.packed import Rows
from tinylm.compiler.packing import costs, dual, eights, lanes, tables
from tinylm.compiler.packing.signs import Signs, signs


def lower(operator: Operator, to: Lowering, rows: Rows, otherwise: str) -> bool:
    """False where the weights are of another kind, or where the kernel ``otherwise`` (int8 or int4) takes fewer instructions.

    Every run of as many activations as a row has weights is a vector.
    """
    found = signs(rows.weights)
    if found is None or not (to.packs("dsp") or to.packs("scalar")) or not to.decide(operator, "signs", pays(to, found, otherwise)):
        return False
    if to.packs("dsp"):
        _lower_lanes(operator, to, rows, found)
    else:
        _lower_tables(operator, to, rows, found)
    return True


def pays(to: Lowering, found: Signs, otherwise: str) -> bool:
    """Whether signs are estimated to take fewer instructions than the other kernel."""
    shape, kind = found.values.shape, "binary" if found.binary else "ternary"
    return costs.instructions(to.core, kind, *shape) < costs.instructions(to.core, otherwise, *shape)


def _lower_lanes(operator: Operator, to: Lowering, rows: Rows, found: Signs) -> None:
    once = lanes.passes(rows.weights.shape[1])[0]
    short = dual.requantises_short(rows.weights, rows.bias, rows.shift)
    starts = np.stack([found.factors, rows.bias.astype(np.int64)], axis=1) * (2 if short else 1)
    fields = _fields(operator, to, rows, lanes.lanes(found.values), starts.astype(np.int32))
    fields |= {"exact": int(not short), "ternary": 1, "pass": once}
    params, scratch = Struct("tl_fc_signs", fields), _scratch(rows, 2 * once)
    to.call("fc_lanes_s8", operator, params, to.place(operator.input(0)), operator.output, scratch, parts=("lanes.S",))


def _lower_tables(operator: Operator, to: Lowering, rows: Rows, found: Signs) -> None:
    packed = tables.tables(found, rows.bias)
    fields = _fields(operator, to, rows, packed.indices, packed.rows)
    short = eights.requantises_short(rows.weights, rows.bias, rows.shift)
    fields |= {"exact": int(not short), "ternary": int(not found.binary), "pass": packed.groups}
    params, scratch = Struct("tl_fc_signs", fields), _scratch(rows, packed.scratch)
    to.call("fc_tables_s8", operator, params, to.place(operator.input(0)), operator.output, scratch, parts=("tables.S",))


def _scratch(rows: Rows, more: int) -> Scratch:
    """Eight sums for every eight rows or fewer, and more bytes."""
    return Scratch(32 * -(-rows.weights.shape[0] // 8) + more)


def _fields(operator: Operator, to: Lowering, rows: Rows, weights: Array, starts: Array) -> dict[str, Field]:
    outputs, inputs = rows.weights.shape
    finish = np.stack([rows.multiplier.astype(np.int32), -rows.shift.astype(np.int32)], axis=1)
    return {
        "weights": to.constant(f"signs_{operator.index}", weights),
        "rows": to.constant(f"rows_{operator.index}", starts),
        "finish": to.constant(f"finish_{operator.index}", finish),
        "per_channel": int(rows.multiplier.size > 1),
        "batches": operator.input(0).elements // inputs,
        "inputs": inputs,
        "outputs": outputs,
        "output_zero_point": rows.zero_point,
        "low": rows.low,
        "high": rows.high,
    }
