"""Generators of one-operator models, by operator: one file a family. ``GENERATORS`` names them all."""

from __future__ import annotations

from collections.abc import Callable

from tests.compiler.batch import Case
from tests.compiler.cases import binary, convolutions, moving, normalising, products, recurrent, reducing, signal, unary, variables, views
from tests.compiler.draw import Draw

GENERATORS: dict[str, Callable[[Draw], Case]] = {
    name: case
    for family in (binary, convolutions, moving, normalising, products, recurrent, reducing, signal, unary, variables, views)
    for name, case in family.CASES.items()
}
