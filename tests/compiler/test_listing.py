"""docs/operators.md says what the operator table says."""

from __future__ import annotations

from pathlib import Path

from tests.compiler.cases import GENERATORS
from tinylm.compiler.ops.listing import MISSING, listing

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operators.md"


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text() == listing(), "run: make docs"


def test_nothing_is_both_compiled_and_missing() -> None:
    assert not set(MISSING) & set(GENERATORS)
