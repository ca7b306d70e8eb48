"""The way of the data goes one way: a package imports from those before it and from the leaves, never from those after it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tinylm

PACKAGE = Path(tinylm.__file__).parent
LEAVES = {"errors", "paths", "schema", "cores", "board_files", "boards", "bundle"}
FLOW = ["lm", "compiler", "firmware", "targets", "flashing", "bench", "search", "report", "cli"]
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Names of tinylm's own packages that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tinylm"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("tinylm.")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_comes_before_it(path: Path) -> None:
    place = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if place in ("__main__", "__init__"):
        return
    allowed = LEAVES if place in LEAVES else LEAVES | set(FLOW[: FLOW.index(place) + 1])
    assert imports(path) <= allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_line_prints(path: Path) -> None:
    if path.relative_to(PACKAGE).parts[0] in ("cli", "report"):
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    assert not [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
