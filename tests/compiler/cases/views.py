"""Operators that rearrange: transposed, sliced, reversed, broadcast, cut into blocks, padded, stacked, looked up."""

from __future__ import annotations

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.draw import Draw


def quantization(draw: Draw, dtype: str) -> dict[str, float | int]:
    """Keywords for a tensor: scale and zero point where the type has them."""
    if dtype in ("int8", "uint8", "int16"):
        return {"scale": draw.scale(), "zero_point": draw.zero_point(dtype)}
    return {}


def ints(builder: Builder, values: list[int], dtype: str = "int32") -> int:
    """A constant vector."""
    return builder.tensor((len(values),), dtype, data=np.array(values, dtype))


def one(draw: Draw, types: str) -> tuple[Builder, str, dict[str, float | int]]:
    """A builder, one of the types, and one quantisation for all tensors of that type."""
    dtype = draw.choice(types.split())
    return Builder(), dtype, quantization(draw, dtype)


def transpose(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 float32")
    shape = draw.shape(1, 5, 4)
    order = draw.permutation(len(shape))
    x = builder.input(shape, dtype, **q)
    y = builder.output(tuple(shape[axis] for axis in order), dtype, **q)
    builder.operator("TRANSPOSE", [x, ints(builder, order)], [y], "TransposeOptions")
    return draw.case(builder)


def slice_(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 int32 float32 bool")
    shape = draw.shape(1, 5, 5)
    begins = [draw.int(0, n - 1) for n in shape]
    sizes = [draw.int(1, n - begin) for n, begin in zip(shape, begins, strict=True)]
    stated = [-1 if begin + size == n and draw.bool() else size for n, begin, size in zip(shape, begins, sizes, strict=True)]
    kind = draw.choice(["int32", "int64"])
    x = builder.input(shape, dtype, **q)
    y = builder.output(tuple(sizes), dtype, **q)
    builder.operator("SLICE", [x, ints(builder, begins, kind), ints(builder, stated, kind)], [y], "SliceOptions")
    return draw.case(builder)


def strided_slice(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 int32 float32 bool")
    shape = draw.shape(1, 4)
    masks = {"beginMask": 0, "endMask": 0, "shrinkAxisMask": 0}
    begins, ends, strides, sizes = [], [], [], []
    for axis, n in enumerate(shape):
        begin, stride = draw.int(0, n - 1), draw.choice([1, 1, 2, 3, -1, -2])
        kind = draw.int(0, 3)
        count = draw.int(1, len(range(begin, n if stride > 0 else -1, stride)))
        end = begin + (count - 1) * stride + (1 if stride > 0 else -1)
        if kind == 3 and stride > 0:
            masks["shrinkAxisMask"] |= 1 << axis
            end = draw.int(-9, 9)
        else:
            if kind == 1:
                masks["beginMask"] |= 1 << axis
                begin = 0 if stride > 0 else n - 1
            if kind == 2 or end < 0:
                masks["endMask"] |= 1 << axis
                end = n if stride > 0 else -1
            sizes.append(len(range(begin, end, stride)))
            if sizes[-1] == 0:
                return strided_slice(draw)
            if masks["beginMask"] >> axis & 1:
                begin = draw.int(-9, 9)
            if masks["endMask"] >> axis & 1:
                end = draw.int(-9, 9)
        if not masks["beginMask"] >> axis & 1 and draw.bool():
            begin -= n
        begins, ends, strides = [*begins, begin], [*ends, end], [*strides, stride]
    x = builder.input(shape, dtype, **q)
    y = builder.output(tuple(sizes), dtype, **q)
    operands = [x, ints(builder, begins), ints(builder, ends), ints(builder, strides)]
    builder.operator("STRIDED_SLICE", operands, [y], "StridedSliceOptions", **masks)
    return draw.case(builder)


def reverse(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 uint8 int16 int32 int64 float32 bool")
    shape = draw.shape(1, 5, 4)
    first = draw.int(0, len(shape) - 1)
    axes = list(range(first, draw.int(first, len(shape) - 1) + 1))
    axes = [axis - len(shape) if draw.bool() else axis for axis in (axes[::-1] if draw.bool() else axes)]
    x = builder.input(shape, dtype, **q)
    y = builder.output(shape, dtype, **q)
    builder.operator("REVERSE_V2", [x, ints(builder, axes)], [y], "ReverseV2Options")
    return draw.case(builder)


def broadcast_to(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 uint8 int16 int32 int64 float32 bool")
    target = draw.shape(1, 5, 4)
    shape = tuple(1 if draw.bool() else n for n in target)[draw.int(0, len(target) - 1) :]
    x = builder.input(shape, dtype, **q)
    y = builder.output(target, dtype, **q)
    builder.operator("BROADCAST_TO", [x, ints(builder, list(target))], [y], "BroadcastToOptions")
    return draw.case(builder)


def depth_space(name: str, draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 float32")
    batch, height, width, depth = (draw.int(1, 3) for _ in range(4))
    block = draw.int(1, 3)
    flat, deep = (batch, height * block, width * block, depth), (batch, height, width, depth * block * block)
    x = builder.input(deep if name == "DEPTH_TO_SPACE" else flat, dtype, **q)
    y = builder.output(flat if name == "DEPTH_TO_SPACE" else deep, dtype, **q)
    builder.operator(name, [x], [y], "DepthToSpaceOptions" if name == "DEPTH_TO_SPACE" else "SpaceToDepthOptions", blockSize=block)
    return draw.case(builder)


def batch_space(name: str, draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 float32")
    spatial = draw.int(1, 2)
    batch, depth = draw.int(1, 3), draw.int(1, 3)
    block = [draw.int(1, 3) for _ in range(spatial)]
    small = [draw.int(1, 4) for _ in range(spatial)]
    whole = [b * n for b, n in zip(block, small, strict=True)]
    margins = []
    for n in whole:
        if name == "SPACE_TO_BATCH_ND":  # what the oracle pads with is left to chance; see the operator's docstring
            margins += [0, 0]
            continue
        before = draw.int(0, min(n - 1, 3))
        margins += [before, draw.int(0, min(n - 1 - before, 3))]
    inner = [n - before - after for n, before, after in zip(whole, margins[::2], margins[1::2], strict=True)]
    big_shape, small_shape = (batch, *inner, depth), (batch * int(np.prod(block)), *small, depth)
    x = builder.input(big_shape if name == "SPACE_TO_BATCH_ND" else small_shape, dtype, **q)
    y = builder.output(small_shape if name == "SPACE_TO_BATCH_ND" else big_shape, dtype, **q)
    table = builder.tensor((spatial, 2), "int32", data=np.array(margins, np.int32))
    options = "SpaceToBatchNDOptions" if name == "SPACE_TO_BATCH_ND" else "BatchToSpaceNDOptions"
    builder.operator(name, [x, ints(builder, block), table], [y], options)
    return draw.case(builder)


def pad(name: str, draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 int32 float32")
    shape = draw.shape(1, 5, 4)
    amounts = [[draw.int(0, 3), draw.int(0, 3)] if draw.bool() else [0, 0] for _ in shape]
    x = builder.input(shape, dtype, **q)
    y = builder.output(tuple(n + sum(pair) for n, pair in zip(shape, amounts, strict=True)), dtype, **q)
    operands = [x, builder.tensor((len(shape), 2), "int32", data=np.array(amounts, np.int32))]
    if name == "PADV2":
        value = draw.values(dtype, ())
        operands.append(builder.tensor((), dtype, data=value, **q) if draw.bool() else builder.input((1,), dtype, **q))
    builder.operator(name, operands, [y], "PadOptions" if name == "PAD" else "PadV2Options")
    return draw.case(builder)


def mirror_pad(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 float32")
    shape, mode = draw.shape(1, 4, 5), draw.int(0, 1)
    most = [n - 1 + mode for n in shape]
    amounts = [[draw.int(0, n), draw.int(0, n)] for n in most]
    x = builder.input(shape, dtype, **q)
    y = builder.output(tuple(n + sum(pair) for n, pair in zip(shape, amounts, strict=True)), dtype, **q)
    table = builder.tensor((len(shape), 2), "int32", data=np.array(amounts, np.int32))
    builder.operator("MIRROR_PAD", [x, table], [y], "MirrorPadOptions", mode=mode)
    return draw.case(builder)


def resize(name: str, types: str, draw: Draw) -> Case:
    builder, dtype, q = one(draw, types)
    batch, depth = draw.int(1, 2), draw.int(1, 3)
    height, width, tall, wide = draw.int(1, 7), draw.int(1, 7), draw.int(1, 12), draw.int(1, 12)
    corners = draw.bool()
    half = draw.bool() and not (corners and name == "RESIZE_BILINEAR")
    x = builder.input((batch, height, width, depth), dtype, **q)
    y = builder.output((batch, tall, wide, depth), dtype, **q)
    options = "ResizeBilinearOptions" if name == "RESIZE_BILINEAR" else "ResizeNearestNeighborOptions"
    builder.operator(name, [x, ints(builder, [tall, wide])], [y], options, alignCorners=corners, halfPixelCenters=half)
    return draw.case(builder)


def pack(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 int32 int64 float32")
    shape, count = draw.shape(0, 4, 5), draw.int(1, 4)
    axis = draw.int(0, len(shape))
    inputs = [builder.input(shape, dtype, **q) for _ in range(count)]
    y = builder.output((*shape[:axis], count, *shape[axis:]), dtype, **q)
    stated = axis - len(shape) - 1 if draw.bool() else axis
    builder.operator("PACK", inputs, [y], "PackOptions", axis=stated, valuesCount=count)
    return draw.case(builder)


def unpack(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 int32 float32")
    shape, count = draw.shape(1, 4, 5), draw.int(1, 4)
    axis = draw.int(0, len(shape))
    x = builder.input((*shape[:axis], count, *shape[axis:]), dtype, **q)
    outputs = [builder.output(shape, dtype, **q) for _ in range(count)]
    stated = axis - len(shape) - 1 if draw.bool() else axis
    builder.operator("UNPACK", [x], outputs, "UnpackOptions", axis=stated, num=count)
    return draw.case(builder)


def split_v(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 int32 float32")
    shape = draw.shape()
    axis = draw.int(0, len(shape) - 1)
    sizes = [draw.int(1, 4) for _ in range(draw.int(1, 4))]
    x = builder.input((*shape[:axis], sum(sizes), *shape[axis + 1 :]), dtype, **q)
    outputs = [builder.output((*shape[:axis], size, *shape[axis + 1 :]), dtype, **q) for size in sizes]
    operands = [x, ints(builder, sizes), ints(builder, [axis - len(shape) if draw.bool() else axis])]
    builder.operator("SPLIT_V", operands, outputs, "SplitVOptions", numSplits=len(sizes))
    return draw.case(builder)


def gather_nd(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 float32")
    shape, outer = draw.shape(1, 5, 4), draw.shape(0, 2, 4)
    depth = draw.int(1, len(shape))
    x = builder.input(shape, dtype, **q)
    index = builder.input((*outer, depth), "int32")
    y = builder.output((*outer, *shape[depth:]), dtype, **q)
    builder.operator("GATHER_ND", [x, index], [y], "GatherNdOptions")
    case = draw.case(builder)
    case.inputs[1] = draw.rng().integers(0, shape[:depth], (*outer, depth)).astype(np.int32)
    return case


def gather(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 float32")
    shape = draw.shape(1, 4)
    axis = draw.int(0, len(shape) - 1)
    batch = draw.int(0, axis)
    index_shape = (*shape[:batch], *draw.shape(0 if batch else 1, 2))
    x = builder.input(shape, dtype, **q)
    index = builder.input(index_shape, "int32")
    y = builder.output((*shape[:axis], *index_shape[batch:], *shape[axis + 1 :]), dtype, **q)
    stated = batch - len(index_shape) if batch < len(index_shape) and draw.bool() else batch
    options = {"axis": axis - len(shape) if draw.bool() else axis, "batchDims": stated}
    builder.operator("GATHER", [x, index], [y], "GatherOptions", **options)
    case = draw.case(builder)
    case.inputs[1] = draw.rng().integers(0, shape[axis], index_shape).astype(np.int32)
    return case


def embedding_lookup(draw: Draw) -> Case:
    builder = Builder()
    dtype, result = draw.choice([("int8", "int8"), ("float32", "float32"), ("int8", "float32")])
    q = {"scale": draw.scale(), "zero_point": 0} if dtype == "int8" else {}
    shape, count = draw.shape(2, 4, 5), draw.int(1, 6)
    index = builder.input((count,), "int32")
    table = builder.tensor(shape, dtype, data=draw.values(dtype, shape), **q) if draw.bool() else builder.input(shape, dtype, **q)
    y = builder.output((count, *shape[1:]), result, **(q if result == "int8" else {}))
    builder.operator("EMBEDDING_LOOKUP", [index, table], [y])
    case = draw.case(builder)
    case.inputs[0] = draw.rng().integers(0, shape[0], (count,)).astype(np.int32)
    return case


def dynamic_update_slice(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 int32 float32")
    shape = draw.shape(1, 5, 4)
    update = tuple(draw.int(1, n) for n in shape)
    kind = draw.choice(["int32", "int64"])
    x = builder.input(shape, dtype, **q)
    new = builder.input(update, dtype, **q)
    index = builder.input((len(shape),), kind)
    y = builder.output(shape, dtype, **q)
    builder.operator("DYNAMIC_UPDATE_SLICE", [x, new, index], [y], "DynamicUpdateSliceOptions")
    case = draw.case(builder)
    case.inputs[2] = draw.rng().integers(-2, 6, (len(shape),)).astype(kind)
    return case


def fill(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int32 float32")
    shape = draw.shape()
    value = builder.input((), dtype, **q)
    y = builder.output(shape, dtype, **q)
    builder.operator("FILL", [ints(builder, list(shape), draw.choice(["int32", "int64"])), value], [y], "FillOptions")
    return draw.case(builder)


def zeros_like(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int32 int64 float32")
    shape = draw.shape()
    x = builder.input(shape, dtype, **q)
    y = builder.output(shape, dtype, **q)
    builder.operator("ZEROS_LIKE", [x], [y], "ZerosLikeOptions")
    return draw.case(builder)


def shape_(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 int32 float32")
    shape = draw.shape(1, 5)
    x = builder.input(shape, dtype, **q)
    y = builder.output((len(shape),), "int32")
    builder.operator("SHAPE", [x], [y], "ShapeOptions", outType=2)
    return draw.case(builder)


CASES = {
    "TRANSPOSE": transpose,
    "SLICE": slice_,
    "STRIDED_SLICE": strided_slice,
    "REVERSE_V2": reverse,
    "BROADCAST_TO": broadcast_to,
    "DEPTH_TO_SPACE": lambda draw: depth_space("DEPTH_TO_SPACE", draw),
    "SPACE_TO_DEPTH": lambda draw: depth_space("SPACE_TO_DEPTH", draw),
    "SPACE_TO_BATCH_ND": lambda draw: batch_space("SPACE_TO_BATCH_ND", draw),
    "BATCH_TO_SPACE_ND": lambda draw: batch_space("BATCH_TO_SPACE_ND", draw),
    "PAD": lambda draw: pad("PAD", draw),
    "PADV2": lambda draw: pad("PADV2", draw),
    "MIRROR_PAD": mirror_pad,
    "RESIZE_NEAREST_NEIGHBOR": lambda draw: resize("RESIZE_NEAREST_NEIGHBOR", "int8 int16 float32", draw),
    "RESIZE_BILINEAR": lambda draw: resize("RESIZE_BILINEAR", "int8 float32", draw),
    "PACK": pack,
    "UNPACK": unpack,
    "SPLIT_V": split_v,
    "GATHER_ND": gather_nd,
    "GATHER": gather,
    "EMBEDDING_LOOKUP": embedding_lookup,
    "DYNAMIC_UPDATE_SLICE": dynamic_update_slice,
    "FILL": fill,
    "ZEROS_LIKE": zeros_like,
    "SHAPE": shape_,
}
