"""Generators of one-operator models, by operator: one file a family. ``GENERATORS`` names them all."""

from __future__ import annotations

from collections.abc import Callable

from tests.compiler.batch import Case
from tests.compiler.cases import convolutions, elementwise, moving, normalising, products, recurrent, reducing
from tests.compiler.draw import Draw

GENERATORS: dict[str, Callable[[Draw], Case]] = {
    **convolutions.CASES,
    **elementwise.CASES,
    **moving.CASES,
    **normalising.CASES,
    **products.CASES,
    **recurrent.CASES,
    **reducing.CASES,
}
