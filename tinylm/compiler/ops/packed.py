"""Lowering to the kernels on packed rows, for cores that have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Packing, Scratch, Struct
from tinylm.compiler.ops.base import weighted_products
from tinylm.compiler.ops.window import Window, fields
from tinylm.compiler.packing import dual, nibbles, tiles
from tinylm.compiler.packing.finish import FRACTIONS, SMALL_FRACTIONS, Finish, near_finish, short_finish


@dataclass(frozen=True)
class Rows:
    """A layer's arithmetic. weights [n, k] int8, bias [n] int32 (zero point of the input folded in), multiplier and shift: [n] or [1]."""

    weights: Array
    bias: Array
    multiplier: Array
    shift: Array
    zero_point: int
    low: int
    high: int

    @property
    def suffix(self) -> str:
        """Of the kernels for it: where results below the zero point are clamped, the sign of a sum need not be looked at."""
        return "_relu" if self.low >= self.zero_point else ""


@dataclass(frozen=True)
class _Way:
    """A way of finishing rows. short: [groups] bool, for which it is right; finish: its one factor, start and step, if it has such."""

    name: str
    short: Array
    finish: Finish | None = None


def _ways(rows: Rows, fit: Array, known: Sequence[int], bare: bool) -> list[_Way]:
    """The ways of finishing that there are for FULLY_CONNECTED, best first. fit: [groups] bool, which are packed; known: fractions of
    layers before; bare: groups are stored without biases where the finish has kernels for that."""
    quick = _by_group(dual.short_rows(rows.weights, rows.bias, rows.shift), fit)
    ways = [_Way(("channels" if rows.multiplier.size > 1 else "tensor") + rows.suffix, quick)]
    if rows.multiplier.size > 1 or not fit.any():
        return ways
    least, greatest = dual.sum_bounds(rows.weights, rows.bias)
    packed = np.repeat(fit, tiles.GROUP)[: least.size]
    near = None if rows.suffix or bare else _near(rows, least[packed], greatest[packed])
    if near:
        return [_Way(f"near_{near.fraction}", fit, near), *ways]
    together = _proved(rows, least[packed], greatest[packed], known)
    if together:
        return [_Way(_name_of(together), fit, together), *ways]
    each = _finish(rows, least, greatest, FRACTIONS)
    factors, counts = np.unique(each.factor[each.right], return_counts=True)
    if factors.size:
        one = factors[[int(counts.argmax())]]
        ways.append(_Way(_name_of(each), _by_group(each.right & (each.factor == one), fit), replace(each, factor=one)))
    return ways


def _proved(rows: Rows, least: Array, greatest: Array, known: Sequence[int] = ()) -> Finish | None:
    """One finish for all sums between these ends, or None. known: fractions of layers before, whose kernels cost no more flash and are
    as fast."""
    if rows.multiplier.size > 1:
        return None
    ends = least.min(keepdims=True), greatest.max(keepdims=True)
    best = _finish(rows, *ends, FRACTIONS)
    again = [_finish(rows, *ends, (fraction,)) for fraction in dict.fromkeys(known) if fraction in FRACTIONS]
    found = [finish for finish in [*again, best] if finish.right.all() and finish.step.any() == best.step.any()]
    if found:
        return found[0]
    small = _finish(rows, *ends, SMALL_FRACTIONS)
    return small if small.right.all() else None


def _near(rows: Rows, least: Array, greatest: Array) -> Finish | None:
    """The finish of one instruction less an output, if it is right for all sums between these ends."""
    ends = least.min(keepdims=True), greatest.max(keepdims=True)
    found = near_finish(ends, rows.multiplier, rows.shift, rows.zero_point, (rows.low, rows.high))
    return found if found and found.right.all() else None


def _finish(rows: Rows, least: Array, greatest: Array, fractions: tuple[int, ...]) -> Finish:
    """The short finish for sums between these ends, all of one multiplier."""
    multiplier, shift = (np.repeat(values.astype(np.int64), least.size) for values in (rows.multiplier, rows.shift))
    return short_finish((least, greatest), multiplier, shift, rows.zero_point, (rows.low, rows.high), fractions=fractions)


