"""Every operator on every kind of core: generated C in the emulator, equal to the numpy meaning (which test_operators compares with the
oracle) bit for bit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.compiler.batch import Case, by_meaning
from tests.compiler.cases import GENERATORS
from tests.compiler.rolled import rolled
from tinylm.compiler.reader import read

pytest.importorskip("unicorn")

CORES = ["cortex-m0plus", "cortex-m4", "cortex-m33", "rv32imc"]
CASES = int(os.environ.get("TINYLM_CORE_CASES", "10"))


def check(core: str, names: list[str], count: int, folder: Path) -> None:
    from tests.compiler.on_image import CoreImage

    drawn = [(name, rolled(name, seed)) for name in names for seed in range(count)]
    image = CoreImage(core, [case for _, case in drawn], folder)
    wrong = [f"{name} {i % count}" for i, (name, case) in enumerate(drawn) if not equal(image.run(i), case)]
    assert not wrong, f"differ on {core}: {wrong}"


def equal(results: list[np.ndarray], case: Case) -> bool:
    rights = by_meaning(read(case.model, "case.tflite"), case)
    return all(result.tobytes() == right.tobytes() for result, right in zip(results, rights, strict=True))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("core", CORES)
def test_operators_are_the_same_on_the_core(core: str, tmp_path: Path) -> None:
    check(core, sorted(GENERATORS), CASES, tmp_path)


@pytest.mark.parametrize("core", CORES)
def test_the_usual_operators_are_the_same_on_the_core(core: str, tmp_path: Path) -> None:
    check(core, ["ADD", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MUL", "SOFTMAX", "TANH"], 2, tmp_path)
