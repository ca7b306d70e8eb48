"""The exported step graph: what TFLM computes is what the minGRU's formulas say, and the file is as a compiler wants it."""

import numpy as np
import pytest
import tflite
from numpy.typing import NDArray

from tinylm.errors import ModelError
from tinylm.lm import export
from tinylm.lm.tflite_writer import Writer

pytest.importorskip("ai_edge_litert")
VOCABULARY, EMBEDDING, WIDTHS = 40, 12, (16, 20)


def random_weights(seed: int = 3) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    sizes = {"embedding": (VOCABULARY, EMBEDDING), "head.w": (VOCABULARY, WIDTHS[-1]), "head.b": (VOCABULARY,)}
    for layer, (before, width) in enumerate(zip((EMBEDDING, *WIDTHS), WIDTHS, strict=False)):
        for part in "zco":
            sizes |= {f"{layer}.{part}.w": (width, before), f"{layer}.{part}.b": (width,)}
    return {name: rng.normal(0, 0.6, shape).astype(np.float32) for name, shape in sizes.items()}


WEIGHTS = random_weights()
MODEL = export.export(WEIGHTS)
GRAPH = export.step_graph("step.tflite", len(WIDTHS))


def quantised(x: NDArray[np.float64], scale: float, low: int = -128, high: int = 127) -> NDArray[np.float64]:
    """Half away from zero, as TFLM rounds."""
    return np.clip(np.trunc(x / scale + np.copysign(0.5, x)), low, high) * scale


def reference(token: int, states: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """One step by the formulas in ``tinylm.lm.export``, in float64 with the tensors' rounding."""

    def dense(x: NDArray[np.float64], name: str, scale: float) -> NDArray[np.float64]:
        step = export.scale_of(WEIGHTS[f"{name}.w"])
        return quantised(np.round(WEIGHTS[f"{name}.w"] / step) * step @ x + WEIGHTS[f"{name}.b"], scale)

    scale = export.scale_of(WEIGHTS["embedding"])
    x = np.round(WEIGHTS["embedding"][token] / scale) * scale
    made = []
    for layer, h in enumerate(states):
        z, o = (quantised(1 / (1 + np.exp(-dense(x, f"{layer}.{part}", export.GATE))), export.SIGMOID, 0, 255) for part in "zo")
        c = quantised(np.tanh(dense(x, f"{layer}.c", export.CANDIDATE)), export.STATE)
        move = quantised(z * quantised(c - h, export.DIFFERENCE), export.STATE)
        made.append(quantised(h + move, export.STATE))
        x = quantised(made[-1] * o, export.STATE)
    return dense(x, "head", export.LOGIT), made


def test_tflm_computes_the_formulas_of_the_layer() -> None:
    """From the same int8 state each step, so that roundings (TFLM rounds twice in places) do not add up over the sequence."""
    oracle_module = pytest.importorskip("tinylm.lm.oracle")
    pytest.importorskip("tflite_micro")
    oracle = oracle_module.Oracle(MODEL, GRAPH)
    off, worst = 0, 0.0
    tokens = np.random.default_rng(1).integers(0, VOCABULARY, 300)
    for token in tokens:
        states = [np.asarray(value[0], np.float64) * export.STATE for value in oracle._values]
        logits = oracle.step(int(token))[0][0] * oracle.scale
        want, after = reference(int(token), states)
        gaps = [np.abs(logits - want) / export.LOGIT]
        gaps += [np.abs(value[0] * export.STATE - h) / export.STATE for value, h in zip(oracle._values, after, strict=True)]
        worst = max(worst, *(float(gap.max()) for gap in gaps))
        off += sum(int((gap > 0.5).sum()) for gap in gaps)
    # One step of a gate is up to four steps of the state, and TFLM rounds a few in a hundred gates the other way.
    assert worst <= 6
    assert off / (len(tokens) * (VOCABULARY + sum(WIDTHS))) < 0.02


def test_state_has_the_same_scale_in_and_out() -> None:
    graph = tflite.Model.GetRootAsModel(MODEL, 0).Subgraphs(0)
    named = {graph.Tensors(at).Name().decode(): graph.Tensors(at).Quantization() for at in range(graph.TensorsLength())}
    for state in GRAPH.states:
        came, went = named[state.input], named[state.output]
        assert (came.Scale(0), came.ZeroPoint(0)) == (went.Scale(0), went.ZeroPoint(0))


def test_constants_lie_on_16_byte_boundaries() -> None:
    model = tflite.Model.GetRootAsModel(MODEL, 0)
    found = 0
    for at in range(model.BuffersLength()):
        buffer = model.Buffers(at)
        if not buffer.DataIsNone() and buffer.DataLength():
            assert buffer._tab.Vector(buffer._tab.Offset(4)) % 16 == 0
            found += 1
    assert found == 1 + 2 * (3 * len(WIDTHS) + 1)


def test_signature_names_inputs_and_outputs() -> None:
    signature = tflite.Model.GetRootAsModel(MODEL, 0).SignatureDefs(0)
    assert [signature.Inputs(at).Name() for at in range(signature.InputsLength())] == [b"token", b"h0_in", b"h1_in"]
    assert [signature.Outputs(at).Name() for at in range(signature.OutputsLength())] == [b"logits", b"h0_out", b"h1_out"]


def test_the_same_weights_give_the_same_bytes() -> None:
    assert export.export(random_weights()) == MODEL


def test_writer_makes_one_operator_files_with_options_and_per_axis_scales() -> None:
    writer = Writer()
    x = writer.add_tensor("x", [1, 4], "int8", scale=0.5)
    w = writer.add_tensor("w", [3, 4], "int8", np.ones((3, 4)), scale=[0.1, 0.2, 0.3], zero_point=0, axis=0)
    y = writer.add_tensor("y", [1, 3], "int8", scale=0.5, zero_point=-3)
    writer.add_operator("FULLY_CONNECTED", [x, w, -1], [y], writer.options("FullyConnectedOptions", fusedActivationFunction=1))
    graph = tflite.Model.GetRootAsModel(writer.finish([x], [y]), 0).Subgraphs(0)
    options = tflite.FullyConnectedOptions()
    options.Init(graph.Operators(0).BuiltinOptions().Bytes, graph.Operators(0).BuiltinOptions().Pos)
    assert options.FusedActivationFunction() == 1
    assert graph.Operators(0).InputsAsNumpy().tolist() == [x, w, -1]
    assert graph.Tensors(w).Quantization().ScaleAsNumpy().tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert graph.Tensors(y).Quantization().ZeroPoint(0) == -3


def test_a_graph_that_lacks_a_named_tensor_is_refused() -> None:
    pytest.importorskip("tflite_micro")
    from tinylm.lm.oracle import Oracle

    with pytest.raises(ModelError, match="h2_in"):
        Oracle(MODEL, export.step_graph("step.tflite", 3))
