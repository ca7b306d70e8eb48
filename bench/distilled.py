"""The student of a text recipe taught by its teacher's scores, and by the next token alone: python -m bench.distilled RECIPE [--steps N].

Both start from the same weights and read the same batches. Prints bits/byte on held-out texts (float32) for each seed, and the margin.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from tinylm.lm.llama_import import bits_per_byte
from tinylm.lm.steps import Track
from tinylm.lm.text_pipeline import TextRun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    run = TextRun(given.recipe, b"", False, None, given.data)
    for step in run.steps()[:2]:
        step.make(Track())
    texts, _ = run.held_out()
    assert run.tokenizer
    spec, margins = msgspec.structs.replace(run.plan.training, steps=given.steps, long=0.0), []
    for seed in range(1, given.seeds + 1):
        taught = replace(run.training(), spec=spec, seed=seed)
        found = []
        for training in (taught, replace(taught, teacher=None)):
            model = training.run(training.loop(), None, lambda point: None)
            found.append(bits_per_byte(model.logits, run.tokenizer, texts))
        margins.append(found[1] - found[0])
        print(f"seed {seed}: {found[0]:.4f} distilled, {found[1]:.4f} plain, {margins[-1]:+.4f}", flush=True)
    print(f"distilled is better by {np.mean(margins):.4f} bits/byte (least {min(margins):.4f}) after {given.steps} steps")


if __name__ == "__main__":
    main()
