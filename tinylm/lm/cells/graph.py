"""Cells as operators of the step graph: one token, its states in and out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinylm.bundle import State
from tinylm.lm.cells.base import STREAM, Cell
from tinylm.lm.export import LOGIT, SIGMOID, STATE, Step, Value
from tinylm.lm.tflite_writer import Writer

_UNSIGNED = -128  # zero point of what is never below 0


class StepOps(Step):
    """The operators that cells are made of, at a layer that has the weights of ``source``."""

    def __init__(self, hidden: int, weights: Mapping[str, Any], bits: int) -> None:
        super().__init__(Writer("tinylm step graph"), weights, bits)
        self.hidden, self.at, self.source = hidden, 0, 0
        self.token = self.writer.add_tensor("token", [1], "int32")
        self._states: list[tuple[str, int, int]] = []
        self._used: dict[str, int] = {}
        self._slots: dict[int, tuple[int, int]] = {}
        self._counted: int | None = None

    def embedded(self) -> Value:
        """[1, dim]"""
        return self.gather(self.token)

    def scores(self, x: Value) -> Value:
        """[1, vocabulary]: the embedding is the head too."""
        return self._product("logits", x, self.weights["embedding"], self.weights["head.b"], LOGIT, 8)

    def finish(self, logits: Value) -> tuple[bytes, list[State]]:
        """The file, and its states."""
        named = [State(input=f"{name}_in", output=f"{name}_out") for name, _, _ in self._states]
        before, after = [state[1] for state in self._states], [state[2] for state in self._states]
        for name, _, out in self._states:
            self.writer.rename(out, f"{name}_out")
        return self.writer.finish([self.token, *before], [logits.tensor, *after]), named

    def layer(self, layer: int, source: int, x: Value, cell: Cell) -> Value:
        self.at, self.source = layer, source
        return self.add(x, self.dense("out", cell.run(self, x, layer), STREAM), STREAM)

    def dense(self, name: str, x: Value, scale: float, key: str | None = None) -> Value:
        return super().dense(self._name(name), x, scale, f"{self.source}.{name}")

    def vector(self, name: str, scale: float) -> Value:
        values, zero = self.weights[f"{self.source}.{name}"], _zero_of(scale)
        rounded = np.clip(np.round(values / scale) + zero, -128, 127)[None]
        return Value(self.writer.add_tensor(self._name(name), rounded.shape, "int8", rounded, scale, zero), scale)

    def mixed(self, x: Value) -> Value:
        mixed, before, after = self.convolve(self.at, x, str(self.source))
        self._states.append((f"x{self.at}", before, after))
        flat = self.activation(f"x{self.at}/flat", self.writer.shape(mixed.tensor)[-1], mixed.scale)
        self.writer.add_operator("RESHAPE", [mixed.tensor], [flat], self.writer.options("ReshapeOptions"))
        return Value(flat, mixed.scale)

    def delayed(self, x: Value, steps: int) -> Value:
        """A ring of as many rows, read before it is written."""
        name, width = f"x{self.at}", self.writer.shape(x.tensor)[1]
        before = self.activation(f"{name}_in", width, x.scale, rows=steps)
        now, slot = self._slot(steps)
        old = self.activation(self._name("then"), width, x.scale)
        self.writer.add_operator("GATHER", [before, now], [old], self.writer.options("GatherOptions", axis=0))
        after = self.activation(f"{name}_out", width, x.scale, rows=steps)
        options = self.writer.options("DynamicUpdateSliceOptions")
        self.writer.add_operator("DYNAMIC_UPDATE_SLICE", [before, x.tensor, slot], [after], options)
        self._states.append((name, before, after))
        return Value(old, x.scale)

    def add(self, a: Value, b: Value, scale: float) -> Value:
        return self._two("ADD", a, b, scale)

    def sub(self, a: Value, b: Value, scale: float) -> Value:
        return self._two("SUB", a, b, scale)

    def mul(self, a: Value, b: Value, scale: float) -> Value:
        return self._two("MUL", a, b, scale)

    def sigmoid(self, x: Value) -> Value:
        return self._curve("LOGISTIC", x, SIGMOID)

    def tanh(self, x: Value) -> Value:
        return self._curve("TANH", x, STATE)

    def recur(self, step: Callable[..., Value], *inputs: Value) -> Value:
        before = self.activation(f"h{self.at}_in", self.hidden, STATE)
        after = step(Value(before, STATE), *inputs)
        self._states.append((f"h{self.at}", before, after.tensor))
        return after

    def _name(self, kind: str) -> str:
        """'layer.kind', numbered from the second on."""
        name = f"{self.at}.{kind}"
        self._used[name] = count = self._used.get(name, 0) + 1
        return name if count == 1 else f"{name}{count}"

    def _two(self, operator: str, a: Value, b: Value, scale: float) -> Value:
        width = max(self.writer.shape(value.tensor)[1] for value in (a, b))
        out = self.activation(self._name(operator.lower()), width, scale, _zero_of(scale))
        options = self.writer.options(f"{operator.capitalize()}Options")
        self.writer.add_operator(operator, [a.tensor, b.tensor], [out], options, version=2)
        return Value(out, scale)

    def _curve(self, operator: str, x: Value, scale: float) -> Value:
        out = self.activation(self._name(operator.lower()), self.writer.shape(x.tensor)[1], scale, _zero_of(scale))
        self.writer.add_operator(operator, [x.tensor], [out])
        return Value(out, scale)

    def _slot(self, steps: int) -> tuple[int, int]:
        """The place of this token in a ring of so many rows: [1], and as the start [2] of a slice."""
        if steps not in self._slots:
            now = self._remainder(self._position(), steps)
            self._slots[steps] = now, self._integers("MUL", f"start{steps}", now, self.constant("rows", [1, 0]))
        return self._slots[steps]

    def _position(self) -> int:
        """How many tokens came before, counted by the graph itself."""
        if self._counted is None:
            self._counted = self.writer.add_tensor("position_in", [1], "int32")
            after = self._integers("ADD", "position_out", self._counted, self.constant("one", [1]))
            self._states.append(("position", self._counted, after))
        return self._counted

    def _remainder(self, value: int, of: int) -> int:
        size = self.constant(f"ring{of}", [of])
        rounds = self._integers("DIV", f"rounds{of}", value, size)
        return self._integers("SUB", f"slot{of}", value, self._integers("MUL", f"begun{of}", rounds, size))

    def _integers(self, operator: str, name: str, a: int, b: int) -> int:
        out = self.writer.add_tensor(name, self.writer.shape(b), "int32")
        self.writer.add_operator(operator, [a, b], [out], self.writer.options(f"{operator.capitalize()}Options"))
        return out


def _zero_of(scale: float) -> int:
    return _UNSIGNED if scale == SIGMOID else 0
