"""The operators. The table below names all that exist; an operator is one file, its kernel and its test."""

from __future__ import annotations

from tinylm.compiler.graph import Operator
from tinylm.compiler.ops import batch_matmul, conv, l2_normalization, leaky_relu, log_softmax, pool, prelu, reduce, softmax, transpose_conv
from tinylm.compiler.ops import add, concatenation, fully_connected, gather, logistic, lstm, mul, reshape, split, svdf, tanh
from tinylm.compiler.ops import absolute, arg, cast, comparisons, dequantize, div, elu, extremes, floats, floor_division, hard_swish
from tinylm.compiler.ops import logical, quantize, relu, resize_bilinear, rsqrt, select, squared_difference, sums
from tinylm.compiler.ops import batch_space, broadcast_to, depth_space, dynamic_update_slice, embedding_lookup, fill, gather_nd
from tinylm.compiler.ops import mirror_pad, pack, pad, resize_nearest, reverse, shape, slice, split_v, strided_slice, transpose
from tinylm.compiler.ops.base import Spec

TABLE: dict[str, Spec] = {
    spec.name: spec
    for spec in (
        add.ADD,
        add.SUB,
        concatenation.SPEC,
        conv.CONV_2D,
        conv.DEPTHWISE_CONV_2D,
        pool.AVERAGE_POOL_2D,
        pool.MAX_POOL_2D,
        reduce.MEAN,
        reduce.REDUCE_ALL,
        reduce.REDUCE_MAX,
        reduce.REDUCE_MIN,
        reduce.SUM,
        softmax.SPEC,
        batch_matmul.SPEC,
        l2_normalization.SPEC,
        leaky_relu.SPEC,
        log_softmax.SPEC,
        prelu.SPEC,
        transpose_conv.SPEC,
        lstm.SPEC,
        svdf.SPEC,
        fully_connected.SPEC,
        gather.SPEC,
        logistic.SPEC,
        mul.SPEC,
        reshape.EXPAND_DIMS,
        reshape.RESHAPE,
        reshape.SQUEEZE,
        split.SPEC,
        tanh.SPEC,
        batch_space.BATCH_TO_SPACE_ND,
        batch_space.SPACE_TO_BATCH_ND,
        broadcast_to.SPEC,
        depth_space.DEPTH_TO_SPACE,
        depth_space.SPACE_TO_DEPTH,
        dynamic_update_slice.SPEC,
        embedding_lookup.SPEC,
        fill.FILL,
        fill.ZEROS_LIKE,
        gather_nd.SPEC,
        mirror_pad.SPEC,
        pack.PACK,
        pack.UNPACK,
        pad.PAD,
        pad.PADV2,
        resize_nearest.SPEC,
        reverse.SPEC,
        shape.SPEC,
        slice.SPEC,
        split_v.SPEC,
        strided_slice.SPEC,
        transpose.SPEC,
        absolute.SPEC,
        arg.ARG_MAX,
        arg.ARG_MIN,
        cast.SPEC,
        comparisons.EQUAL,
        comparisons.GREATER,
        comparisons.GREATER_EQUAL,
        comparisons.LESS,
        comparisons.LESS_EQUAL,
        comparisons.NOT_EQUAL,
        dequantize.SPEC,
        div.SPEC,
        elu.SPEC,
        extremes.MAXIMUM,
        extremes.MINIMUM,
        floats.CEIL,
        floats.COS,
        floats.EXP,
        floats.FLOOR,
        floats.LOG,
        floats.NEG,
        floats.ROUND,
        floats.SIN,
        floats.SQRT,
        floats.SQUARE,
        floor_division.FLOOR_DIV,
        floor_division.FLOOR_MOD,
        hard_swish.SPEC,
        logical.LOGICAL_AND,
        logical.LOGICAL_NOT,
        logical.LOGICAL_OR,
        quantize.SPEC,
        relu.RELU,
        relu.RELU6,
        resize_bilinear.SPEC,
        rsqrt.SPEC,
        select.SPEC,
        squared_difference.SPEC,
        sums.ADD_N,
        sums.CUMSUM,
    )
}


def spec_of(operator: Operator) -> Spec:
    """The operator's Spec. Raises ModelError naming the operator, its place and what is supported."""
    try:
        return TABLE[operator.name]
    except KeyError:
        raise operator.refuse("is not supported.", f"Supported: {', '.join(sorted(TABLE))}.") from None
