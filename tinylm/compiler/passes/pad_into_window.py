"""PAD of rows and columns before a convolution becomes the convolution's own padding: no padded copy in RAM.

Exact where the padding is real zero of the convolution's input: a tap beside the input then adds nothing, as with SAME.
"""

from __future__ import annotations

from tinylm.compiler.graph import Graph, Operator
from tinylm.compiler.ops.pad import paddings
from tinylm.compiler.ops.window import EXPLICIT, VALID
from tinylm.compiler.passes.rewrite import free, same_quantization

_WINDOWS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def run(graph: Graph) -> None:
    for pad in [operator for operator in graph.operators if operator.name == "PAD"]:
        readers = list(graph.consumers(pad.output))
        if readers and all(_takes(graph, pad, reader) for reader in readers):
            for reader in readers:
                reader.inputs[0] = pad.input(0)
                reader.options = {**reader.options, EXPLICIT: tuple(paddings(pad)[1:3])}
            graph.operators.remove(pad)


def _takes(graph: Graph, pad: Operator, reader: Operator) -> bool:
    x, y = pad.input(0), pad.output
    if reader.name not in _WINDOWS or reader.inputs.count(y) != 1 or not free(graph, y) or len(x.shape) != 4:
        return False
    if x.constant or paddings(pad)[0] != (0, 0) or paddings(pad)[3] != (0, 0) or reader.options.get("padding") != VALID:
        return False
    return EXPLICIT not in reader.options and (x.dtype == y.dtype == "float32" or same_quantization(x, y))
