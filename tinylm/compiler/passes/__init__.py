"""Graph passes, in the order in which they run. Each changes the graph in place and keeps its meaning bit for bit."""

from __future__ import annotations

from collections.abc import Callable

from tinylm.compiler.graph import Graph
from tinylm.compiler.passes import (
    activation_into_producer,
    attention,
    dead_channels,
    dead_code,
    fold_constants,
    pad_into_window,
    reach,
    reorder,
    requantise,
    residual,
    rms_norm,
    rotary,
    self_gate,
    tables,
    tied,
)

PASSES: tuple[Callable[[Graph], None], ...] = (
    fold_constants.run,
    dead_code.run,
    requantise.run,
    activation_into_producer.run,
    self_gate.run,
    rotary.run,
    attention.run,
    reach.run,
    rms_norm.run,
    residual.run,
    tables.run,
    pad_into_window.run,
    dead_channels.run,
    dead_code.run,
    tied.run,
    reorder.run,
)
