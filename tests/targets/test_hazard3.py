"""The interrupt CSRs of the RP2350's RISC-V cores, one instruction at a time."""

import pytest

pytest.importorskip("unicorn")

from tinylm.targets.emulator.bus import Unmodelled
from tinylm.targets.emulator.hazard3 import Hazard3Csrs, is_custom

WRITE, SET, CLEAR = 1, 2, 3
MEIEA, MEIPA, MEIFA, MEINEXT = 0xBE0, 0xBE1, 0xBE2, 0xBE4


def instruction(csr: int, kind: int, source: int = 5) -> int:
    return csr << 20 | source << 15 | kind << 12 | 10 << 7 | 0x73


def test_enables_are_written_set_and_cleared_sixteen_at_a_time() -> None:
    csrs = Hazard3Csrs()
    assert csrs.access(instruction(MEIEA, WRITE), 0b0110 << 16 | 2) == 0
    assert csrs.access(instruction(MEIEA, SET), 0b1000 << 16 | 2) == 0b0110 << 16
    assert csrs.access(instruction(MEIEA, CLEAR), 0b0010 << 16 | 2) == 0b1110 << 16
    assert csrs.enabled == 0b1100 << 32
    assert csrs.access(instruction(MEIEA, SET, 0), 0) == 0, "what writes nothing shows the first sixteen"


def test_an_interrupt_is_pending_when_its_line_is_high_and_enabled() -> None:
    csrs = Hazard3Csrs()
    csrs.access(instruction(MEIEA, WRITE), 0b10 << 16 | 2)
    assert [csrs.controller(1 << line) for line in (32, 33)] == [0, 1 << 11]
    assert csrs.access(instruction(MEINEXT, SET, 0), 0) == 33 << 2
    assert csrs.access(instruction(MEIPA, SET), 2) == 0b10 << 16
    csrs.controller(0)
    assert csrs.access(instruction(MEINEXT, SET, 0), 0) == 1 << 31


@pytest.mark.parametrize(("csr", "kind"), [(MEIFA, SET), (MEIPA, WRITE), (MEINEXT, SET)])
def test_what_has_no_model_is_named(csr: int, kind: int) -> None:
    with pytest.raises(Unmodelled, match=f"CSR {csr:#x} has no model"):
        Hazard3Csrs().access(instruction(csr, kind), 1)


def test_only_its_own_csrs_are_taken_for_such() -> None:
    assert is_custom(instruction(MEIEA, WRITE)) and is_custom(instruction(0xBE5, SET))
    assert not any(map(is_custom, (instruction(0x300, SET), instruction(0xBE6, SET), 0x73, 0x00C5A533)))
