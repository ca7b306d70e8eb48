"""Instructions of every known model on two emulated boards, against the stored table: python -m bench.counts [MODEL ...] [--update].
What the levels of --optimize cost and gain for the models of MLPerf Tiny: python -m bench.counts --levels.

A language model's are those of one token at the mean position of its stored sentences (tinylm.bench.reference.typical_input).
The counts are exact, so a change is a change of ours; whether the outputs are right others look at. tests/bench/test_counts.py fails when
one grows by more than 1 %; an improvement or a price that is worth paying is stored with --update.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.compiler.batch import Case, by_meaning
from tests.compiler.on_image import CoreImage
from tests.compiler.on_m55 import M55, QEMU
from tinylm import boards
from tinylm.bench.measure import baseline_of, measure
from tinylm.bench.reference import typical_input
from tinylm.bundle import Bundle, load_bundle
from tinylm.compiler.graph import DTYPES
from tinylm.compiler.reader import read
from tinylm.firmware.build import Optimize
from tinylm.lm.llama_import import Plan, import_llama2c

BOARDS = ("nrf52840", "pico")  # one for the kernels with SIMD, one for those without
STORED = Path(__file__).with_name("counts.json")
_SHARED = Path(os.environ.get("TINYLM_DATA", Path(__file__).resolve().parents[2] / "shared/data"))
DATA, LLAMA2C = _SHARED / "mlperf_tiny", _SHARED / "llama2c"
MODELS = {
    "commands": "commands",
    "commands-int4": "commands-int4",
    "kws01": str(DATA / "kws_ref_model.tflite"),
    "ic01": str(DATA / "pretrainedResnet_quant.tflite"),
    "ad01": str(DATA / "ad01_int8.tflite"),
    "stories": str(LLAMA2C / "stories260K.bin"),  # imported, int8
}


_HEADS = " ".join(
    f"{title:>{width}}"
    for title, width in [
        ("model board".ljust(20), 20),
        ("instructions", 12),
        ("change", 8),
        ("a MAC", 6),
        ("est. cycles", 12),
        ("a MAC", 6),
        ("with flash", 12),
        ("arena", 7),
        ("of TFLM", 7),
    ]
)

_TAKE_ORACLE = ("stories",)

#: Cores that are counted without a board: the language models', and in QEMU (whose counter is exact to a few in a thousand) the others'.
RISCV, M55_CORE = "rv32imc", "cortex-m55"
BARE = (RISCV, M55_CORE)


def available() -> list[str]:
    """Names of the models that this machine has (the MLPerf Tiny ones are not in the repository; importing takes the oracle)."""
    here = [name for name, model in MODELS.items() if model == name or Path(model).is_file()]
    return [name for name in here if name not in _TAKE_ORACLE or importlib.util.find_spec("tflite_micro")]


def count(name: str, board: str, optimize: Optimize = "balanced") -> dict[str, int]:
    """Instructions, estimated cycles, arena and code of one model on one board; on a core without a board instructions alone."""
    if board in BARE:
        return _bare(name, board) if board == RISCV else _in_qemu(name)
    with tempfile.TemporaryDirectory() as folder:
        row = measure(bundle_of(name, Path(folder)), board, optimize, Path(folder) / "out", compared=False)
    return {
        "instructions": row.instructions,
        "cycles": row.cycles,
        "flash_cycles": row.flash_cycles or 0,
        "macs": row.macs,
        "arena": row.arena,
        "code": row.code,
    }


def bundle_of(name: str, folder: Path) -> Bundle:
    """One of ``MODELS``, a bundle or a .tflite; imported to ``folder`` where it has to be."""
    if name == "stories":
        plan = Plan("stories", characters=100)
        import_llama2c(Path(MODELS[name]), LLAMA2C / "tok512.bin", plan, folder / "bundle", lambda *_: None)
        return load_bundle(folder / "bundle")
    return load_bundle(MODELS.get(name, name))


def _bare(name: str, core: str) -> dict[str, int]:
    """Of one token at the place where boards are timed, the outputs of which are right."""
    bundle = load_bundle(MODELS[name])
    model, typical = bundle.read("step.tflite"), typical_input(bundle)
    assert typical is not None
    inputs, at = [], 0
    for tensor in read(model, name).inputs[: len(bundle.graph.inputs)]:
        inputs.append(np.frombuffer(typical, DTYPES[tensor.dtype][1], tensor.elements, at).reshape(tensor.shape))
        at += tensor.bytes
    case = Case(model, inputs, states=len(bundle.graph.states))
    with tempfile.TemporaryDirectory() as folder:
        image = CoreImage(core, [case], Path(folder))
        for found, right in zip(image.run(0), by_meaning(read(case.model, name), case), strict=True):
            assert np.array_equal(found, right)
        return {"instructions": image.instructions(0), "macs": image.programs[0].macs}


def _in_qemu(name: str) -> dict[str, int]:
    """Of one inference, the outputs of which are right."""
    bundle = load_bundle(MODELS[name])
    model, rng = bundle.read(bundle.graph.file), np.random.default_rng(1)
    graph = read(model, name)
    case = Case(model, [rng.integers(-128, 128, tensor.shape).astype(np.int8) for tensor in graph.inputs])
    with tempfile.TemporaryDirectory() as folder:
        m55 = M55([case], Path(folder))
    assert np.array_equal(m55.outcomes[0].outputs[0], by_meaning(graph, case)[0])
    return {"instructions": round(m55.outcomes[0].instructions), "macs": m55.programs[0].macs}


def cores_of(name: str) -> list[str]:
    """The boards, and cores without a board, that a model is counted on here."""
    if name.startswith("commands"):
        return [*BOARDS, RISCV]
    return [*BOARDS, *([M55_CORE] if QEMU and name != "stories" else [])]


def stored() -> dict[str, dict[str, int]]:
    """The stored table: 'model board' -> figures."""
    table: dict[str, dict[str, int]] = json.loads(STORED.read_text()) if STORED.exists() else {}
    return table


def _baseline(name: str, board: str) -> int | None:
    """Instructions of TFLM with CMSIS-NN, stored for Cortex-M4."""
    entry = baseline_of(load_bundle(MODELS[name])) if board not in BARE and boards.board(board).core.name == "cortex-m4" else None
    return entry.instructions if entry else None


def _line(key: str, now: dict[str, int], change: str, baseline: int | None) -> str:
    """One row. with flash: est. cycles with the chip's flash wait states and caches. of TFLM: instructions against TFLM with CMSIS-NN."""
    instructions, cycles, macs = now["instructions"], now.get("cycles"), now["macs"] or 1
    ratio = f"x{instructions / baseline:.3f}" if baseline else "-"
    first = f"{key:20} {instructions:>12,} {change:>8} {instructions / macs:>6.3f}"
    if not cycles:
        return first
    return f"{first} {cycles:>12,} {cycles / macs:>6.3f} {now['flash_cycles'] or '-':>12,} {now['arena']:>7,} {ratio:>7}"