def _name_of(finish: Finish) -> str:
    if finish.fraction in SMALL_FRACTIONS:
        return "read"
    return f"{'any' if finish.step.any() else 'relu'}_{finish.fraction}"


def _by_group(rows: Array, fit: Array) -> Array:
    """[groups] bool: those packed whose rows are all so."""
    whole: Array = np.pad(rows, (0, -len(rows) % tiles.GROUP), constant_values=True).reshape(-1, tiles.GROUP).all(axis=1) & fit
    return whole


def _fields(operator: Operator, to: Lowering, rows: Rows, packed: dual.Packed, way: _Way) -> dict[str, Field]:
    def per_row(values: Array) -> Array:
        return np.pad(values, (0, -values.size % packed.group), mode="edge") if values.size > 1 else values

    exact = to.constant(f"multiplier_{operator.index}", per_row(rows.multiplier)) if not way.short.all() or way.finish is None else None
    multiplier = exact
    if way.finish is not None:
        finish = [way.finish.factor[0], way.finish.start[0], way.finish.step[0], way.finish.fraction]
        multiplier = to.constant(f"finish_{operator.index}", np.array(finish, np.int32))
    kinds = np.where(packed.plain == 1, tiles.PLAIN, np.where(way.short, tiles.SHORT, tiles.LONG)).astype(np.uint8)
    mixed = packed.plain.any() or (way.short.any() and not way.short.all())
    return {
        "rows": to.constant(f"rows_{operator.index}", packed.words),
        "kinds": to.constant(f"kinds_{operator.index}", kinds) if mixed else None,
        "multiplier": multiplier,
        "exact": None if way.short.all() else exact,
        "right": to.constant(f"right_{operator.index}", -per_row(rows.shift)),
        "per_channel": int(rows.multiplier.size > 1),
        "output_zero_point": rows.zero_point,
        "low": rows.low,
        "high": rows.high,
    }


def lower_fully_connected(operator: Operator, to: Lowering, rows: Rows, bits: int) -> None:
    """FULLY_CONNECTED int8 on the DSP extension. bits: of the weights; four are taken as eight where they cannot be packed.

    Groups of rows whose packing or finish is not proved are taken by themselves, the others stay as they are.
    """
    outputs, inputs = rows.weights.shape
    short = dual.requantises_short(rows.weights, rows.bias, rows.shift)
    kernel, part, packed = "fc_packed", "fours.S", dual.fours(rows.weights, rows.bias)
    known = [packing.fraction for packing in to.packings if packing.fraction]
    if bits == 4 and (short or _proved(rows, *dual.sum_bounds(rows.weights, rows.bias))) and nibbles.fits(rows.weights, rows.bias):
        kernel, part, packed = "fc_nibbles", "quads.S", nibbles.quads(rows.weights, rows.bias)
    sizes: dict[str, Field] = {
        "groups": outputs // 4,
        "depth": dual.depth_of(inputs),
        "inputs": inputs,
        "outputs": outputs,
        "batches": operator.input(0).elements // inputs,
    }
    way = max(_ways(rows, packed.plain == 0, known, packed.bare() is not None), key=lambda way: int(way.short.sum()))
    whole = bool(way.short.all())
    bare = packed.bare() if whole and way.finish and way.finish.fraction in FRACTIONS else None
    packed, finish = (packed, way.name) if bare is None else (bare, f"{way.name}_bare")
    sizes["starts"] = packed.starts
    exact = "exact" if not way.short.any() else finish if whole else f"{finish}_mixed"
    _call_rows(operator, to, (kernel, part, exact), _fields(operator, to, rows, packed, way) | sizes, whole)
    slow = int(((packed.plain == 0) & ~way.short).sum())
    _report(operator, to, rows, packed.plain, slow, way.finish.fraction if way.finish else 0, nibble=kernel == "fc_nibbles")


