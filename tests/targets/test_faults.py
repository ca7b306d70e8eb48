"""Faults on the line give errors, never a wrong result; and the device answers the next good command. The table: tests.targets.faults."""

from pathlib import Path

import pytest

from tests.firmware import standin
from tests.targets.faults import FAULTS, Tally, digit, try_fault
from tinylm.firmware.build import build_host
from tinylm.firmware.toolchain import Zig


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    return build_host(standin.add_one_bundle(folder / "b"), standin.add_one(), folder / "out", toolchain=Zig(sanitize=True))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_no_wrong_result_no_hang_and_an_answer_afterwards(library: Path, fault: object) -> None:
    tally = try_fault(library, fault, 60, seed=hash_of(fault))
    assert tally.injected > 15 and tally.errors > 5 and tally.right > 5, "the fault has to strike, and not always"
    assert (tally.wrong, tally.hung, tally.deaf) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_same_a_thousand_times(library: Path, fault: object) -> None:
    tally = try_fault(library, fault, 1000, seed=1 + hash_of(fault))
    assert (tally.wrong, tally.hung, tally.deaf) == (0, 0, 0)


def test_without_checks_a_changed_digit_gives_a_wrong_result(library: Path) -> None:
    """What the checks are for; and that this test's line can do harm."""
    tally: Tally = try_fault(library, digit, 200, guarded=False)
    assert tally.wrong > 10


def hash_of(fault: object) -> int:
    return sum(fault.__name__.encode())
