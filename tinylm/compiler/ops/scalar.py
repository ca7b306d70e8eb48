"""Lowering to the kernels on rows packed eight at a time, for cores without SIMD."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Const, Field, Lowering, Scratch, Struct
from tinylm.compiler.ops.packed import Rows
from tinylm.compiler.ops.window import Window, fields
from tinylm.compiler.packing import eights, linear, nibble_pairs, taps

FEATURE = "scalar"
#: What an operator makes of two arrays.
Meaning = Callable[[Operator, Array, Array], Array]
_PARTS = ("eights.S", "finish_group.S", "eights.c")


def _rows(operator: Operator, to: Lowering, rows: Rows) -> dict[str, Field]:
    """Fields of a tl_rows struct, rows packed eight at a time."""
    packed = eights.eights(rows.weights, rows.bias)
    plain = to.constant(f"plain_{operator.index}", packed.plain) if packed.plain.any() else None
    return _fields(operator, to, rows, to.constant(f"rows_{operator.index}", packed.words), plain)


def _fields(operator: Operator, to: Lowering, rows: Rows, words: Const, plain: Const | None) -> dict[str, Field]:
    finish = np.stack([rows.multiplier.astype(np.int32), -rows.shift.astype(np.int32)], axis=1)
    return {
        "rows": words,
        "plain": plain,
        "finish": to.constant(f"finish_{operator.index}", finish),
        "per_channel": int(rows.multiplier.size > 1),
        "exact": int(plain is not None or not eights.requantises_short(rows.weights, rows.bias, rows.shift)),
        "depth": rows.weights.shape[1],
        "outputs": rows.weights.shape[0],
        "output_zero_point": rows.zero_point,
        "low": rows.low,
        "high": rows.high,
    }


def _scratch(rows: Rows) -> Scratch:
    depth = rows.weights.shape[1]
    return Scratch(depth + -depth % 4)


def lower_fully_connected(operator: Operator, to: Lowering, rows: Rows) -> None:
    """FULLY_CONNECTED int8."""
    x = operator.input(0)
    depth = rows.weights.shape[1]
    params: dict[str, Field] = {"batches": x.elements // depth}
    if nibble_pairs.fits(rows.weights):
        size = nibble_pairs.block(rows.weights)
        words = to.constant(f"rows_{operator.index}", nibble_pairs.nibbles(rows.weights, rows.bias, size))
        scratch, ready = _activations(operator, to, rows, f"nibbles {size}", 4 * (size + 1) * -(-depth // size))
        params = {"rows": _fields(operator, to, rows, words, None)} | params | {"ready": ready, "block": size}
        parts = ("nibbles.S", *_PARTS)
        to.call("fc_nibbles_s8", operator, Struct("tl_fc_nibbles", params), to.place(x), operator.output, scratch, parts=parts)
        return
    scratch, ready = _activations(operator, to, rows, "eights", depth + -depth % 4 + 4)
    params = {"rows": _rows(operator, to, rows)} | params | {"ready": ready}
    to.call("fc_eights_s8", operator, Struct("tl_fc_eights", params), to.place(x), operator.output, scratch, parts=_PARTS)


def _activations(operator: Operator, to: Lowering, rows: Rows, kind: str, size: int) -> tuple[Scratch, int]:
    """Where one vector of activations is expanded for all that read it, and whether it is already. Several are expanded each time."""
    x = operator.input(0)
    if x.constant or x.elements != rows.weights.shape[1]:
        return Scratch(size), 0
    scratch, ready = to.expanded(kind, x, size)
    return scratch, int(ready)


def lower_convolution(operator: Operator, to: Lowering, window: Window, rows: Rows) -> None:
    """CONV_2D int8 of one group: the window at each position is gathered, then as above."""
    x = operator.input(0)
    params: dict[str, Field] = {
        "window": fields(operator, window),
        "rows": _rows(operator, to, rows),
        "contiguous": int(window.x.dilation == 1),
        "input_zero_point": x.zero_point,
    }
    to.call("conv_eights_s8", operator, Struct("tl_conv_eights", params), to.place(x), operator.output, _scratch(rows), parts=_PARTS)


def lower_sum(operator: Operator, to: Lowering, meaning: Meaning, low: int, high: int) -> bool:
    """ADD or SUB int8 of two tensors of one shape, in short arithmetic where that is proved; else False. With the DSP extension, too."""
    a, b, y = operator.input(0), operator.input(1), operator.output
    if not (to.packs(FEATURE) or to.packs("dsp")) or not _alike(operator):
        return False
    right = meaning(operator, *linear.all_pairs())
    sign = 1 if operator.name == "ADD" else -1
    found = linear.linear(a.scale / y.scale, sign * b.scale / y.scale, y.zero_point, (a.zero_point, b.zero_point), right, low, high)
    if found is None:
        return False
    parts = ("pairs.S",) if to.packs(FEATURE) else ("sums.S",)
    params = {"count": y.elements, "start": found.start, "low": low, "high": high, "by1": found.by1, "by2": found.by2, "shift": found.shift}
    to.call("sum_pairs_s8", operator, Struct("tl_sum_pairs", params), to.place(a), to.place(b), y, parts=parts)
    return True


def lower_product(operator: Operator, to: Lowering, factor: tuple[int, int], meaning: Meaning, low: int, high: int) -> bool:
    """MUL int8, likewise. factor: multiplier and shift."""
    a, b, y = operator.input(0), operator.input(1), operator.output
    if not to.packs(FEATURE) or not _alike(operator):
        return False
    right = meaning(operator, *linear.all_pairs())
    found = linear.product((a.zero_point, b.zero_point), *factor, y.zero_point, right, low, high)
    if found is None:
        return False
    params = {
        "count": y.elements,
        "start": found.start,
        "low": low,
        "high": high,
        "zero1": a.zero_point,
        "zero2": b.zero_point,
        "upper": found.upper,
        "lower": found.lower,
        "shift": found.shift,
    }
    to.call("product_pairs_s8", operator, Struct("tl_product_pairs", params), to.place(a), to.place(b), y, parts=("pairs.S",))
    return True


def _alike(operator: Operator) -> bool:
    """Whether nothing is broadcast, and there is something."""
    y = operator.output
    return y.elements > 0 and all(operator.input(i).elements == y.elements for i in (0, 1))


def takes(operator: Operator, to: Lowering) -> bool:
    """Whether these kernels are to be used for a convolution: int8 by int8 or int4, for a core and an aim that they are for."""
    return to.packs(FEATURE) and operator.input(0).dtype == "int8" and operator.input(1).dtype in ("int8", "int4")


def lower_depthwise(operator: Operator, to: Lowering, window: Window, rows: Rows) -> bool:
    """DEPTHWISE_CONV_2D int8; False where there is no kernel for it. rows: one an output channel, its taps in them."""
    x, y = operator.input(0), operator.output
    if x.shape[3] == 1:
        lower_convolution(operator, to, window, rows)
        return True
    if x.shape[3] != y.shape[3] or not eights.requantises_short(rows.weights, rows.bias, rows.shift):
        return False
    count = rows.weights.shape[1]
    pairs = (count + 1) // 2
    params: dict[str, Field] = {
        "window": fields(operator, window),
        "channels": to.constant(f"channels_{operator.index}", taps.stream(rows.weights, rows.bias, rows.multiplier, rows.shift)),
        "pairs": pairs,
        "skip": taps.skip(pairs),
        "input_zero_point": x.zero_point,
        "output_zero_point": rows.zero_point,
        "low": rows.low,
        "high": rows.high,
    }
    pointer = 8 if to.core.isa == "host" else 4
    scratch = Scratch(pointer - 4 + 2 * pairs * pointer + x.shape[3])
    to.call("depthwise_taps_s8", operator, Struct("tl_depthwise_taps", params), to.place(x), y, scratch, parts=("taps.S", "taps.c"))
    return True
