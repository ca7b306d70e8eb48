"""From a bundle to a Program: the generated C for one core and the exact bytes of everything in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tinylm import paths
from tinylm.bundle import Bundle
from tinylm.compiler.emit import END_TYPES, PREFIX, Source, emit, local
from tinylm.compiler.graph import Array, Graph, Tensor
from tinylm.compiler.lowering import Call, Const, Decision, Lowering, Packing
from tinylm.compiler.memory import Plan, Sharing, plan
from tinylm.compiler.ops import spec_of
from tinylm.compiler.ops.base import weighted_products
from tinylm.compiler.passes import PASSES, causal, gates, variables
from tinylm.compiler.reader import read
from tinylm.cores import Core
from tinylm.errors import ModelError

Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Program:
    """files: generated C by name. kernels: C and assembly sources to compile beside them; minor: those of them that matter so little
    that they are compiled to be small. All sizes in bytes."""

    name: str
    core: Core
    graph: Graph
    calls: list[Call]
    files: dict[str, str]
    kernels: list[Path]
    includes: list[Path]
    plan: Plan
    constant_bytes: int
    inputs: list[Tensor]
    outputs: list[Tensor]
    states: list[Pair]
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    packings: Sequence[Packing] = ()
    minor: frozenset[Path] = frozenset()

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference, as the model's shapes have them."""
        return sum(spec_of(operator).products(operator) for operator in self.graph.operators)

    def state_image(self, values: Mapping[int, Array]) -> bytes:
        """The bytes of the state where the tensors that it is kept in (by index: inputs of states, and variables) hold these values."""
        image = bytearray(self.state_bytes)
        for tensor in [*(source for source, _ in self.states), *self.graph.variables()]:
            at = self.plan.of(tensor).offset
            image[at : at + tensor.bytes] = values[tensor.index].tobytes()
        return bytes(image)

    @property
    def arena_bytes(self) -> int:
        return self.plan.arena_bytes

    @property
    def state_bytes(self) -> int:
        return self.plan.state_bytes


def compile_bundle(bundle: Bundle, core: Core, optimize: str = "balanced", tuned: Mapping[str, bool] | None = None) -> Program:
    """Compile the bundle's graph for a core. optimize: size | balanced | speed. tuned: measured decisions (``Program.decisions`` has the
    keys). Raises ModelError for what cannot be compiled."""
    file = bundle.graph
    graph = read(bundle.read(file.file), str(bundle.path(file.file)))
    try:
        states = _states(graph, [(state.input, state.output) for state in file.states])
        inputs = _ends(graph, graph.inputs, file.inputs, [source for source, _ in states])
        outputs = _ends(graph, graph.outputs, file.outputs, [result for _, result in states])
        return compile_graph(graph, core, optimize, bundle.name, inputs, outputs, states, tuned=tuned)
    except ModelError as error:
        raise ModelError(error.what, where=f"{file.file}: {error.where}" if error.where else file.file, hint=error.hint) from error


def compile_graph(
    graph: Graph,
    core: Core,
    optimize: str,
    name: str,
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    states: Sequence[Pair] = (),
    prefix: str = PREFIX,
    keep_all: bool = False,
    tuned: Mapping[str, bool] | None = None,
) -> Program:
    """Compile one graph. inputs, outputs: the ends that the caller fills and reads; states: (input, output) pairs carried over;
    prefix: of every symbol in the generated C. keep_all: every tensor that is still computed after the passes becomes an output, too, so
    that nothing is written over it."""
    check_graph(graph)
    states = graph.states = [*states, *graph.states]
    for run in PASSES:
        run(graph)
    if Lowering(core, optimize).packs("dsp"):
        gates.run(graph)
    if any(map(Lowering(core, optimize).packs, ("dsp", "scalar"))):
        causal.run(graph)
    if keep_all:
        made = [tensor for operator in graph.operators for tensor in operator.outputs]
        graph.outputs = outputs = [*outputs, *(tensor for tensor in made if tensor not in outputs)]
    sharing = Sharing(graph, graph.operators, states, spec_of)
    to = Lowering(core, optimize, local(prefix), tuned=tuned or {}, seldom=_seldom(graph))
    for operator in graph.operators:
        spec = spec_of(operator)
        if not (spec.view and sharing.same(operator.input(0), operator.output)):
            spec.lower(operator, to)
    for result, source in sharing.copies:
        to.call("copy_runs", None, to.place(result), 0, source, 0, source.bytes, 1)
    scratches = {call.operator.index: call.scratch for call in to.calls if call.operator is not None and call.scratch}
    placed = plan(sharing, scratches, graph.operators, spec_of)
    kept = [(source, _initial(source, to)) for source in [*(source for source, _ in states), *graph.variables()]]
    constants = to.used([start for _, start in kept])
    files = emit(Source(name, prefix, list(inputs), list(outputs), kept, to.calls, constants, placed))
    return Program(
        name=name,
        core=core,
        graph=graph,
        calls=to.calls,
        files=files,
        kernels=sorted({file for call in to.calls for file in call.files}),
        includes=[paths.KERNELS / "include"],
        plan=placed,
        constant_bytes=sum(const.bytes for const in constants),
        inputs=list(inputs),
        outputs=list(outputs),
        states=list(states),
        decisions=to.decisions,
        packings=to.packings,
        minor=_minor(to.calls) if optimize == "balanced" else frozenset(),
    )