def _levels() -> None:
    """Instructions and code of each level, and the difference to balanced."""
    print(f"{'model board':20} {'level':8} {'instructions':>12} {'':>8} {'est. cycles':>12} {'code':>7} {'':>7}")
    for name in ("kws01", "ic01", "ad01"):
        for board in BOARDS if name in available() else ():
            rows = {level: count(name, board, level) for level in ("balanced", "size", "speed")}
            for level, row in rows.items():
                by, more = row["instructions"] / rows["balanced"]["instructions"] - 1, row["code"] - rows["balanced"]["code"]
                key = f"{name} {board}"
                print(f"{key:20} {level:8} {row['instructions']:>12,} {by:>+8.1%} {row['cycles']:>12,} {row['code']:>7,} {more:>+7,}")


def main() -> None:
    if "--levels" in sys.argv:
        _levels()
        return
    table, wanted = stored(), [word for word in sys.argv[1:] if word != "--update"]
    print(_HEADS)
    for name in [name for name in available() if name in wanted or not wanted]:
        for board in cores_of(name):
            key = f"{name} {board}"
            now, before = count(name, board), table.get(key, {}).get("instructions")
            print(_line(key, now, f"{now['instructions'] / before - 1:+.2%}" if before else "new", _baseline(name, board)))
            table[key] = now
    if "--update" in sys.argv:
        STORED.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
