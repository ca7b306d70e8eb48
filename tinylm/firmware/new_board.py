"""A board of the user's own, to start from: a TOML that works at once, with a comment on every key."""

from __future__ import annotations

from pathlib import Path

import jinja2

from tinylm import boards, paths
from tinylm.boards import Peripheral, Soc
from tinylm.errors import InputError
from tinylm.paths import write_file

_UARTS = ("uart", "usart")
_FIRST_PINS = (6, 8)  # any two, where every pin can carry the console


def write_board(name: str, soc: str, own: Path | None = None) -> Path:
    """Write NAME.toml into the folder of the user's own boards (own, else ./boards); a name with .toml is a path. Returns the path.

    Raises InputError: it exists, the name is taken or no name, the SoC is unknown, the place cannot be written.
    """
    path = Path(name) if name.endswith(".toml") else (own or Path("boards")) / f"{name}.toml"
    stem = path.stem
    if not stem.replace("-", "").replace("_", "").isalnum() or stem != stem.lower():
        raise InputError(f"'{stem}' is no name for a board.", hint="Small letters, digits and hyphens.")
    if stem in (*boards.names(), boards.HOST, "new"):
        raise InputError(f"a board '{stem}' comes with tinylm already.", hint="Give yours another name.")
    if path.exists():
        raise InputError("exists already and is left as it is.", where=str(path))
    chip = boards.soc(soc, path.parent)
    uart = next((one for one in chip.peripherals if one.name.rstrip("0123456789e").endswith(_UARTS)), None)
    if uart is None:
        raise InputError(f"the {chip.title} has no UART for a console.", where=soc)
    text = _render(name=stem, soc=chip, uart=uart, pins=_pins(chip, uart))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder cannot be made ({error.strerror}).", where=str(path.parent)) from error
    write_file(path, text)
    return path


def _render(**values: object) -> str:
    """The template, its comments one under the other."""
    loader = jinja2.FileSystemLoader(paths.TEMPLATES)
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    lines = environment.get_template("board.toml.j2").render(values).rstrip().split("\n")
    parts = [line.rpartition("  # ") for line in lines]
    return "".join(f"{code.rstrip():38} # {comment}\n" if code else f"{comment}\n" for code, _, comment in parts)


def _pins(soc: Soc, uart: Peripheral) -> tuple[int | str, int | str] | None:
    """Pins for the console that the chip allows, tx and rx; None where it has no choice."""
    if uart.tx and uart.rx:
        return next(iter(uart.tx)), next(iter(uart.rx))
    return None if soc.pins == 0 else _FIRST_PINS