def _call_rows(operator: Operator, to: Lowering, kernel: tuple[str, str, str], fields: dict[str, Field], whole: bool) -> None:
    """kernel: its name, its assembly and the way of finishing. whole: all groups are packed and finished in that way.

    Whole groups of one vector need no kernel around the assembly: its activations are expanded once, by a call before the first layer.
    """
    name, part, finish = kernel
    parts = (part, "plain.S")
    x, y, inputs, depth = operator.input(0), operator.output, int(str(fields["inputs"])), int(str(fields["depth"]))
    scratch, ready = Scratch(dual.lanes_bytes(inputs)), False
    single = whole and x.elements == inputs
    if single:
        scratch, ready = to.expanded(name, x, scratch.bytes)
    if single and y.elements % 4 == 0 and (fields["low"], fields["high"]) == (-128, 127):
        stem = part.removesuffix(".S")
        if not ready:
            to.call(name, operator, x, inputs, depth, scratch, function=f"{stem}_expand", parts=parts)
        to.call(name, operator, Struct("tl_fc_packed", fields | {"ready": 1}), scratch, y, function=f"{stem}_{finish}", parts=parts)
    else:
        params = Struct("tl_fc_packed", fields | {"ready": int(ready)})
        to.call(name, operator, params, x, y, scratch, function=f"{name}_{finish}", parts=parts)


def _report(operator: Operator, to: Lowering, rows: Rows, plain: Array, slow: int, fraction: int, nibble: bool = False) -> None:
    """Keep the proof's numbers. plain: [groups] of four rows, whether each is stored plain."""
    weights, bias = dual.padded(rows.weights, rows.bias, 4, 4)
    if nibble:  # 16 a, or b taken with 8 more (packing/nibbles.py)
        weights, bias = np.concatenate([16 * weights[0::4], weights[1::4] + 8]), np.concatenate([16 * bias[0::4], bias[1::4]])
        packed = np.ones(len(bias), bool)
    else:
        weights, bias = weights[0::2], bias[0::2]
        packed = np.repeat(plain == 0, 2)
    least, greatest = (ends[packed] for ends in dual.sum_bounds(weights, bias))
    worst = max(int(-least.min() - 1), int(greatest.max()), 0) if packed.any() else 0
    zero_rows = int((~rows.weights.any(axis=1)).sum())
    groups, outside = len(plain), int(plain.sum())
    name = operator.output.name
    to.packings.append(
        Packing(operator.index, name, to.calls[-1].function, len(rows.bias), 4, groups, outside, slow, worst, 1 << 23, fraction, zero_rows)
    )


#: Bytes that the lanes of a tile of positions may take, and the most positions in one.
_TILE_BYTES, _TILE = 2048, 16


