"""The exported step graph: what TFLM computes is what the formulas say, and the file is as a compiler wants it."""

from typing import Any

import msgspec
import numpy as np
import pytest
import tflite
from numpy.typing import NDArray

from tinylm.errors import ModelError
from tinylm.lm import export
from tinylm.lm.home import FLAGS
from tinylm.lm.read_back import read_back
from tinylm.lm.shrink import shrink
from tinylm.lm.student import StudentSpec, initial
from tinylm.lm.tflite_writer import Writer

pytest.importorskip("ai_edge_litert")
SPEC = StudentSpec(embedding=6, inner=12, layers=(16, 20), attention=8, window=12)
VOCABULARY, STRUCTURAL = 40, 15


def random_weights(seed: int = 3) -> dict[str, NDArray[np.float32]]:
    weights, rng = initial(SPEC, VOCABULARY, STRUCTURAL, seed), np.random.default_rng(seed)
    return {name: value if value.ndim > 1 else rng.normal(0, 0.3, value.shape).astype(np.float32) for name, value in weights.items()}


WEIGHTS = random_weights()
MODEL = export.export(WEIGHTS, SPEC.window)
GRAPH = export.step_graph("step.tflite", WEIGHTS, VOCABULARY - STRUCTURAL, SPEC.window)


def quantised(x: Any, scale: float, low: int = -128, high: int = 127) -> NDArray[np.float64]:
    """Half away from zero, as TFLM rounds."""
    return np.clip(np.trunc(x / scale + np.copysign(0.5, x)), low, high) * scale


