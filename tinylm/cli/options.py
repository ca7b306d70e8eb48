"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

DEFAULT_MODEL = "commands"

board: Decorator = click.option("--board", "-b", required=True, help="Board, e.g. nrf52840 or pico; 'python -m tinylm boards' lists them.")
model: Decorator = click.option(
    "--model", "-m", default=DEFAULT_MODEL, show_default=True, help="A bundle folder, the name of a shipped bundle, or a .tflite file."
)
optimize: Decorator = click.option(
    "--optimize",
    type=click.Choice(["size", "balanced", "speed"]),
    default="balanced",
    show_default=True,
    help="What the kernels are chosen and compiled for.",
)
toolchain: Decorator = click.option(
    "--toolchain",
    type=click.Choice(["zig", "gcc"]),
    default="zig",
    show_default=True,
    help="Compiler: zig (clang, installed with tinylm) or the GNU one on PATH.",
)
timeout: Decorator = click.option(
    "--timeout",
    type=click.FloatRange(0.1, 600),
    default=5.0,
    show_default=True,
    help="Seconds of silence that mean the device will not answer.",
)
output: Decorator = click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Output folder; replaced whole or not at all.  [default: build/BOARD/MODEL]"
)
as_json: Decorator = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout and nothing else there.")
target: Decorator = click.option(
    "--target", "-t", help="Where the image runs: emulator, qemu or serial.  [default: the board's first; serial where --port is given]"
)
port: Decorator = click.option("--port", "-p", help="A real device on this serial port (or socket://host:port) instead of an emulator.")
