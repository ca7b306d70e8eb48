"""What tests of kernels share: the emulated core with all of them, built once."""

from __future__ import annotations

import pytest

from tests.compiler.on_core import Core, build_kernels
from tinylm.compiler.ops import signs


@pytest.fixture(scope="session")
def m4(tmp_path_factory: pytest.TempPathFactory) -> Core:
    return Core(build_kernels("cortex-m4", tmp_path_factory.mktemp("kernels")))


@pytest.fixture
def no_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights all alike go to the kernels for any weights, too."""
    monkeypatch.setattr(signs, "pays", lambda *_: False)
