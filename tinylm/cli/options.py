"""Options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tinylm.boards import Board
    from tinylm.bundle import Bundle
    from tinylm.firmware.build import Optimize
    from tinylm.targets.open import Device

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

DEFAULT_MODEL = "commands"

_OWN = "tinylm.boards_dir"  # in the context: the folder of the user's own boards


def _own_boards(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    from tinylm.boards import own_folder

    context.meta[_OWN] = value or own_folder(Path.cwd())


def _board(context: click.Context, _option: click.Parameter, value: Any) -> Any:
    """The board that a name means, shipped or the user's own; 'host' stays a name."""
    from tinylm import boards

    if isinstance(value, tuple):
        return tuple(_board(context, _option, name) for name in value)
    return value if value in (None, boards.HOST) else boards.board(value, own_boards(context))


def own_boards(context: click.Context) -> Path | None:
    """What --boards-dir or tinylm.toml says."""
    folder: Path | None = context.meta[_OWN]
    return folder


boards_dir: Decorator = click.option(
    "--boards-dir",
    type=click.Path(path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_own_boards,
    help="Folder with boards of your own.  [default: boards_dir in ./tinylm.toml]",
)


def board_option(*names: str, **keywords: Any) -> Decorator:
    """An option that names boards, and --boards-dir."""

    def both(command: Callable[..., Any]) -> Callable[..., Any]:
        return boards_dir(click.option(*names, callback=_board, **keywords)(command))

    return both


board = board_option("--board", "-b", required=True, help="Board, e.g. nrf52840 or pico; 'python -m tinylm boards' lists them.")
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
tune: Decorator = click.option(
    "--tune",
    "tuned",
    is_flag=True,
    help="Choose kernels by running the candidates in the emulator; results are kept by core and layer shape.",
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
    "--target", "-t", help="Where it runs: emulator, qemu, renode or serial.  [default: the board's first; serial where --port is given]"
)
port: Decorator = click.option(
    "--port", "-p", help="A real device on this serial port (or socket://HOST:PORT, rfc2217://HOST:PORT) instead of an emulator."
)

renode: Decorator = click.option(
    "--renode", type=click.Path(path_type=Path), help="The Renode to use with --target renode.  [default: the variable RENODE, then PATH]"
)


@dataclass(frozen=True)
class Place:
    """What a command was told of the device it is to use."""

    board: Board | str
    target: str | None
    port: str | None
    timeout: float
    optimize: Optimize
    toolchain: str
    tuned: bool
    output: Path | None
    renode: Path | None = None

    def open(self, bundle: Bundle, energy: bool = False, flash: bool = False) -> AbstractContextManager[Device]:
        """Build ``bundle`` for the board, open it where it runs. Raises as tinylm.bench.make.open_device does."""
        from tinylm.bench.make import open_device

        place = (self.board, bundle, self.target, self.port, self.output, self.optimize, self.timeout, self.toolchain)
        return open_device(*place, energy=energy, tuned=self.tuned, renode=self.renode, flash=flash)


home: Decorator = click.option(
    "--home", type=click.Path(path_type=Path, dir_okay=False), help="home.toml: areas, floors and entities, instead of the bundle's own."
)


def device(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which device a command uses; the command gets them as ``place``."""
    return _device(command, board)


def device_or_host(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same; without a board it is this machine, with a target or a port the nRF52840."""
    return _device(command, board_option("--board", "-b", help="Where it runs.  [default: host; nrf52840 with --target or --port]"))


def device_or_default(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same; without a board it is the nRF52840."""
    return _device(command, board_option("--board", "-b", default="nrf52840", show_default=True, help="Where it runs; host: this machine."))


def _device(command: Callable[..., Any], which: Decorator) -> Callable[..., Any]:
    @functools.wraps(command)
    def collect(**values: Any) -> Any:
        if values["target"] == "host":
            values["target"], values["board"] = None, values["board"] or "host"
        values["board"] = values["board"] or ("nrf52840" if values["target"] or values["port"] else "host")
        place = Place(**{field.name: values.pop(field.name) for field in fields(Place)})
        return command(place=place, **values)

    collected: Callable[..., Any] = collect
    for option in (renode, output, tune, toolchain, optimize, timeout, port, target, which):
        collected = option(collected)
    return collected
