"""docs/operators.md, made from the operator table: what is compiled, and what TFLM has beside it."""

from __future__ import annotations

import inspect

from tinylm.compiler import ops
from tinylm.compiler.ops import TABLE
from tinylm.compiler.ops.base import Spec

#: What the tflite-micro wheel registers (its python_ops_resolver) and the table lacks. Custom operators by their custom name.
MISSING = {
    "BROADCAST_ARGS": "shapes computed at run time",
    "CIRCULAR_BUFFER": "a custom operator of streaming models made by hand",
    "DECODE": "compressed weights; TFLM's own extension",
    "ETHOS_U": "custom, for an NPU",
    "IF": "a choice of subgraphs at run time",
    "TFLITE_DETECTION_POSTPROCESS": "custom, sorts and picks boxes",
    "WHILE": "a loop over subgraphs at run time",
}


def listing() -> str:
    """The page as Markdown."""
    lines = [
        "# Operators",
        "",
        "Made from the operator table by `make docs`; a test holds it to it. Every operator is compared three ways (TFLM, numpy, generated",
        "C) over drawn shapes, types and data: `TINYLM_OPERATOR_CASES=200 python -m pytest tests/compiler/test_operators.py`.",
        "What an operator does not take (a type, an option, a shape) is refused by name, with its place in the graph and the reason.",
        "",
        f"## Compiled: {len(TABLE)}",
        "",
        "| operator | what, and for which types |",
        "|---|---|",
    ]
    lines += [f"| {name} | {_about(spec)} |" for name, spec in sorted(TABLE.items())]
    lines += ["", f"## TFLM has them, tinylm not yet: {len(MISSING)}", "", "| operator | what it is |", "|---|---|"]
    lines += [f"| {name} | {why} |" for name, why in sorted(MISSING.items())]
    return "\n".join(lines) + "\n"


def _about(spec: Spec) -> str:
    """The first paragraph of the operator's file."""
    modules = [value for value in vars(ops).values() if inspect.ismodule(value)]
    named = (module for module in modules if any(value is spec for value in vars(module).values()))
    home = next(named, inspect.getmodule(spec.check))
    return " ".join((inspect.getdoc(home) or "").split("\n\n")[0].split()).replace("|", "\\|")