class Reference:
    """One step by the formulas in ``tinylm.lm.export``, in float64 with the tensors' rounding."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def weight(self, name: str) -> NDArray[np.float64]:
        step = export.scale_of(WEIGHTS[name], export.bits_of(name, self.bits))
        return np.round(WEIGHTS[name] / step) * step

    def dense(self, x: NDArray[np.float64], name: str, scale: float) -> NDArray[np.float64]:
        return quantised(self.weight(f"{name}.w") @ x + WEIGHTS.get(f"{name}.b", np.float32(0)), scale)

    def step(self, token: int, position: int, flags: NDArray[np.float64], states: list[Any]) -> tuple[list[Any], list[Any]]:
        """(logits, start, end), states: of each layer the last three inputs [3, in] and h, then keys and values [window, D]."""
        scale = export.piece_scale(self.bits)
        piece = np.clip(np.round(WEIGHTS["embedding"][token] / scale), -128, 127) * scale
        x, after = self.dense(np.concatenate([piece, flags]), "wide", export.UNIT), []
        for layer in range(2):
            row, h = np.vstack([states[2 * layer], x]), states[2 * layer + 1]
            x = quantised((row * self.weight(f"{layer}.conv.w")).sum(axis=0), export.UNIT)
            z = quantised(1 / (1 + np.exp(-self.dense(x, f"{layer}.z", export.GATE))), export.SIGMOID, 0, 255)
            c = quantised(np.tanh(self.dense(x, f"{layer}.c", export.CANDIDATE)), export.STATE)
            x = quantised(h + quantised(z * quantised(c - h, export.DIFFERENCE), export.STATE), export.STATE)
            after += [row[1:], x]
        keys, values = (np.array(state) for state in states[4:])
        keys[position], values[position] = self.dense(x, "k", export.KEY), self.dense(x, "v", export.VALUE)
        scores = quantised(keys @ self.dense(x, "q", export.KEY), export.LOGIT)[: position + 1]
        part = np.exp(scores - scores.max())
        part = quantised(part / part.sum(), export.PART, 0, 255)
        found = quantised(part @ values[: position + 1], export.VALUE)
        read = quantised(x + self.dense(found, "read", export.READ), export.READ)
        start, end = (
            quantised(rows @ self.dense(read, name, export.KEY), export.LOGIT) for name, rows in (("start", keys), ("end", values))
        )
        return [self.dense(read, "head", export.LOGIT), start, end], [*after, keys, values]


@pytest.mark.parametrize("bits", [8, 4])
def test_tflm_computes_the_formulas_of_the_step(bits: int) -> None:
    """From the same int8 states each step, so that roundings (TFLM rounds twice in places) do not add up over the sequence."""
    pytest.importorskip("tflite_micro")
    from tinylm.lm.oracle import Oracle

    oracle, reference, rng = Oracle(export.export(WEIGHTS, SPEC.window, bits), GRAPH), Reference(bits), np.random.default_rng(1)
    scales = [export.UNIT, export.STATE, export.STATE, export.STATE, export.KEY, export.VALUE]
    gaps = []
    for at in range(10 * SPEC.window):
        if at % SPEC.window == 0:
            oracle.reset()
        token, bits_said = int(rng.integers(0, VOCABULARY)), int(rng.integers(0, 2 ** len(FLAGS)))
        flags = np.array([bits_said >> column & 1 for column in range(len(FLAGS))], np.float64)
        states = [value.reshape(-1, value.shape[-1]) * scale for value, scale in zip(oracle._values, scales, strict=True)]
        states = [state[0] if name.startswith("h") else state for state, name in zip(states, ("x", "h", "x", "h", "k", "v"), strict=True)]
        position = oracle.position
        outputs = [output.reshape(-1) * export.LOGIT for output in oracle.step(token, bits_said)]
        want, after = reference.step(token, position, flags, states)
        gaps += [np.abs(got - expected) / export.LOGIT for got, expected in zip(outputs, want, strict=True)]
        for value, expected, scale in zip(oracle._values, after, scales, strict=True):
            gaps.append(np.abs(value.reshape(-1) * scale - np.ravel(expected)) / scale)
    every = np.concatenate(gaps)
    # One step of a gate is up to four steps of the state, and TFLM rounds a few in a hundred the other way, at every step of the chain.
    assert every.max() <= 12
    assert np.mean(every > 0.5) < 0.1


def test_four_bits_take_half_the_room_of_what_is_fully_connected() -> None:
    small = export.export(WEIGHTS, SPEC.window, 4)
    halved = sum(value.size for name, value in WEIGHTS.items() if name.endswith(".w") and export.bits_of(name, 4) == 4)
    assert abs(len(MODEL) - len(small) - halved / 2) < 512
    assert export.packed(np.array([1, -2, 7], np.int8)) == bytes([0xE1, 0x07])


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
    assert found > len(WEIGHTS)


def test_the_same_weights_give_the_same_bytes() -> None:
    assert export.export(random_weights(), SPEC.window) == MODEL


@pytest.mark.parametrize(("bits", "ranks"), [(8, {}), (4, {}), (8, {"0.z": 5, "head": 4, "read": 3})])
def test_what_is_read_back_is_exported_to_the_same_integers(bits: int, ranks: dict[str, int]) -> None:
    spec = msgspec.structs.replace(SPEC, bits=bits, ranks=ranks)
    first = export.export(shrink(WEIGHTS, spec), SPEC.window, bits)
    found, weights = read_back(first)
    assert found == spec
    assert {name: value.shape for name, value in weights.items()} == {name: value.shape for name, value in shrink(WEIGHTS, spec).items()}
    again, _ = read_back(export.export(weights, SPEC.window, bits))
    graphs = [tflite.Model.GetRootAsModel(model, 0) for model in (first, export.export(weights, SPEC.window, bits))]
    buffers = [[bytes(g.Buffers(at).DataAsNumpy()) for at in range(g.BuffersLength()) if not g.Buffers(at).DataIsNone()] for g in graphs]
    assert again == spec and buffers[0] == buffers[1]


def test_another_model_has_no_student_to_read_back() -> None:
    writer = Writer()
    x, y = writer.add_tensor("x", [1, 4], "int8", scale=0.5), writer.add_tensor("y", [1, 4], "int8", scale=0.5)
    writer.add_operator("TANH", [x], [y])
    with pytest.raises(ModelError, match="no step graph of a minGRU student"):
        read_back(writer.finish([x], [y]))


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

    with pytest.raises(ModelError, match="x2_in"):
        Oracle(MODEL, export.step_graph("step.tflite", {**WEIGHTS, "2.z.b": WEIGHTS["1.z.b"]}, 25, SPEC.window))
