"""What each step of compression costs and gains: python -m bench.ablation BUNDLE... (names of shipped bundles, or folders).

File size and quality are those of the bundles' manifests; instructions a token are counted in the emulator on the built image.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.counts import BOARDS
from tinylm.bench.measure import measure
from tinylm.bundle import Bundle, load_bundle

QUALITY = ("bits_per_byte", "intent_accuracy", "exact_match")


def row(bundle: Bundle, boards: tuple[str, ...] = BOARDS) -> dict[str, Any]:
    """Figures of one bundle. Raises what a build raises, and AssertionError where an output differs from the oracle."""
    figures: dict[str, Any] = {"model": bundle.name, "bytes": len(bundle.read(bundle.graph.file))}
    figures |= {key: bundle.manifest.quality.get(key) for key in QUALITY}
    for board in boards:
        with tempfile.TemporaryDirectory() as folder:
            measured = measure(bundle, board, "balanced", Path(folder) / "out")
        assert not measured.mismatched, f"{bundle.name} on {board}: {measured.mismatched} outputs differ"
        figures[board] = measured.instructions
    return figures


def main() -> None:
    heads = ("model", "bytes", *QUALITY, *BOARDS)
    print("  ".join(f"{head:>16}" for head in heads))
    for name in sys.argv[1:]:
        figures = row(load_bundle(name))
        shown = [value if isinstance(value, str) else "-" if value is None else f"{value:,}" for value in (figures[head] for head in heads)]
        print("  ".join(f"{text:>16}" for text in shown), flush=True)


if __name__ == "__main__":
    main()