def _tile(window: Window, channels: int, outputs: int) -> int:
    """Positions whose columns of the input are loaded once; 0: loading two windows after another costs less."""
    x, column = window.x, 4 * window.y.taps * channels
    if channels % 4 or x.dilation > 1 or x.taps <= x.stride:
        return 0
    most = 2 * ((_TILE_BYTES // column - x.taps) // x.stride + 1)
    tile = max(2, min(most, _TILE, x.out + x.out % 2))
    full, rest = divmod(x.out, tile)
    halves = [tile // 2] * full + [(rest + 1) // 2] * bool(rest)
    load = 4 * column / 10  # cycles for a column of two positions
    multiply = window.y.taps * x.taps * channels * outputs * 2
    tiles_cost = sum(load * ((half - 1) * x.stride + x.taps) + multiply * half for half in halves)
    return tile if tiles_cost < (load * x.taps + multiply) * x.out / 2 else 0


#: Bytes that an image with its zero point around it may take, where positions at its edge would have to be gathered.
_SURROUNDED_BYTES = 4096


def _around(window: Window) -> tuple[int, int]:
    """(height, width) of the input with all that windows reach beside it."""
    height, width = (
        max(axis.size + axis.pad, (axis.out - 1) * axis.stride + (axis.taps - 1) * axis.dilation + 1) for axis in (window.y, window.x)
    )
    return height, width


def lower_convolution(operator: Operator, to: Lowering, window: Window, rows: Rows) -> None:
    """CONV_2D int8 of one group on the DSP extension: two positions at once, gathered where they are no runs of whole words."""
    x, y, outputs = operator.input(0), operator.output, rows.weights.shape[0]
    channels, positions = x.shape[3], y.elements // outputs
    tile = _tile(window, channels, outputs)
    ordered, runs = rows.weights, _runs(window, channels, outputs)
    if tile:
        ordered = ordered.reshape(outputs, window.y.taps, window.x.taps, channels).transpose(0, 2, 1, 3).reshape(outputs, -1)
    else:
        ordered = runs.ordered(ordered)
    groups = _groups(rows, ordered)
    geometry = fields(operator, window)
    if window.pointwise:
        geometry |= {"batches": 1, "in_height": 1, "out_height": 1, "in_width": positions, "out_width": positions}  # no row ends anywhere
    depth, padded = groups.depth, outputs + -outputs % tiles.GROUP
    lanes, buffer = depth, 2 * depth + 4 + 2 * runs.rests
    if window.pointwise and not (runs.beyond or positions % 2):
        buffer = 0
    if tile:
        columns = ((min(tile, window.x.out) + 1) // 2 - 1) * window.x.stride + window.x.taps
        lanes, buffer = columns * window.y.taps * channels, 2 * channels
    aside = 2 * padded if positions % 2 or outputs < tiles.GROUP or (tile and window.x.out % 2) else 0
    inner: dict[str, Field] = dict.fromkeys(("inner_height", "inner_width", "top", "left"), 0)
    around = _around(window)
    size = around[0] * around[1] * channels
    if not tile and window.padded and x.shape[0] == 1 and size <= _SURROUNDED_BYTES:
        inner = {"inner_height": x.shape[1], "inner_width": x.shape[2], "top": window.y.pad, "left": window.x.pad}
        geometry |= {"in_height": around[0], "in_width": around[1], "pad_y": 0, "pad_x": 0}
        aside = 2 * padded + size
    placed: dict[str, Field] = {
        **runs.fields,
        "flat": int(window.pointwise),
        "tile": tile,
        "lanes": lanes,
        "buffer": buffer,
        "input_zero_point": x.zero_point,
        **inner,
    }
    _call_tiles(operator, to, rows, groups, geometry, placed, Scratch(4 * lanes + buffer + aside))


@dataclass(frozen=True)
class _Runs:
    """How a position's activations are read: ``count`` runs of ``size`` bytes, ``words`` words of each, then ``rest`` bytes of each;
    ``beyond``: columns of the input that the last word reads behind a run."""

    count: int
    size: int
    words: int
    rest: int
    beyond: int

    @property
    def rests(self) -> int:
        """Bytes that the rests take, in whole words."""
        return -(-self.count * self.rest // 4) * 4

    @property
    def fields(self) -> dict[str, Field]:
        return {"words": self.words, "runs": self.count, "rest": self.rest, "beyond": self.beyond}

    def ordered(self, weights: Array) -> Array:
        """Weights [n, count * size] in the order in which activations are read, zeros where none is wanted."""
        runs = np.pad(weights.reshape(len(weights), self.count, self.size), ((0, 0), (0, 0), (0, max(4 * self.words - self.size, 0))))
        first, rest = runs[..., : 4 * self.words], runs[..., 4 * self.words :]
        return np.concatenate([first.reshape(len(weights), -1), rest.reshape(len(weights), -1)], axis=1)


#: Instructions for two positions: of a block of one group (tiles.S); of a byte of the rests, of a run's and of all (conv_packed.c).
_BLOCK, _REST_BYTE, _REST, _RESTS = 24, 4, 9, 60


def _runs(window: Window, channels: int, outputs: int) -> _Runs:
    """Rows of taps; their last bytes are read as whole words with what lies behind, or gathered, whichever costs less."""
    size, count = window.x.taps * channels, window.y.taps
    if window.x.dilation > 1:
        size, count = size * count, 1
    short = size % 4
    more = -(-size // 4) * count - -(-size * count // 4)  # blocks, where what lies behind is multiplied with zeros
    groups = -(-outputs // tiles.GROUP)
    if short and size > 4 and _BLOCK * more * groups > _RESTS + count * (_REST + _REST_BYTE * short):
        return _Runs(count, size, size // 4, short, 0)
    return _Runs(count, size, -(-size // 4), 0, -(-(-size % 4) // channels))


@dataclass(frozen=True)
class _Groups:
    """Rows as tiles.S takes them. kinds: [groups]; depth: weights of a row, padded."""

    words: Array
    kinds: Array
    finish: Finish
    depth: int


def _groups(rows: Rows, ordered: Array) -> _Groups:
    """ordered: the weights [n, k] in the order in which the kernel meets the activations. Of more than four rows the last group has the
    last four, so that nothing is written behind them."""
    n = len(ordered)
    taken = np.r_[: n - n % tiles.GROUP, n - tiles.GROUP : n] if n % tiles.GROUP and n > tiles.GROUP else np.arange(n)
    weights, bias = dual.padded(ordered[taken], rows.bias[taken], tiles.GROUP, 4)
    multiplier, shift = (each_row(each_row(values, n)[taken], bias.size) for values in (rows.multiplier, rows.shift))
    finish = short_finish(dual.sum_bounds(weights, bias), multiplier, shift, rows.zero_point, (rows.low, rows.high), tiles.GROUP)
    fits = np.asarray(dual.pairs_fit(weights, bias).reshape(-1, 2).all(axis=1))
    words, kinds = tiles.tiles(weights, bias, fits, finish, multiplier, shift)
    return _Groups(words, kinds, finish, weights.shape[1])


def _call_tiles(
    operator: Operator, to: Lowering, rows: Rows, groups: _Groups, geometry: dict[str, Field], around: dict[str, Field], scratch: Scratch
) -> None:
    finish, kinds = groups.finish, groups.kinds
    params: dict[str, Field] = {
        "window": geometry,
        "rows": to.constant(f"rows_{operator.index}", groups.words),
        "kinds": to.constant(f"kinds_{operator.index}", kinds) if kinds.any() else None,
        "depth": groups.depth,
        "per_row": 3 if finish.step.any() else 2,
        **around,
        "output_zero_point": rows.zero_point,
        "low": rows.low,
        "high": rows.high,
    }
    function = f"conv_packed_{'any' if finish.step.any() else 'relu'}_{finish.fraction}"
    x, y = operator.input(0), operator.output
    to.call("conv_packed", operator, Struct("tl_conv_packed", params), x, y, scratch, function=function, parts=("tiles.S", "plain.S"))
    _report(operator, to, rows, kinds == tiles.PLAIN, int((kinds == tiles.LONG).sum()), finish.fraction)


#: Below this share of the products of the convolutions before it a layer is not worth kernels of its own.
_MINOR = 0.02


def shares_convolution(operator: Operator, to: Lowering, rows: Rows) -> bool:
    """Whether a FULLY_CONNECTED is better taken by the convolutions' kernels, which are there anyway: it is small beside them."""
    before = [call.operator for call in to.calls if call.function.startswith("tl_conv_packed") and call.operator is not None]
    work = operator.output.elements * rows.weights.shape[1]
    return to.optimize == "balanced" and work < _MINOR * sum(weighted_products(each) for each in before)


def lower_pointwise(operator: Operator, to: Lowering, rows: Rows) -> None:
    """FULLY_CONNECTED int8 on the DSP extension as a 1 x 1 convolution."""
    outputs, inputs = rows.weights.shape
    positions = operator.output.elements // outputs
    groups, padded = _groups(rows, rows.weights), outputs + -outputs % tiles.GROUP
    ones = ("batches", "in_height", "out_height", "height", "width", "stride_y", "stride_x", "dilation_y", "dilation_x")
    geometry: dict[str, Field] = {**dict.fromkeys(ones, 1), "pad_y": 0, "pad_x": 0, "in_channels": inputs, "out_channels": outputs}
    geometry |= {"in_width": positions, "out_width": positions}
    buffer = 2 * groups.depth + 4
    around: dict[str, Field] = {"words": groups.depth // 4, "runs": 1, "rest": 0, "beyond": int(inputs % 4 > 0), "flat": 1}
    around |= {"tile": 0, "lanes": groups.depth, "buffer": buffer}
    around |= {"input_zero_point": operator.input(0).zero_point}
    around |= dict.fromkeys(("inner_height", "inner_width", "top", "left"), 0)
    _call_tiles(operator, to, rows, groups, geometry, around, Scratch(4 * groups.depth + buffer + 2 * padded))


def each_row(values: Array, rows: int) -> Array:
    """One or [n] values as [rows] int64, the last repeated."""
    return np.pad(values.astype(np.int64), (0, rows - values.size), mode="edge")
