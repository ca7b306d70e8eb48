"""Graph passes, in the order in which they run. Each changes the graph in place and keeps its meaning bit for bit."""

from __future__ import annotations

from collections.abc import Callable

from tinylm.compiler.graph import Graph
from tinylm.compiler.passes import dead_code, fold_constants

PASSES: tuple[Callable[[Graph], None], ...] = (fold_constants.run, dead_code.run)
