"""LOGICAL_AND, LOGICAL_OR, LOGICAL_NOT on bool (TFLM logical_common.cc, elementwise.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_types, given
from tinylm.compiler.ops.binary import plain_spec
from tinylm.compiler.ops.scaling import by_type, expect_same_size


def check_not(operator: Operator) -> None:
    expect_types(operator, operator.input(0), "bool")
    expect_types(operator, operator.output, "bool")
    expect_same_size(operator)


def evaluate_not(operator: Operator, inputs: Inputs) -> list[Array]:
    return [~given(inputs, 0)]


def lower_not(operator: Operator, to: Lowering) -> None:
    to.call("logical_not", operator, to.place(operator.input(0)), operator.output, operator.output.elements)


LOGICAL_AND = by_type("LOGICAL_AND", {"bool": plain_spec("LOGICAL_AND", "logical_u8", np.logical_and, "tl_logical", {"either": 0})})
LOGICAL_OR = by_type("LOGICAL_OR", {"bool": plain_spec("LOGICAL_OR", "logical_u8", np.logical_or, "tl_logical", {"either": 1})})
LOGICAL_NOT = Spec("LOGICAL_NOT", check_not, evaluate_not, lower_not, elementwise_in_place)
