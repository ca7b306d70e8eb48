"""Instructions of every known model on two emulated boards, against the stored table: python -m bench.counts [--update].

The counts are exact, so a change is a change of ours. tests/bench/test_counts.py fails when one grows by more than 1 %;
an improvement or a price that is worth paying is stored with --update.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path

from bench.variants import int4_bundle
from tinylm.bench.measure import measure
from tinylm.bundle import load_bundle

BOARDS = ("nrf52840", "pico")  # one for the kernels with SIMD, one for those without
STORED = Path(__file__).with_name("counts.json")
DATA = Path(os.environ.get("TINYLM_DATA", Path(__file__).resolve().parents[2] / "shared/data")) / "mlperf_tiny"
MODELS = {
    "commands": "commands",
    "commands4": "commands",  # its weights narrowed to int4
    "kws01": str(DATA / "kws_ref_model.tflite"),
    "ic01": str(DATA / "pretrainedResnet_quant.tflite"),
    "ad01": str(DATA / "ad01_int8.tflite"),
}


def available() -> list[str]:
    """Names of the models that this machine has (the MLPerf Tiny ones are not in the repository; narrowing takes the oracle)."""
    here = [name for name, model in MODELS.items() if model == "commands" or Path(model).is_file()]
    return [name for name in here if not name.endswith("4") or importlib.util.find_spec("tflite_micro")]


def count(name: str, board: str) -> dict[str, int]:
    """Instructions, estimated cycles, arena and code of one model on one board."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = int4_bundle(MODELS[name], Path(folder)) if name.endswith("4") else load_bundle(MODELS[name])
        row = measure(bundle, board, "balanced", Path(folder) / "out")
    return {"instructions": row.instructions, "cycles": row.cycles, "arena": row.arena, "code": row.code}


def stored() -> dict[str, dict[str, int]]:
    """The stored table: 'model board' -> figures."""
    table: dict[str, dict[str, int]] = json.loads(STORED.read_text()) if STORED.exists() else {}
    return table


def main() -> None:
    table = stored()
    for name in available():
        for board in BOARDS:
            key = f"{name} {board}"
            now, before = count(name, board), table.get(key, {}).get("instructions")
            change = f"{now['instructions'] / before - 1:+.2%}" if before else "new"
            print(f"{key:20} {now['instructions']:>12,} instructions {change:>9}  {now['cycles']:>12,} cycles  {now['arena']:>7,} B arena")
            table[key] = now
    if "--update" in sys.argv:
        STORED.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
