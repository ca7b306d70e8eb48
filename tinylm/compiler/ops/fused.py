"""Operators that no file names: a pass makes one of several, and its numpy meaning is that of its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, given

_PARTS = "parts"


def parts_of(operator: Operator) -> list[Operator]:
    """The operators that it was made of, in the order in which they run."""
    parts: list[Operator] = operator.options[_PARTS]
    return parts


def fused(name: str, inputs: Sequence[Tensor | None], parts: list[Operator], **options: int) -> Operator:
    """One operator for ``parts``, which makes what the last of them does."""
    return Operator(parts[-1].index, name, list(inputs), list(parts[-1].outputs), {_PARTS: parts, **options})


def _nowhere(operator: Operator) -> list[tuple[int, int]]:
    return []


def fused_spec(
    name: str, lower: Callable[[Operator, Lowering], None], in_place: Callable[[Operator], list[tuple[int, int]]] = _nowhere
) -> Spec:
    """The Spec of operators that ``fused`` makes."""

    def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
        from tinylm.compiler.ops import spec_of  # the table holds this operator, too

        values = {id(tensor): value for tensor, value in zip(operator.inputs, inputs, strict=True) if tensor is not None}
        for part in parts_of(operator):
            read = [None if t is None else t.data if t.constant else values[id(t)] for t in part.inputs]
            results = spec_of(part).evaluate(part, read)
            values |= {id(tensor): value.reshape(tensor.shape) for tensor, value in zip(part.outputs, results, strict=True)}
        return [given([values[id(tensor)]], 0) for tensor in operator.outputs]

    def products(operator: Operator) -> int:
        from tinylm.compiler.ops import spec_of

        return sum(spec_of(part).products(part) for part in parts_of(operator))

    return Spec(name, lambda operator: None, evaluate, lower, in_place, products=products)
