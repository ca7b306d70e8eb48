"""What the audio front end's operators (TFLM's signal library) share: how many ends they have, of which types and ranks."""

from __future__ import annotations

from collections.abc import Sequence

from tinylm.compiler.graph import Operator, Tensor
from tinylm.compiler.ops.base import expect_types

Ends = Sequence[tuple[str, int | None]]


def ends(operator: Operator, inputs: Ends, outputs: Ends) -> tuple[list[Tensor], list[Tensor]]:
    """The operator's inputs and outputs. inputs, outputs: (type, rank) of each, None for any rank of 1 and more.

    Raises ModelError unless there are just these, none empty.
    """
    if len(operator.inputs) != len(inputs) or len(operator.outputs) != len(outputs):
        raise operator.refuse(f"needs {len(inputs)} inputs and {len(outputs)} outputs.")
    given = [operator.input(i) for i in range(len(inputs))]
    for tensor, (dtype, rank) in zip([*given, *operator.outputs], [*inputs, *outputs], strict=True):
        expect_types(operator, tensor, dtype)
        if (len(tensor.shape) != rank if rank is not None else not tensor.shape) or tensor.elements == 0:
            raise operator.refuse(f"needs {tensor} to have {'one or more' if rank is None else rank} dimensions, none of them 0.")
    return given, operator.outputs


def expect_length(operator: Operator, tensor: Tensor, length: int) -> None:
    """Raise ModelError unless the tensor has that many elements."""
    if tensor.elements != length:
        raise operator.refuse(f"needs {tensor} to have {length} elements.")
