"""Resource variables become states of the program, and the operators that handle them vanish.

A variable is a tensor that outlives an invocation. What READ_VARIABLE reads is the variable's value at that place; the value assigned
last is its next state. Its initial value is what the subgraph of CALL_ONCE assigns, else the zero point of the value that is assigned
to it first in the file, as in TFLM (micro_resource_variable.cc). A variable that only CALL_ONCE assigns is a constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinylm.compiler.graph import DTYPES, Array, Graph, Operator, Tensor
from tinylm.compiler.ops import spec_of
from tinylm.errors import ModelError

_NAMES = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE")
_RESOLVED = {"resolved": True}
Key = tuple[str, str]


def run(graph: Graph) -> None:
    """Rewrite the graph in place; nothing is left to do for a second run."""
    if any(operator.name in _NAMES and operator.options is not _RESOLVED for operator in graph.operators):
        _Variables(graph).resolve()


@dataclass
class _Variable:
    """state: its value from before the invocation. value: its value where the walk stands."""

    state: Tensor
    value: Tensor


class _Variables:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.replaced: dict[int, Tensor] = {}
        self.variables: dict[Key, _Variable] = {}
        self.kept: list[Operator] = []

    def resolve(self) -> None:
        self._declare()
        initial, used = self._initial(), False
        for key, variable in self.variables.items():
            variable.state.initial = _as(variable.state, initial[key]) if key in initial else _zero(variable.state)
        handles: dict[int, Key] = {}
        for operator in self.graph.operators:
            operator.inputs = [None if t is None else self.replaced.get(t.index, t) for t in operator.inputs]
            if operator.name == "CALL_ONCE" and used:
                raise operator.refuse("runs after a variable was used, which is not supported.")
            if operator.name == "VAR_HANDLE":
                handles[operator.output.index] = _key(operator)
            elif operator.name == "READ_VARIABLE":
                self._read(operator, self._of(operator, handles))
            elif operator.name == "ASSIGN_VARIABLE":
                self._assign(operator, self._of(operator, handles))
            elif operator.name != "CALL_ONCE":
                self.kept.append(operator)
            used |= operator.name in ("READ_VARIABLE", "ASSIGN_VARIABLE")
        self.graph.operators = self.kept
        for variable in self.variables.values():
            if variable.value is variable.state:
                variable.state.data = variable.state.initial
            else:
                self.graph.states.append((variable.state, variable.value))

    def _declare(self) -> None:
        """Every variable takes its shape, type and default from the first value that is assigned to it in the file."""
        for graph in self.graph.subgraphs:
            handles: dict[int, Key] = {}
            for operator in graph.operators:
                if operator.name == "VAR_HANDLE":
                    handles[operator.output.index] = _key(operator)
                elif operator.name == "ASSIGN_VARIABLE":
                    key, value = _handle(operator, handles), operator.input(1)
                    if key not in self.variables:
                        state = self._tensor(value, key[1])
                        self.variables[key] = _Variable(state, state)

    def _tensor(self, like: Tensor, name: str) -> Tensor:
        tensor = Tensor(len(self.graph.tensors), name, like.shape, like.dtype, like.quantization)
        self.graph.tensors.append(tensor)
        return tensor

    def _initial(self) -> dict[Key, Array]:
        """What the subgraphs of CALL_ONCE assign."""
        found: dict[Key, Array] = {}
        for operator in self.graph.operators:
            if operator.name == "CALL_ONCE":
                index = int(operator.options.get("init_subgraph_index", 0))
                if not 0 < index < len(self.graph.subgraphs):
                    raise operator.refuse(f"names subgraph {index} of {len(self.graph.subgraphs)}.")
                found |= _assigned(self.graph.subgraphs[index])
        return found

    def _of(self, operator: Operator, handles: dict[int, Key]) -> _Variable:
        key = _handle(operator, handles)
        if key not in self.variables:
            raise operator.refuse(f"reads variable '{key[1]}', to which nothing is ever assigned.")
        return self.variables[key]

    def _read(self, operator: Operator, variable: _Variable) -> None:
        y, value = operator.output, variable.value
        _expect_fitting(operator, variable, y)
        if y not in self.graph.outputs and _same(y, value):
            self.replaced[y.index] = value
        else:
            self.kept.append(Operator(operator.index, operator.name, [value], [y], _RESOLVED))

    def _assign(self, operator: Operator, variable: _Variable) -> None:
        """A value that an operator computes becomes the state as it is; any other is copied first."""
        value = operator.input(1)
        _expect_fitting(operator, variable, value)
        computed = any(value in other.outputs for other in self.kept)
        if value is not variable.state and not computed:
            copy = self._tensor(value, f"{variable.state.name} next")
            self.kept.append(Operator(operator.index, operator.name, [value], [copy], _RESOLVED))
            value = copy
        variable.value = value


def _key(operator: Operator) -> Key:
    """(container, name) of a VAR_HANDLE."""
    if operator.output.dtype != "resource":
        raise operator.refuse(f"needs a resource for its output, not {operator.output}.")
    return str(operator.options.get("container") or ""), str(operator.options.get("shared_name") or "")


def _handle(operator: Operator, handles: dict[int, Key]) -> Key:
    tensor = operator.input(0)
    if tensor.index not in handles:
        raise operator.refuse(f"needs a variable from VAR_HANDLE, not {tensor}.")
    return handles[tensor.index]


def _assigned(graph: Graph) -> dict[Key, Array]:
    """Run a subgraph of constants; what it assigns, by variable."""
    handles: dict[int, Key] = {}
    found: dict[Key, Array] = {}
    values: dict[int, Array] = {tensor.index: tensor.data for tensor in graph.tensors if tensor.data is not None}
    for operator in graph.operators:
        if operator.name == "VAR_HANDLE":
            handles[operator.output.index] = _key(operator)
            continue
        if operator.name in ("READ_VARIABLE", "CALL_ONCE"):
            raise operator.refuse("is not supported in a subgraph that initialises variables.")
        given = [tensor for tensor in operator.inputs if tensor is not None and tensor.index not in handles]
        if any(tensor.index not in values for tensor in given):
            raise operator.refuse("needs constants in a subgraph that initialises variables.")
        if operator.name == "ASSIGN_VARIABLE":
            found[_handle(operator, handles)] = values[operator.input(1).index]
            continue
        spec_of(operator).check(operator)
        results = spec_of(operator).evaluate(operator, [None if t is None else values[t.index] for t in operator.inputs])
        values |= {t.index: value.reshape(t.shape) for t, value in zip(operator.outputs, results, strict=True)}
    return found


def _expect_fitting(operator: Operator, variable: _Variable, tensor: Tensor) -> None:
    if (tensor.dtype, tensor.bytes) != (variable.state.dtype, variable.state.bytes):
        raise operator.refuse(f"has a value that does not fit variable '{variable.state.name}': {tensor}, not {variable.state}.")


def _same(a: Tensor, b: Tensor) -> bool:
    """Whether b can stand for a: same shape, type and quantisation."""
    if (a.shape, a.dtype, a.quantization is None) != (b.shape, b.dtype, b.quantization is None):
        return False
    if a.quantization is None or b.quantization is None:
        return True
    first, second = a.quantization, b.quantization
    return np.array_equal(first.scale, second.scale) and np.array_equal(first.zero_point, second.zero_point)


def _as(state: Tensor, value: Array) -> Array:
    if value.dtype != DTYPES[state.dtype][1] or value.size != state.elements:
        raise ModelError(f"is initialised with {value.size} values of {value.dtype}.", where=str(state))
    return value.reshape(state.shape)


def _zero(state: Tensor) -> Array:
    """Every byte is the low byte of the zero point."""
    if state.dtype in ("int4", "resource"):
        raise ModelError(f"is a variable of type {state.dtype}, which is not supported.", where=str(state))
    byte = state.zero_point & 255
    raw: Array = np.full(state.bytes, byte, np.uint8)
    values: Array = raw.view(DTYPES[state.dtype][1])
    return values.reshape(state.shape)
