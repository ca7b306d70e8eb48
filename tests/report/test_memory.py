"""The picture of the arena shows what the plan says."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from tinylm.bundle import load_bundle
from tinylm.compiler.program import compile_bundle
from tinylm.cores import core
from tinylm.report.memory import arena_svg, peak_text

PROGRAM = compile_bundle(load_bundle("commands"), core("cortex-m4"))


def test_every_tensor_of_the_arena_is_in_the_picture() -> None:
    root = ElementTree.fromstring(arena_svg(PROGRAM))
    said = " ".join(title.text or "" for title in root.iter("{http://www.w3.org/2000/svg}title"))
    for storage in PROGRAM.plan.storages:
        for tensor in storage.tensors:
            assert (f"'{tensor.name}'" in said) == (not storage.state)


def test_what_sets_the_size_is_named() -> None:
    assert peak_text(PROGRAM).startswith("most tensors live at operator ")
    assert f"{PROGRAM.plan.live_peak:,} B" in peak_text(PROGRAM)
