"""unicorn, taken as untyped: its own annotations cover a part of it only."""

from __future__ import annotations

import importlib
from typing import Any

unicorn: Any = importlib.import_module("unicorn")
arm_const: Any = importlib.import_module("unicorn.arm_const")
riscv_const: Any = importlib.import_module("unicorn.riscv_const")


def native_library() -> Any:
    """The path of the shared library that the binding has loaded (it offers no public name for it)."""
    return importlib.import_module("unicorn.unicorn_py3.unicorn").uclib._name
