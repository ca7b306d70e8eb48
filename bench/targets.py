"""Board by target: the checks of ``test`` with the shipped language model, where the tests run it: python -m bench.targets [BOARD ...]."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tinylm import boards
from tinylm.bench.check import run_checks
from tinylm.bench.make import open_device
from tinylm.bundle import load_bundle
from tinylm.errors import TinylmError


def row(board: str, target: str) -> str:
    bundle = load_bundle("commands")
    with tempfile.TemporaryDirectory() as folder, open_device(board, bundle, target, output=Path(folder) / "out") as device:
        report = run_checks(device, bundle, lambda *_: None)
    failed = ", ".join(check.name for check in report.checks if not check.passed)
    return f"{f'fails: {failed}' if failed else 'passes'} | {report.compared:,} | {report.mismatched} | {len(report.conformance)}"


def main() -> None:
    print("| board | target | test | tokens compared | that differ | commands |")
    print("|---|---|---|---:|---:|---:|")
    for board in sys.argv[1:] or [*boards.names(), boards.HOST]:
        for target in [boards.HOST] if board == boards.HOST else boards.board(board).file.status.ci:
            try:
                print(f"| {board} | {target} | {row(board, target)} |", flush=True)
            except TinylmError as error:
                print(f"| {board} | {target} | {error} | | | |", flush=True)


if __name__ == "__main__":
    main()
