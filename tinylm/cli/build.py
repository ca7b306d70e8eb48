"""python -m tinylm build"""

from __future__ import annotations

from pathlib import Path

import click

from tinylm.cli import options, show


@click.command("build")
@options.board
@options.model
@options.optimize
@options.output
@options.as_json
def command(board: str, model: str, optimize: str, output: Path | None, as_json: bool) -> None:
    """Compile a model to C and build firmware for a board.

    Writes firmware.elf, .hex, .bin (and .uf2 where the board takes it), a memory map and the generated C. A model that
    does not fit the board is refused before anything is compiled, with the numbers.

    \b
    Examples:
      python -m tinylm build --board nrf52840
      python -m tinylm build --board pico --model my_model.tflite --optimize size
    """
    from tinylm.firmware.make import make_image

    with show.working(f"Building for {board}", as_json):
        result = make_image(board, model, output, optimize)
    if as_json:
        show.print_json(result.to_json())
        return
    flash, ram = result.sizes.to_json()["flash"], result.sizes.to_json()["ram"]
    rows = [
        ("flash", f"{show.number(flash['used'])} B", f"of {show.number(flash['limit'])}: what the image occupies in program memory"),
        *[(f"  {part}", f"{show.number(size)} B", _PARTS.get(part, "")) for part, size in flash["parts"].items() if size],
        ("RAM", f"{show.number(ram['used'])} B", f"of {show.number(ram['limit'])}: working memory, stack included"),
        *[(f"  {part}", f"{show.number(ram[part])} B", _PARTS.get(part, "")) for part in ("arena", "state", "stack", "other") if ram[part]],
    ]
    show.table(f"{result.model} for {result.board} ({result.core}, {result.toolchain}, build {result.build_id})", rows)
    for kind, path in result.files.items():
        print(f"  {kind:4} {_relative(path)}")


_PARTS = {
    "constants": "weights and tables of the model",
    "tokenizer": "text to tokens and back",
    "kernels": "the arithmetic: matrix products, activations",
    "runtime": "console protocol and text generation",
    "startup": "vectors, clocks, UART, fault handler",
    "libraries": "compiler support: division, float, 64-bit products",
    "data": "initial values of variables",
    "arena": "tensors of one inference; shared where they never live together",
    "state": "what the model remembers from token to token",
    "stack": "reserved for function calls",
    "other": "console and tokenizer buffers",
}


def _relative(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
