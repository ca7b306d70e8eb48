"""Decisions of the compiler by measurement: a model is built both ways, run in the emulator, and each layer keeps its faster one.

What was measured is kept in the cache by core and layer shape, for as long as the kernels stay the same.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from tinylm import paths
from tinylm.bench.profile import profile_program
from tinylm.boards import Board
from tinylm.bundle import Bundle
from tinylm.compiler.program import Program, compile_bundle
from tinylm.errors import InputError
from tinylm.firmware.build import Optimize

_ROUNDS = 3  # a decision may lead to another one
Progress = Callable[[str, int, int, str], None]


def tune(bundle: Bundle, board: Board, optimize: Optimize, progress: Progress = lambda *_: None) -> Mapping[str, bool]:
    """Measured decisions for ``compile_bundle``: those of the cache and those that this model adds.

    Raises InputError where the board cannot run in the embedded emulator, MissingError without its extra, and what a build raises.
    """
    if "emulator" not in board.file.targets:
        raise InputError(f"the {board.file.title} does not run in the embedded emulator, where tuning measures.", hint="Leave --tune away.")
    store = _store(board)
    known: dict[str, bool] = json.loads(store.read_text()) if store.is_file() else {}
    for _ in range(_ROUNDS):
        program = compile_bundle(bundle, board.core, optimize, known)
        open_keys = [key for key in program.decisions if key not in known]
        if not open_keys:
            break
        known = _measured(bundle, program, board, optimize, known, open_keys, progress)
        store.parent.mkdir(parents=True, exist_ok=True)
        paths.write_file(store, json.dumps(known, indent=1, sort_keys=True).encode())
    return known


def _measured(
    bundle: Bundle, program: Program, board: Board, optimize: Optimize, known: Mapping[str, bool], keys: list[str], progress: Progress
) -> dict[str, bool]:
    """Each key's faster way. All decisions of one word are turned round at once: a layer's cycles do not depend on other layers. What was
    decided last was decided inside of what came before, and is settled first."""
    ways = list(dict.fromkeys(key.partition(":")[0] for key in reversed(keys)))
    best, settled = dict(known), program
    before = _cycles(bundle, settled, board, optimize)
    for number, way in enumerate(ways):
        progress("tune", number, len(ways), way)
        asked = [key for key in keys if key.partition(":")[0] == way and key in settled.decisions]
        turned = {key: not settled.decisions[key].taken for key in asked}
        after = _cycles(bundle, compile_bundle(bundle, board.core, optimize, best | turned), board, optimize)
        for key in asked:
            operators = settled.decisions[key].operators
            faster = sum(after[at] for at in operators) < sum(before[at] for at in operators)
            best[key] = turned[key] if faster else settled.decisions[key].taken
        settled = compile_bundle(bundle, board.core, optimize, best)
        before = _cycles(bundle, settled, board, optimize)
    progress("tune", len(ways), len(ways), "")
    return best


def _cycles(bundle: Bundle, program: Program, board: Board, optimize: Optimize) -> Counter[int]:
    """Estimated cycles by operator."""
    with tempfile.TemporaryDirectory() as folder:
        layers = profile_program(bundle, program, board, optimize, Path(folder) / "out")
    found: Counter[int] = Counter()
    for layer in layers:
        if layer.operator is not None:
            found[layer.operator] += layer.cycles
    return found


def _store(board: Board) -> Path:
    sources = sorted(path for path in paths.KERNELS.rglob("*.[chS]"))
    kernels = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    return paths.cache_dir() / "tune" / f"{board.core.name}-{kernels}.json"
