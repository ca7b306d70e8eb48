"""Generators of one-operator models, by operator: one file a family. ``GENERATORS`` names them all."""

from __future__ import annotations

from collections.abc import Callable

from tests.compiler.batch import Case
from tests.compiler.cases import binary, moving, products, unary, variables, views
from tests.compiler.draw import Draw

GENERATORS: dict[str, Callable[[Draw], Case]] = {**moving.CASES, **products.CASES}
GENERATORS |= {**views.CASES, **binary.CASES, **unary.CASES, **variables.CASES}
