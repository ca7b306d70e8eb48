"""Damaged .tflite files by the thousand: each is refused in one sentence or becomes a correct program.

    python -m tests.compiler.fuzz --count 10000 --keep FOLDER     mutate and compile, under a limit of memory and time
    python -m tests.compiler.fuzz --run FOLDER                    run the kept programs' C under UBSan against their numpy meaning

Prints one JSON object. What fails is written to build/fuzz and named.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import ctypes
import json
import os
import random
import re
import resource
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tests.compiler.batch import Case, build_native, by_meaning, call, program_of, random_inputs
from tests.compiler.cases import GENERATORS
from tests.compiler.mutate import MUTATORS
from tests.compiler.rolled import rolled
from tinylm import paths
from tinylm.compiler.graph import Graph
from tinylm.compiler.ops import spec_of
from tinylm.compiler.program import Program
from tinylm.compiler.reader import read
from tinylm.errors import ModelError

SECONDS = 20
BYTES = 1 << 30
_KEPT_ARENA, _KEPT_CONSTANTS = 1 << 20, 1 << 16


def corpus(cases: int = 2) -> list[bytes]:
    """Seed models: ``cases`` of every operator and the shipped step graph."""
    models = [rolled(name, seed).model for name in sorted(GENERATORS) for seed in range(cases)]
    return [*models, (paths.MODELS / "commands" / "step.tflite").read_bytes()]


def mutants(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """(name of the mutator, damaged file); the same for the same seed."""
    seeds = corpus()
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        mutator = rng.choice(sorted(MUTATORS))
        # The shipped model is large: one file in fifty.
        model = seeds[-1] if number % 50 == 0 else rng.choice(seeds[:-1])
        yield mutator, MUTATORS[mutator](model, rng)


def small_inputs(graph: Graph) -> list[np.ndarray]:
    """Random inputs; integers that may be positions are 0, which every tensor has."""
    values = random_inputs(graph, np.random.default_rng(0))
    return [value * 0 if value.dtype in (np.int32, np.int64) else value for value in values]


def attempt(data: bytes) -> Program | None:
    """The program, or None where the file is refused. Raises AssertionError for a program or a message that cannot be right."""
    try:
        program = program_of(data)
    except ModelError as error:
        text = str(error)
        assert text and "\n" not in text and len(text) < 4000, f"not one sentence: {text!r}"
        return None
    check_plan(program)
    if program.arena_bytes < _KEPT_ARENA and program.constant_bytes < _KEPT_CONSTANTS:
        graph = read(data, "case.tflite")
        results = by_meaning(graph, Case(data, small_inputs(graph)))
        for tensor, result in zip(graph.outputs, results, strict=True):
            assert result.shape == tensor.shape and result.nbytes == tensor.bytes, f"{tensor} became {result.shape} {result.dtype}"
    return program


def check_plan(program: Program) -> None:
    """Every storage lies in its region; what lives together is apart, but for an operator that writes over what it has read."""
    arena, overlapping = program.plan, set()
    for operator in program.graph.operators:
        if spec_of(operator).overlap(operator) is not None and operator.inputs[0] is not None and not operator.inputs[0].constant:
            overlapping.add((id(arena.of(operator.inputs[0])), id(arena.of(operator.output))))
    for i, a in enumerate(arena.storages):
        assert a.offset >= 0 and a.offset + a.bytes <= (arena.state_bytes if a.state else arena.arena_bytes)
        assert all(tensor.bytes <= a.bytes for tensor in a.tensors)
        for b in arena.storages[:i]:
            apart = a.state != b.state or a.offset + a.bytes <= b.offset or b.offset + b.bytes <= a.offset or not a.overlaps(b)
            assert apart or {(id(a), id(b)), (id(b), id(a))} & overlapping, f"{a.tensors} and {b.tensors} share bytes"


@contextlib.contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise TimeoutError after that long."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"longer than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def peak_bytes() -> int:
    """Most memory that this process ever held. getrusage would tell that of the process that started it, if that was larger."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) * 1024


def fuzz(count: int, seed: int, keep: Path | None, most_kept: int) -> dict[str, object]:
    """Try ``count`` mutants; up to ``most_kept`` of those that compile are written to ``keep``."""
    found: collections.Counter[str] = collections.Counter()
    failed: list[str] = []
    slowest, kept, began = 0.0, 0, time.perf_counter()
    for number, (mutator, data) in enumerate(mutants(count, seed)):
        start = time.perf_counter()
        try:
            with limited(SECONDS):
                program = attempt(data)
            found["refused" if program is None else "compiled"] += 1
            found[f"{mutator} {'refused' if program is None else 'compiled'}"] += 1
            small = program is not None and program.arena_bytes < _KEPT_ARENA and program.constant_bytes < _KEPT_CONSTANTS
            if keep and small and kept < most_kept and number % max(1, count // most_kept // 4) == 0:
                (keep / f"{number}.tflite").write_bytes(data)
                kept += 1
        except Exception as error:  # the whole point: nothing else may come
            path = Path("build/fuzz")
            path.mkdir(parents=True, exist_ok=True)
            (path / f"{seed}-{number}.tflite").write_bytes(data)
            failed.append(f"{path}/{seed}-{number}.tflite ({mutator}): {type(error).__name__}: {error}")
        slowest = max(slowest, time.perf_counter() - start)
    return {
        "tried": count,
        "failed": failed,
        **dict(sorted(found.items())),
        "kept": kept,
        "seconds": round(time.perf_counter() - began, 1),
        "slowest_seconds": round(slowest, 2),
        "peak_bytes": peak_bytes(),
    }


def run_kept(folder: Path) -> dict[str, object]:
    """Run the kept programs' C, built with UBSan (which traps), and compare with the numpy meaning."""
    cases, expected, names = [], [], []
    for path in sorted(folder.glob("*.tflite")):
        graph = read(path.read_bytes(), path.name)
        inputs = small_inputs(graph)
        cases.append(Case(path.read_bytes(), inputs))
        expected.append(by_meaning(graph, cases[-1]))
        names.append(path.name)
    failed = []
    with tempfile.TemporaryDirectory() as place:
        programs = [program_of(case.model, f"c{i}_") for i, case in enumerate(cases)]
        library = build_native(programs, Path(place), sanitize=True)
        for i, (name, right) in enumerate(zip(names, expected, strict=True)):
            difference = apart(lambda i=i, right=right: _difference(library, f"c{i}_", programs[i], cases[i], right))
            if difference:
                failed.append(f"{name}: {difference}")
    return {"run": len(cases), "failed": failed}


def _difference(library: Path, prefix: str, program: Program, case: Case, expected: list[np.ndarray]) -> str:
    results = call(ctypes.CDLL(str(library)), prefix, program, case)
    same = all(result.tobytes() == right.tobytes() for result, right in zip(results, expected, strict=True))
    return "" if same else "the generated C differs from the numpy meaning"


def apart(work: Callable[[], str]) -> str:
    """What ``work`` returns in a child process, or how that ended: a trap of UBSan is a signal."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(send, work().encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as stream:
        text = stream.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return text if status == 0 else f"the program ended with {status}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--most-kept", type=int, default=40)
    parser.add_argument("--run", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.run:
        print(json.dumps(run_kept(options.run)))
        return
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    print(json.dumps(fuzz(options.count, options.seed, options.keep, options.most_kept)))


if __name__ == "__main__":
    main()