#: Below this share of a model's work a kernel is compiled to be small; what a value costs that is moved or changed, in products.
_MINOR, _VALUE = 0.01, 8


def _seldom(graph: Graph) -> frozenset[str]:
    """The types of weights that so little of the products of FULLY_CONNECTED have."""
    work: Counter[str] = Counter()
    for operator in graph.operators:
        if operator.name == "FULLY_CONNECTED":
            work[operator.input(1).dtype] += weighted_products(operator)
    return frozenset(dtype for dtype, products in work.items() if products < _MINOR * work.total())


def _minor(calls: Sequence[Call]) -> frozenset[Path]:
    """Kernels that do so little of the work."""
    work: Counter[Path] = Counter()
    for call in calls:
        operator = call.operator
        if operator is not None:
            values = max(tensor.elements for tensor in [*operator.inputs, *operator.outputs] if tensor is not None and not tensor.constant)
            for file in call.files:
                work[file] += spec_of(operator).products(operator) + _VALUE * values
    return frozenset(file for file, count in work.items() if count < _MINOR * work.total())


def check_graph(graph: Graph) -> None:
    """Resolve its variables; raise ModelError unless every operator can be compiled."""
    if not graph.operators:
        raise ModelError("holds no operator.", where=graph.name)
    for tensor in [*graph.inputs, *graph.outputs]:
        if tensor.dtype not in END_TYPES:
            raise ModelError(f"is an end of the graph of type {tensor.dtype}, which is not supported.", where=str(tensor))
    variables.run(graph)
    for operator in graph.operators:
        spec = spec_of(operator)
        if operator.states and not spec.stateful:
            raise operator.refuse(f"reads the variable {operator.states[0]}, which is not supported.")
        spec.check(operator)


def _initial(state: Tensor, to: Lowering) -> int | Const:
    """What the state starts from: one byte repeated, or a constant."""
    if state.initial is None:
        return state.zero_point & 255 if state.dtype in ("int8", "uint8") else 0
    raw = set(state.initial.tobytes())
    return raw.pop() if len(raw) == 1 else to.constant(f"initial_{state.name}", state.initial)


def _states(graph: Graph, names: Sequence[tuple[str, str]]) -> list[Pair]:
    pairs = [(graph.tensor(source), graph.tensor(result)) for source, result in names]
    for source, result in pairs:
        if (source.shape, source.dtype) != (result.shape, result.dtype):
            raise ModelError(f"state in and out differ: {source} and {result}.", where=graph.name)
        if source.quantization and result.quantization and (source.scale, source.zero_point) != (result.scale, result.zero_point):
            raise ModelError(
                f"state {source} has scale {source.scale:.6g} and zero point {source.zero_point}, but it comes back as {result} with "
                f"{result.scale:.6g} and {result.zero_point}.",
                where=graph.name,
                hint="Train or convert it with one quantisation for both.",
            )
    return pairs


def _ends(graph: Graph, ends: list[Tensor], names: Sequence[str], states: list[Tensor]) -> list[Tensor]:
    """The named ends, in that order; without names all that carry no state."""
    return [graph.tensor(name) for name in names] if names else [tensor for tensor in ends if tensor not in states]
