"""The operators. The table below names all that exist; an operator is one file, its kernel and its test."""

from __future__ import annotations

from tinylm.compiler.graph import Operator
from tinylm.compiler.ops import (
    add,
    batch_matmul,
    concatenation,
    conv,
    fully_connected,
    gather,
    l2_normalization,
    leaky_relu,
    log_softmax,
    logistic,
    lstm,
    mul,
    pool,
    prelu,
    reduce,
    reshape,
    softmax,
    split,
    svdf,
    tanh,
    transpose_conv,
)
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
        pool.L2_POOL_2D,
        pool.MAX_POOL_2D,
        reduce.MEAN,
        reduce.REDUCE_ALL,
        reduce.REDUCE_ANY,
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
    )
}


def spec_of(operator: Operator) -> Spec:
    """The operator's Spec. Raises ModelError naming the operator, its place and what is supported."""
    try:
        return TABLE[operator.name]
    except KeyError:
        raise operator.refuse("is not supported.", f"Supported: {', '.join(sorted(TABLE))}.") from None
