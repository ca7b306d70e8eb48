"""What passes share: finding an operator's neighbours and changing who reads what."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinylm.compiler.graph import Array, Graph, Operator, Quantization, Tensor
from tinylm.compiler.ops.fused import fused


def only_consumer(graph: Graph, tensor: Tensor) -> Operator | None:
    """The operator that alone reads ``tensor``, once; None where others do or the tensor outlives the invocation."""
    readers = list(graph.consumers(tensor))
    if tensor in graph.results or len(readers) != 1 or readers[0].inputs.count(tensor) != 1 or tensor.variable:
        return None
    return readers[0]


def free(graph: Graph, tensor: Tensor) -> bool:
    """Whether the tensor is made and used up inside one invocation, so that a pass may do away with it."""
    return not (tensor.constant or tensor.variable or tensor in graph.inputs or tensor in graph.results or kept(graph, tensor))


def kept(graph: Graph, tensor: Tensor) -> bool:
    return any(tensor in pair for pair in graph.states)


def remove(graph: Graph, operator: Operator) -> bool:
    """Take out an operator whose output equals its input 0, if one of the two may vanish."""
    x, y = operator.input(0), operator.output
    if free(graph, y):
        for reader in list(graph.consumers(y)):
            reader.inputs = [x if tensor is y else tensor for tensor in reader.inputs]
    elif free(graph, x) and only_consumer(graph, x) is operator and (producer := graph.producer(x)) is not None:
        producer.outputs = [y if tensor is x else tensor for tensor in producer.outputs]
    else:
        return False
    graph.operators.remove(operator)
    return True


def new_tensor(graph: Graph, name: str, dtype: str, data: Array, quantization: Quantization | None = None) -> Tensor:
    """A new constant of the graph."""
    index = max((tensor.index for tensor in graph.tensors), default=-1) + 1
    tensor = Tensor(index, name, tuple(data.shape), dtype, quantization, np.ascontiguousarray(data))
    graph.tensors.append(tensor)
    return tensor


def same_quantization(a: Tensor, b: Tensor) -> bool:
    """Whether equal integers mean equal numbers: same type, one scale and zero point each, and those equal."""
    if a.dtype != b.dtype or a.quantization is None or b.quantization is None or a.quantization.per_channel or b.quantization.per_channel:
        return False
    return (a.scale, a.zero_point) == (b.scale, b.zero_point)


def made_by(graph: Graph, tensor: Tensor | None, name: str) -> Operator | None:
    """The operator of that name that makes the tensor, else None."""
    found = None if tensor is None else graph.producer(tensor)
    return found if found is not None and found.name == name else None


def merge(
    graph: Graph, name: str, inputs: Sequence[Tensor | None], parts: Sequence[Operator], shared: Sequence[Operator] = (), **options: int
) -> bool:
    """Put one operator in the place of ``parts``, if nobody else reads what they make on the way. shared: operators that it takes in, too,
    and that stay while others read them."""
    inner = [tensor for part in parts[:-1] for tensor in part.outputs]
    if not all(free(graph, tensor) and all(reader in parts for reader in graph.consumers(tensor)) for tensor in inner):
        return False
    graph.operators[graph.operators.index(parts[-1])] = fused(name, inputs, [*shared, *parts], **options)
    graph.operators = [operator for operator in graph.operators if operator not in parts]
    return True
