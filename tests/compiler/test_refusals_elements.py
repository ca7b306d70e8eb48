"""What cannot be compiled is refused with a sentence that says why: element-wise and rearranging operators, variables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.build import Builder
from tests.compiler.batch import program_of
from tests.compiler.cases.variables import assign, handle, read
from tinylm.errors import ModelError

Q = {"scale": 0.1, "zero_point": 3}


def model(name: str, options: str | None, inputs: list[tuple], output: tuple, **fields: int) -> Callable[[], bytes]:
    """inputs: (shape, dtype, keywords or constant data); output: (shape, dtype, keywords)."""

    def build() -> bytes:
        builder = Builder()
        operands = []
        for shape, dtype, more in inputs:
            if isinstance(more, dict):
                operands.append(builder.input(shape, dtype, **more))
            else:
                operands.append(builder.tensor(shape, dtype, data=np.array(more).reshape(shape)))
        shape, dtype, keywords = output
        builder.operator(name, operands, [builder.output(shape, dtype, **keywords)], options, **fields)
        return builder.finish()

    return build


def unary(name: str, dtype: str, to: str | None = None, q: dict | None = None, r: dict | None = None) -> Callable[[], bytes]:
    return model(name, None, [((2, 3), dtype, q or {})], ((2, 3), to or dtype, r if r is not None else q or {}))


def binary(
    name: str, options: str, dtype: str, b: tuple[int, ...] = (2, 3), q: dict | None = None, to: str | None = None
) -> Callable[[], bytes]:
    return model(name, options, [((2, 3), dtype, q or {}), (b, dtype, q or {})], ((2, 3), to or dtype, q or {}))


def unassigned() -> bytes:
    builder = Builder()
    read(builder, handle(builder, "v"), (2,), "float32", output=True)
    return builder.finish()


def late_call_once() -> bytes:
    builder = Builder()
    x = builder.input((2,), "float32")
    variable = handle(builder, "v")
    read(builder, variable, (2,), "float32", output=True)
    assign(builder, variable, x)
    builder.subgraph()
    builder.operator("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=1)
    return builder.finish()


def lost_subgraph() -> bytes:
    builder = Builder()
    builder.operator("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=4)
    variable = handle(builder, "v")
    read(builder, variable, (2,), "float32", output=True)
    assign(builder, variable, builder.input((2,), "float32"))
    return builder.finish()


ROWS: list[tuple[str, Callable[[], bytes], str]] = [
    ("QUANTIZE int64", unary("QUANTIZE", "int64", "int8", None, Q), "does not support"),
    ("QUANTIZE to bool", unary("QUANTIZE", "int8", "bool", Q), "supported here: int8, uint8, int16, int32"),
    ("QUANTIZE without scale", unary("QUANTIZE", "float32", "int8", None, {}), "quantised with one scale"),
    ("DEQUANTIZE int32", unary("DEQUANTIZE", "int32", "float32"), "supported here: int8, uint8, int16"),
    (
        "TRANSPOSE int32",
        model("TRANSPOSE", "TransposeOptions", [((2, 3), "int32", {}), ((2,), "int32", [1, 0])], ((3, 2), "int32", {})),
        "does not support",
    ),
    (
        "TRANSPOSE twice the same",
        model("TRANSPOSE", "TransposeOptions", [((2, 3), "int8", Q), ((2,), "int32", [1, 1])], ((3, 3), "int8", Q)),
        "for a permutation",
    ),
    (
        "TRANSPOSE by an input",
        model("TRANSPOSE", "TransposeOptions", [((2, 3), "int8", Q), ((2,), "int32", {})], ((3, 2), "int8", Q)),
        "to be a constant",
    ),
    (
        "SLICE too far",
        model("SLICE", "SliceOptions", [((4,), "int8", Q), ((1,), "int32", [2]), ((1,), "int32", [3])], ((3,), "int8", Q)),
        "takes 3 elements from 2",
    ),
    (
        "STRIDED_SLICE stride 0",
        model("STRIDED_SLICE", "StridedSliceOptions", [((4,), "int8", Q), *[((1,), "int32", [n]) for n in (0, 4, 0)]], ((4,), "int8", Q)),
        "stride of 0",
    ),
    (
        "STRIDED_SLICE ellipsis",
        model(
            "STRIDED_SLICE",
            "StridedSliceOptions",
            [((4,), "int8", Q), *[((1,), "int32", [n]) for n in (0, 4, 1)]],
            ((4,), "int8", Q),
            ellipsisMask=1,
        ),
        "ellipsis_mask",
    ),
    (
        "STRIDED_SLICE backwards and shrunk",
        model(
            "STRIDED_SLICE",
            "StridedSliceOptions",
            [((4,), "int8", Q), *[((1,), "int32", [n]) for n in (1, 0, -1)]],
            ((), "int8", Q),
            shrinkAxisMask=1,
        ),
        "TFLM writes nothing",
    ),
    ("PAD shape", model("PAD", "PadOptions", [((2,), "int8", Q), ((1, 2), "int32", [1, 1])], ((5,), "int8", Q)), "where [4] is expected"),
    (
        "PAD negative",
        model("PAD", "PadOptions", [((2,), "int8", Q), ((1, 2), "int32", [-1, 2])], ((3,), "int8", Q)),
        "has paddings [-1, 2]",
    ),
    (
        "MIRROR_PAD too far",
        model("MIRROR_PAD", "MirrorPadOptions", [((2,), "int8", Q), ((1, 2), "int32", [2, 0])], ((4,), "int8", Q), mode=0),
        "more than",
    ),
    (
        "REVERSE_V2 axes apart",
        model("REVERSE_V2", "ReverseV2Options", [((2, 3, 4), "int8", Q), ((2,), "int32", [0, 2])], ((2, 3, 4), "int8", Q)),
        "side by side",
    ),
    (
        "DEPTH_TO_SPACE block",
        model("DEPTH_TO_SPACE", "DepthToSpaceOptions", [((1, 2, 2, 4), "int8", Q)], ((1, 2, 2, 4), "int8", Q), blockSize=0),
        "block size of 0",
    ),
    (
        "SPACE_TO_BATCH_ND padded",
        model(
            "SPACE_TO_BATCH_ND",
            "SpaceToBatchNDOptions",
            [((1, 2, 2, 1), "int8", Q), ((2,), "int32", [2, 2]), ((2, 2), "int32", [2, 0, 0, 0])],
            ((4, 2, 1, 1), "int8", Q),
        ),
        "never sets",
    ),
    (
        "RESIZE_BILINEAR both",
        model(
            "RESIZE_BILINEAR",
            "ResizeBilinearOptions",
            [((1, 2, 2, 1), "int8", Q), ((2,), "int32", [4, 4])],
            ((1, 4, 4, 1), "int8", Q),
            alignCorners=True,
            halfPixelCenters=True,
        ),
        "which TFLM refuses",
    ),
    (
        "PACK shapes",
        model("PACK", "PackOptions", [((2,), "int8", Q), ((3,), "int8", Q)], ((2, 2), "int8", Q), valuesCount=2),
        "shapes that do not fit",
    ),
    (
        "GATHER batch",
        model("GATHER", "GatherOptions", [((2, 3), "int8", Q), ((3,), "int32", {})], ((3, 3), "int8", Q), batchDims=1, axis=1),
        "batch dimensions",
    ),
    (
        "GATHER_ND depth",
        model("GATHER_ND", "GatherNdOptions", [((2,), "int8", Q), ((1, 2), "int32", {})], ((1,), "int8", Q)),
        "tuples of 2 indices",
    ),
    ("ADD broadcast", binary("ADD", "AddOptions", "float32", (2, 4)), "cannot broadcast"),
    ("ADD int32 quantised", binary("ADD", "AddOptions", "int32", q={"scale": 0.1}), "only without quantisation"),
    ("ADD int16 zero point", binary("ADD", "AddOptions", "int16", q=Q), "zero points of 0"),
    ("ADD uint8", binary("ADD", "AddOptions", "uint8", q=Q), "does not support"),
    ("DIV int16", binary("DIV", "DivOptions", "int16", q=Q), "does not support"),
    ("GREATER int16", binary("GREATER", "GreaterOptions", "int16", to="bool"), "does not support"),
    ("GREATER of bools", binary("GREATER", "GreaterOptions", "bool"), "does not support"),
    ("EQUAL coarse", binary("EQUAL", "EqualOptions", "int8", q={"scale": 1.5}, to="bool"), "scales that do not fit"),
    ("LESS to int8", binary("LESS", "LessOptions", "float32", to="int8"), "supported here: bool"),
    ("LOGISTIC int16 output", unary("LOGISTIC", "int16", q={"scale": 0.01}), "output scale of 1/32768"),
    ("TANH int16 coarse", unary("TANH", "int16", q={"scale": 8.0}, r={"scale": 1 / 32768}), "too large for int16"),
    ("HARD_SWISH output", unary("HARD_SWISH", "int8", q={"scale": 0.4}, r={"scale": 0.002}), "too small for its input"),
    ("EXP int8", unary("EXP", "int8", q=Q), "supported here: float32"),
    ("RSQRT int16", unary("RSQRT", "int16", q={"scale": 0.1}), "does not support"),
    ("CAST to bool", unary("CAST", "float32", "bool"), "supported here: int8"),
    (
        "ARG_MAX to int64",
        model("ARG_MAX", "ArgMaxOptions", [((2, 3), "int8", Q), ((1,), "int32", [1])], ((2,), "int64", {})),
        "supported here: int32",
    ),
    ("ARG_MAX axis", model("ARG_MAX", "ArgMaxOptions", [((2, 3), "int8", Q), ((1,), "int32", [2])], ((2,), "int32", {})), "along axis 2"),
    (
        "CUMSUM axis input",
        model("CUMSUM", "CumsumOptions", [((2, 3), "float32", {}), ((1,), "int32", {})], ((2, 3), "float32", {})),
        "to be a constant",
    ),
    ("SHAPE to int64", model("SHAPE", "ShapeOptions", [((2, 3), "int8", Q)], ((2,), "int64", {})), "supported here: int32"),
    (
        "EMBEDDING_LOOKUP zero point",
        model("EMBEDDING_LOOKUP", None, [((2,), "int32", {}), ((3, 4), "int8", Q)], ((2, 4), "float32", {})),
        "zero point of 0",
    ),
    ("a variable without a value", unassigned, "nothing is ever assigned"),
    ("CALL_ONCE too late", late_call_once, "after a variable was used"),
    ("CALL_ONCE of no subgraph", lost_subgraph, "names subgraph 4 of 1"),
]


@pytest.mark.parametrize(("build", "text"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_refusal_says_why(build: Callable[[], bytes], text: str) -> None:
    with pytest.raises(ModelError) as error:
        program_of(build())
    assert text in str(error.value), str(error.value)
