"""What a model remembers of a prompt that it has read before, as the device stores it: the twin of runtime/tl_snapshot.c.

The prompt is read here by the operators' numpy meaning, so the device that starts from it equals one that has read it, bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tinylm.bundle import Bundle
from tinylm.compiler.graph import DTYPES, Array, Graph, Tensor
from tinylm.compiler.interpret import initial, interpret, state_of
from tinylm.compiler.reader import read
from tinylm.errors import InputError
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.tokenizers import load_tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tinylm.firmware.render import Program

#: Of tl_snapshot.h: bytes of a run at most; equal bytes that are worth a run of their own.
RUN, SAME = 0x7FFF, 4


def tokens(bundle: Bundle) -> list[int]:
    """The bundle's prefix as the device reads it, with bos. Raises InputError where the model cannot go on from a text."""
    assert bundle.manifest.tokenizer is not None
    tokenizer = load_tokenizer(bundle.path(bundle.manifest.tokenizer.file))
    if not isinstance(tokenizer, ByteTokenizer):
        raise InputError(f"'{bundle.name}' answers what it is told, so it cannot go on from a prefix.", hint="Leave --prefix out.")
    try:
        bundle.prefix.encode()
    except UnicodeEncodeError:
        raise InputError("the prefix is not UTF-8.", hint="Convert it, e.g. with iconv.") from None
    found = tokenizer.prompt(bundle.prefix)
    if bundle.graph.window and len(found) >= bundle.graph.window:
        raise InputError(f"the prefix has {len(found)} tokens, the model's window {bundle.graph.window}.", hint="Give a shorter one.")
    return found


def snapshot(bundle: Bundle, program: Program) -> bytes:
    """The model's state and outputs behind the bundle's prefix, for an image of ``program``. Raises InputError as ``tokens`` does."""
    ids = tokens(bundle)
    states, outputs = read_through(bundle, ids)
    parts = [program.state_image(states), *(output.tobytes() for output in outputs)]
    return len(ids).to_bytes(4, "little") + b"".join(map(packed, parts))


def read_through(bundle: Bundle, ids: Sequence[int]) -> tuple[dict[int, Array], list[Array]]:
    """(values of states and variables by tensor index, outputs in the manifest's order) after tokens from the reset state."""
    graph = read(bundle.read(bundle.graph.file), bundle.graph.file)
    pairs = [(graph.tensor(state.input), graph.tensor(state.output)) for state in bundle.graph.states]
    held = {source: _zero(source) for source, _ in pairs}
    values: dict[Tensor, Array] = {}
    for position, token in enumerate(ids):
        given = {tensor: _zero(tensor) for tensor in graph.inputs} | held
        given |= _filled(graph, bundle.graph.inputs, token, position)
        values = interpret(graph, given)
        held = {source: values[result] for source, result in pairs} | state_of(graph, values)
    inner = {tensor for _, tensor in pairs}
    named = [graph.tensor(name) for name in bundle.graph.outputs] or [tensor for tensor in graph.outputs if tensor not in inner]
    return {tensor.index: value for tensor, value in held.items()}, [values[tensor] for tensor in named]


def _zero(tensor: Tensor) -> Array:
    return initial(tensor) if tensor.initial is None else tensor.initial


def _filled(graph: Graph, names: Sequence[str], token: int, position: int) -> dict[Tensor, Array]:
    """What runtime/tl_step.c fills in."""
    ends = {"token" if "token" in names else names[0]: token, "position": position}
    found = {graph.tensor(name): value for name, value in ends.items() if name in names}
    return {tensor: np.full(tensor.shape, value, DTYPES[tensor.dtype][1]) for tensor, value in found.items()}


def packed(data: bytes) -> bytes:
    """``data`` as runs: 16 bits of twice the length and 1 where its bytes follow; else one byte that it repeats."""
    made = bytearray()
    at = 0
    while at < len(data):
        same = _alike(data, at)
        if same >= SAME:
            made += (same << 1).to_bytes(2, "little") + data[at : at + 1]
            at += same
            continue
        start = at
        while at < len(data) and at - start < RUN and _alike(data, at) < SAME:
            at += 1
        made += (at - start << 1 | 1).to_bytes(2, "little") + data[start:at]
    return bytes(made)


def _alike(data: bytes, at: int) -> int:
    """How many bytes from ``at`` on are equal."""
    end = at + 1
    while end < len(data) and data[end] == data[at] and end - at < RUN:
        end += 1
    return end - at
