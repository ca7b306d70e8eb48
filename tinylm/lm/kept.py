"""Arrays that the cache keeps: trained weights, with the log of their training beside them, and texts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tinylm.lm.llama import Weights
from tinylm.lm.loop import Loop, Report
from tinylm.lm.steps import Log, Track
from tinylm.paths import cache_dir, write_file


def trained(loop: Loop, digest: str, steps: int, run: Callable[[Path, Report], Weights], track: Track) -> Weights:
    """What ``run`` (told of its checkpoint, and whom to report to) makes of ``loop``; from the cache where it was made before.

    digest: of all that the training depends on.
    """
    kinds = (("weights", "npz"), ("weights", "jsonl"), ("training", "npz"), ("training", "jsonl"))
    done, log, checkpoint, running = (cache_dir() / f"{kind}-{digest}.{end}" for kind, end in kinds)
    found = None if track.fresh else load(done)
    if found:
        track.kept(log)
        return found
    if loop.resume(checkpoint):
        track(track.step, loop.done, steps, "going on from the checkpoint")
    weights = run(checkpoint, track.report(Log(running, loop.done)))
    save(done, weights)
    running.replace(log)
    track.log = log
    checkpoint.unlink(missing_ok=True)
    return weights


def save(path: Path, arrays: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    write_file(path, file.getvalue())


def load(path: Path) -> dict[str, Any] | None:
    """None where there are none. What was cut short is made again."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        path.unlink(missing_ok=True)
        return None
