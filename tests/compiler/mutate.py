"""Ways to damage a .tflite, from blind to knowing: bits, lengths, what the reader reads, what the model means."""

from __future__ import annotations

import functools
import random
import struct
from collections.abc import Callable
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import encode

from tinylm.compiler.reader import read
from tinylm.errors import ModelError

_NUMBERS = (0, 1, 2, 3, 4, 7, 8, 127, 128, 255, 256, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFF0000)


def bits(model: bytes, rng: random.Random) -> bytes:
    """A few bits flipped anywhere."""
    data = bytearray(model)
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def cut(model: bytes, rng: random.Random) -> bytes:
    """Cut short, or a piece taken out or doubled."""
    low, high = sorted(rng.randrange(len(model)) for _ in range(2))
    return rng.choice((model[:low], model[:low] + model[high:], model[:high] + model[low:]))


def words(model: bytes, rng: random.Random) -> bytes:
    """Aligned words replaced by numbers at the edges, or by one another."""
    data = bytearray(model)
    for _ in range(rng.choice((1, 2, 4))):
        at = rng.randrange(len(data) // 4) * 4
        other = struct.unpack_from("<I", data, rng.randrange(len(data) // 4) * 4)[0]
        struct.pack_into("<I", data, at, rng.choice((*_NUMBERS, len(data), other, rng.randrange(len(data)))))
    return bytes(data)


@functools.lru_cache(maxsize=512)
def _read_at(model: bytes) -> tuple[tuple[int, str], ...]:
    """(position, struct format) of everything that the reader reads of a good model: offsets, vector lengths, vtables, scalars."""
    seen: dict[int, str] = {}
    original: Callable[..., Any] = encode.Get

    def recording(packer: struct.Struct, data: bytes, head: int) -> Any:
        seen[head] = packer.format
        return original(packer, data, head)

    encode.Get = recording
    try:
        read(model, "seed.tflite")
    except ModelError:
        pass
    finally:
        encode.Get = original
    return tuple(sorted(seen.items()))


def structure(model: bytes, rng: random.Random) -> bytes:
    """Offsets, lengths, vtable entries and scalars that the reader follows: changed a little, to an edge, or led back (a cycle)."""
    data, places = bytearray(model), _read_at(model)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at, form = rng.choice(places)
        size = struct.calcsize(form)
        if form[-1] in "fd":
            struct.pack_into(form, data, at, rng.choice((0.0, -1.0, 1e-38, 1e38, 1e-45, float("nan"), float("inf"), rng.uniform(0, 10))))
            continue
        value = int.from_bytes(data[at : at + size], "little")
        elsewhere = rng.choice(places)[0]
        numbers = (
            *_NUMBERS,
            value + 1,
            value - 1,
            value + 4,
            value - 4,
            value * 2,
            value << 8,
            value ^ 0x80,
            elsewhere - at,
            at - elsewhere,
        )
        data[at : at + size] = (rng.choice(numbers) & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    return bytes(data)


_SIZES = (-1, 0, 1, 2, 3, 5, 17, 255, 4096, 65536, 1 << 20, 1 << 28, (1 << 31) - 1, -(1 << 31))


def _list(vector: Any) -> list[Any]:
    return [] if vector is None else list(vector)


def _shape(model: Any, rng: random.Random) -> None:
    tensor = rng.choice(model.subgraphs[0].tensors)
    shape = [int(n) for n in _list(tensor.shape)]
    change = rng.randrange(4)
    if change == 0 or not shape:
        shape.insert(rng.randint(0, len(shape)), rng.choice((1, 1, *_SIZES)))
    elif change == 1:
        shape.pop(rng.randrange(len(shape)))
    elif change == 2:
        rng.shuffle(shape)
    else:
        shape[rng.randrange(len(shape))] = rng.choice(_SIZES)
    tensor.shape = shape


def _type(model: Any, rng: random.Random) -> None:
    rng.choice(model.subgraphs[0].tensors).type = rng.choice((0, 2, 3, 4, 6, 7, 9, 9, 13, 15, 17, 1, 5, 99))


def _quantization(model: Any, rng: random.Random) -> None:
    tensor = rng.choice(model.subgraphs[0].tensors)
    table = tensor.quantization
    if table is None or rng.random() < 0.2:
        tensor.quantization = None
        return
    change = rng.randrange(5)
    scales = [float(s) for s in _list(table.scale)] or [1.0]
    if change == 0:
        table.scale = scales * rng.choice((2, 3)) if rng.random() < 0.7 else []
    elif change == 1:
        table.scale = [rng.choice((0.0, -1.0, 1e-38, 3e38, float("nan"), float("inf"), 1e-6, 1e6, rng.uniform(0.001, 10))) for _ in scales]
    elif change == 2:
        table.zeroPoint = [rng.choice((-129, 128, -128, 127, 1 << 40, -(1 << 62), 255, 0)) for _ in scales]
    elif change == 3:
        table.zeroPoint = [0] * rng.randrange(4)
    else:
        table.quantizedDimension = rng.choice((-1, 0, 1, 2, 3, 4, 99))


def _buffer(model: Any, rng: random.Random) -> None:
    tensor = rng.choice(model.subgraphs[0].tensors)
    change = rng.randrange(3)
    if change == 0:
        tensor.buffer = rng.choice((0, 1, len(model.buffers) - 1, len(model.buffers), 0x7FFFFFFF))
    elif change == 1:
        rng.choice(model.buffers).data = None
    else:
        data = [int(byte) for byte in _list(rng.choice(model.buffers).data)]
        for _ in range(rng.choice((1, 4)) if data else 0):
            data[rng.randrange(len(data))] = rng.randrange(256)
        rng.choice(model.buffers).data = data


def _wires(model: Any, rng: random.Random) -> None:
    """Operators and ends that name other tensors: out of range, doubled, in a circle, missing."""
    graph = model.subgraphs[0]
    lists = [(graph, "inputs"), (graph, "outputs"), *((operator, side) for operator in graph.operators for side in ("inputs", "outputs"))]
    holder, side = rng.choice(lists)
    indices = [int(i) for i in _list(getattr(holder, side))]
    change = rng.randrange(4)
    anything = rng.choice((-1, -2, len(graph.tensors), 0x7FFFFFFF, *range(len(graph.tensors))))
    if change == 0 or not indices:
        indices.append(anything)
    elif change == 1:
        indices.pop(rng.randrange(len(indices)))
    elif change == 2:
        rng.shuffle(indices)
    else:
        indices[rng.randrange(len(indices))] = anything
    setattr(holder, side, indices)


def _options(model: Any, rng: random.Random) -> None:
    operator = rng.choice(model.subgraphs[0].operators)
    options = operator.builtinOptions
    if options is None or rng.random() < 0.1:
        operator.builtinOptions, operator.builtinOptionsType = None, 0
        return
    names = [name for name, value in vars(options).items() if isinstance(value, int | float) and not isinstance(value, str)]
    if names:
        name = rng.choice(names)
        value = getattr(options, name)
        if isinstance(value, float):
            setattr(options, name, rng.choice((0.0, -1.0, 1e30, float("nan"), float("inf"))))
        elif isinstance(value, bool):
            setattr(options, name, not value)
        else:
            setattr(options, name, rng.choice((0, 1, 2, 3, 4, 5, 17, 100, 127, -1, -2, -128)))


def _code(model: Any, rng: random.Random) -> None:
    code = rng.choice(model.operatorCodes)
    code.builtinCode = rng.choice((*range(160), -1, 5000))
    code.deprecatedBuiltinCode = min(max(code.builtinCode, 0), 127)


def _operators(model: Any, rng: random.Random) -> None:
    """Operators twice, turned round, or none."""
    graph = model.subgraphs[0]
    change = rng.randrange(3)
    graph.operators = graph.operators * 2 if change == 0 else graph.operators[::-1] if change == 1 else []


_PARTS: dict[str, Callable[[Any, random.Random], None]] = {
    "shape": _shape,
    "type": _type,
    "quantization": _quantization,
    "buffer": _buffer,
    "wires": _wires,
    "options": _options,
    "code": _code,
    "operators": _operators,
}


def _meaning(part: str, model: bytes, rng: random.Random) -> bytes:
    """A well-formed file whose model makes no sense, or another."""
    view = schema.ModelT.InitFromPackedBuf(model, 0)
    for _ in range(rng.choice((1, 1, 2))):
        _PARTS[part](view, rng)
    builder = flatbuffers.Builder(1024)
    try:
        builder.Finish(view.Pack(builder), b"TFL3")
    except (TypeError, struct.error, OverflowError):  # a number that its field cannot hold: damage the bytes instead
        return structure(model, rng)
    return bytes(builder.Output())


MUTATORS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bits": bits,
    "cut": cut,
    "words": words,
    "structure": structure,
    **{part: functools.partial(_meaning, part) for part in _PARTS},
}
