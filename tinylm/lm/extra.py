"""Lazy imports of what only the extras bring, with the one command that installs them."""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import Any

from tinylm.errors import MissingError


def need(module: str) -> Any:
    """The module, imported. Raises MissingError naming the extra where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingError(f"training needs '{module.split('.')[0]}', which is not installed.", hint="Run: pip install 'tinylm[train]'") from error


@cache
def tensorflow() -> Any:
    """TensorFlow on the CPU, quiet and deterministic: one thread, so that a seed gives the same bytes again."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    tf = need("tensorflow")
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # the caller's program has started TensorFlow already, with threads of its own
        pass
    tf.config.experimental.enable_op_determinism()
    return tf
