"""python -m tinylm run"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from tinylm.cli import options, show

if TYPE_CHECKING:
    from tinylm.targets.open import Device


@click.command("run")
@options.device
@options.model
@click.option("--prompt", "prompts", multiple=True, help="Say this and stop; may be repeated. Without it: a conversation, or piped lines.")
@click.option("--max-tokens", type=click.IntRange(1, 1000), default=64, show_default=True, help="Longest answer.")
@options.as_json
def command(
    place: options.Place,
    model: str,
    prompts: tuple[str, ...],
    max_tokens: int,
    as_json: bool,
) -> None:
    """Talk to the language model on the emulated device, or on a real one over a serial port.

    The device itself turns text into tokens, runs the model and writes the answer. Leave with an empty line, Ctrl-D or Ctrl-C.

    \b
    Examples:
      python -m tinylm run --board nrf52840
      echo "turn on the kitchen lights" | python -m tinylm run --board pico
      python -m tinylm run --board nrf52840 --prompt "start a 5 minute timer" --json
    """
    from tinylm.bundle import load_bundle
    from tinylm.errors import InputError

    bundle = load_bundle(model)
    if not bundle.is_language_model:
        raise InputError(f"'{bundle.name}' is not a language model, so there is nothing to talk to.", hint="Use 'python -m tinylm test'.")
    with show.working(f"Building for {place.board}", as_json):
        opened = place.open(bundle)
    answers = []
    typed = not prompts and sys.stdin.isatty()
    with opened as device:
        device.session.boot()
        for prompt in prompts or _lines(str(place.board), bundle.manifest.examples, typed):
            device.session.reset()
            device.session.feed(prompt)
            answer = _answer(device, prompt, max_tokens)
            answers.append(answer)
            if not as_json:
                echo = "" if typed else f"> {prompt}\n"
                print(f"{echo}{answer['text']}   ({_speed(answer)})")
    if as_json:
        show.print_json({"board": str(place.board), "model": bundle.name, "answers": answers})


def _lines(board: str, examples: list[str], typed: bool) -> Iterator[str]:
    """What is typed or piped, line by line."""
    if typed:
        print(f"Talking to the model on {board}. Try: {examples[0] if examples else 'hello'}\nAn empty line ends it.")
    while True:
        try:
            line = input("> " if typed else "")
        except EOFError:
            return
        if line.strip():
            yield line
        elif typed:
            return


def _answer(device: Device, prompt: str, limit: int) -> dict[str, Any]:
    made = device.session.generate(limit)
    steps, elapsed = made.prompt_tokens - made.ahead + len(made.tokens), made.prompt_us + made.generate_us
    return {
        "prompt": prompt,
        "text": made.text.strip(),
        "tokens": made.tokens,
        "stop": made.stop,
        "prompt_tokens": made.prompt_tokens,
        "elapsed_us": elapsed,
        "tokens_per_second": round(steps * 1e6 / elapsed, 2) if elapsed else None,
        "speed_is": "measured" if device.target == "serial" else "estimated" if device.target == "emulator" else "this machine's",
    }


def _speed(answer: dict[str, Any]) -> str:
    rate = f"{answer['tokens_per_second']:,.0f} tokens/s {answer['speed_is']}" if answer["tokens_per_second"] else "too fast to time"
    return f"{answer['prompt_tokens']} tokens read, {len(answer['tokens'])} written in {answer['elapsed_us'] / 1000:,.1f} ms, {rate}"
