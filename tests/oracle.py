"""The oracle for tests: the real TFLM interpreter. Tests that need it are skipped by name where its wheel does not exist."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import numpy as np
import pytest

try:
    from tflite_micro.python.tflite_micro import runtime
except ImportError:  # its wheel is for x86-64 Linux only
    runtime = None

needs_oracle = pytest.mark.skipif(runtime is None, reason="the tflite-micro wheel exists for x86-64 Linux only")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """TFLM's C++ side writes to the process's own descriptors."""
    kept = [os.dup(1), os.dup(2)]
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        yield
    finally:
        for target, saved in zip((1, 2), kept, strict=True):
            os.dup2(saved, target)
            os.close(saved)
        os.close(null)


class Refused(Exception):
    """TFLM did not take the model."""


class Oracle:
    """One model in TFLM. run: inputs to outputs, both in the graph's order."""

    def __init__(self, model: bytes, arena: int = 1 << 22) -> None:
        with _quiet():
            try:
                self._interpreter = runtime.Interpreter.from_bytes(model, arena_size=arena)
            except Exception as error:
                raise Refused(str(error)) from error

    def run(self, inputs: list[np.ndarray], outputs: int = 1) -> list[np.ndarray]:
        with _quiet():
            for index, value in enumerate(inputs):
                self._interpreter.set_input(value, index)
            try:
                self._interpreter.invoke()
            except Exception as error:
                raise Refused(str(error)) from error
            return [np.array(self._interpreter.get_output(i)) for i in range(outputs)]
