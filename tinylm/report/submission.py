"""Results in the folders and files that MLCommons' submission checker reads (mlcommons/tiny v1.4, tools/submission/submission_checker.py).

DIVISION/SUBMITTER/systems/SYSTEM.json
DIVISION/SUBMITTER/results/SYSTEM/MODEL/{performance,accuracy,energy}/{log.txt,results.txt,results.json}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from tinylm.boards import Board
from tinylm.errors import InputError
from tinylm.paths import need_writable, write_file

_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def model_folder(mlperf: str) -> str:
    """The checker's name of a benchmark: kws for kws01."""
    return mlperf.rstrip("0123456789") if mlperf != "ic02" else "ic2"


def check_place(folder: Path, submitter: str, division: str, board: str) -> Path:
    """The submitter's folder below ``folder``. Raises InputError: a name that is none, or not writable."""
    for name in (submitter, board):
        if not _NAME.fullmatch(name):
            raise InputError(f"'{name}' cannot be the name of a folder: letters, digits, '.', '-' and '_' only.")
    root = folder / division / submitter
    need_writable(root)
    return root


def write_submission(
    folder: Path, submitter: str, division: str, board: Board, mlperf: str, mode: str, result: dict[str, Any], log: Iterable[str]
) -> Path:
    """Write one mode's results below ``folder``; the folder of its three files. Raises what ``check_place`` does."""
    root = check_place(folder, submitter, division, board.name)
    target = root / "results" / board.name / model_folder(mlperf) / mode
    write_file(root / "systems" / f"{board.name}.json", json.dumps(_system(board), indent=2) + "\n")
    write_file(target / "log.txt", "".join(f"{line}\n" for line in log))
    write_file(target / "results.json", json.dumps(result, indent=2) + "\n")
    stamp = datetime.now().strftime("%m%d.%H%M%S")
    write_file(target / "results.txt", "".join(f"{stamp} ulp-mlperf: {line}\n" for line in _lines(mode, result)))
    return target


def _lines(mode: str, result: dict[str, Any]) -> list[str]:
    """What the checker looks for stands last."""
    if mode == "performance":
        windows = [
            f"{window['inferences']} inferences in {window['elapsed_us'] / 1e6:.3f} s, {window['throughput']:.3f} inf./sec."
            for window in result["windows"]
        ]
        return [*windows, f"Median throughput is {result['throughput']:10.3f} inf./sec."]
    if mode == "energy":
        windows = [
            f"{window['inferences']} inferences in {window['seconds']:.3f} s, {window['energy_uj']:.3f} uJ/inf."
            for window in result["windows"]
        ]
        return [*windows, f"Median energy cost is {result['energy_uj']:5.4f} uJ/inf."]
    if "exact_match" in result:
        bits = [f"Bits per byte = {result['bits_per_byte']:.4f}"] if "bits_per_byte" in result else []
        return [*bits, f"Exact match = {result['exact_match']:.4f}"]
    lines = [f"Top 1% = {result['accuracy']:2.1f}"] if result["accuracy"] is not None else []
    return [*lines, *([f"AUC = {result['auc']:.3f}"] if result["auc"] is not None else [])]


def _system(board: Board) -> dict[str, str]:
    """The keys that the checker and the published tables read; what only the submitter knows is to be filled in."""
    return {
        "Board Name": board.file.title,
        "Status": "Available",
        "Processor(s) Name": f"{board.soc.title} ({board.core.name})",
        "Processor(s) Frequencies": f"{board.file.clock_hz / 1e6:g} MHz",
        "Processor memory type and capacity": f"{board.flash.length // 1024} KiB flash, {board.ram.length // 1024} KiB RAM",
        "Accelerator": "",
        "Accelerator(s) Frequencies": "",
        "Accelerator memory type and capacity": "",
        "Hardware Notes": "",
        "Inference Framework": "tinylm",
        "Software Libraries": "",
        "Software Notes": "",
    }
