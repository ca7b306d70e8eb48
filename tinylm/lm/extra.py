"""Lazy imports of what only the extras bring, with the one command that installs them."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from tinylm.errors import MissingError


def need(module: str) -> Any:
    """The module, imported. Raises MissingError naming the extra where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise MissingError(f"training needs '{package}', which is not installed.", hint="Run: pip install 'tinylm[train]'") from error


@cache
def tensorflow() -> Any:
    """TensorFlow on the CPU, quiet and deterministic: one thread, so that a seed gives the same bytes again."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with silence():
        tf = need("tensorflow")
        tf.get_logger().setLevel("ERROR")
        with contextlib.suppress(RuntimeError):  # the caller's program has started TensorFlow already, with threads of its own
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
        tf.constant(0)  # looks for devices, and says so
    return tf


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Drop what C++ libraries write straight to stderr's descriptor (their log levels do not stop all of it)."""
    sys.stderr.flush()
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
