"""python -m tinylm run"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinylm.cli import options, show

if TYPE_CHECKING:
    from tinylm.bundle import Bundle
    from tinylm.targets.open import Device


@click.command("run")
@click.argument("bundle", required=False)
@options.device_or_default
@options.model
@options.home
@click.option("--prompt", "prompts", multiple=True, help="Say this and stop; may be repeated. Without it: a conversation, or piped lines.")
@click.option("--prefix", default="", help="What every text begins with, of any length; the device reads it once.")
@click.option("--max-tokens", type=click.IntRange(1, 10_000), default=128, show_default=True, help="Longest answer.")
@click.option("--temperature", type=float, default=0.0, show_default=True, help="0: the most likely token each time; 1: as the model says.")
@click.option("--top-k", type=int, help="Choose among so many of the most likely tokens.")
@click.option("--top-p", type=float, default=1.0, show_default=True, help="Choose among the fewest that have this share together.")
@click.option("--min-p", type=float, default=0.0, show_default=True, help="Leave out what is less likely than this share of the likeliest.")
@click.option("--penalty", type=float, default=1.0, show_default=True, help="Makes the last 64 tokens less likely.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same text.")
@options.as_json
def command(
    place: options.Place,
    bundle: str | None,
    model: str,
    home: Path | None,
    prompts: tuple[str, ...],
    prefix: str,
    max_tokens: int,
    temperature: float,
    top_k: int | None,
    top_p: float,
    min_p: float,
    penalty: float,
    seed: int,
    as_json: bool,
) -> None:
    """Talk to the language model on the emulated device, or on a real one over a serial port.

    The device itself turns text into tokens, runs the model and writes the answer: the commands model an intent and its
    slots, other models text, token by token. Ctrl-C stops an answer. Leave with an empty line, Ctrl-D or Ctrl-C.

    \b
    Examples:
      python -m tinylm run --board nrf52840
      echo "turn on the kitchen lights" | python -m tinylm run --board pico --home home.toml
      python -m tinylm run stories --board nrf52840 --prompt "Once upon a time" --temperature 0.8 --top-p 0.9
      python -m tinylm run stories --prefix "Once upon a time, Tom had a" --prompt "red ball" --prompt "small dog"
    """
    from tinylm.bundle import load_bundle
    from tinylm.errors import InputError
    from tinylm.lm.sample import Sampling

    for text in (prefix, *prompts):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InputError(f"the text {text!r} is not UTF-8.", hint="Convert it, e.g. with iconv.") from None
    sampling = Sampling.of(temperature, top_k, top_p, min_p, penalty, seed)
    chosen = load_bundle(bundle or model, home, prefix)
    if not chosen.is_language_model:
        raise InputError(f"'{chosen.name}' is not a language model, so there is nothing to talk to.", hint="Use 'python -m tinylm test'.")
    if chosen.manifest.commands and sampling != Sampling(seed=seed):
        raise InputError(f"'{chosen.name}' answers with an intent, so there is nothing to draw.", hint="Leave the sampling options out.")
    with show.working(f"Building for {place.board}", as_json):
        opened = place.open(replace(chosen, prefix=""))
    typed = not prompts and sys.stdin.isatty()
    answers = []
    with opened as device:
        device.session.boot()
        if not chosen.manifest.commands:
            device.session.sampler(sampling.numbers)
            _keep(device, prefix)
        for prompt in prompts or _lines(str(place.board), chosen.manifest.examples, typed):
            answer = _answer(device, chosen, prompt, max_tokens, typed, as_json)
            if answer:
                answers.append(answer)
    if as_json:
        show.print_json({"board": str(place.board), "model": chosen.name, "answers": answers})


#: Bytes of a prefix that go at once: the device gathers 256, and a character has four at most.
_PART = 240


def _keep(device: Device, prefix: str) -> None:
    """Part by part, cut at spaces, since every text gets one in front: so a prefix may be longer than what the device gathers."""
    device.session.reset()
    while prefix:
        part = prefix.encode()[:_PART].decode(errors="ignore")
        if len(part) < len(prefix) and " " in part.strip():
            part = part[: part.rindex(" ")]
        device.session.feed(part)
        device.session.keep()
        prefix = prefix[len(part) :].removeprefix(" ")


def _lines(board: str, examples: list[str], typed: bool) -> Iterator[str]:
    """What is typed or piped, line by line. Raises InputError where it is no UTF-8."""
    from tinylm.errors import InputError

    if typed:
        print(f"Talking to the model on {board}. Try: {examples[0] if examples else 'hello'}\nAn empty line ends it.")
    while True:
        try:
            line = input("> " if typed else "")
            line.encode()
        except EOFError:
            return
        except UnicodeError:
            raise InputError("what was typed or piped is not UTF-8.", where="stdin", hint="Convert it, e.g. with iconv.") from None
        if line.strip():
            yield line
        elif typed:
            return


def _answer(device: Device, bundle: Bundle, prompt: str, limit: int, typed: bool, as_json: bool) -> dict[str, Any] | None:
    """Say one thing; print what comes as it comes. None where a person stopped it."""
    if not (typed or as_json):
        print(f"> {prompt}")
    try:
        device.session.reset()
        device.session.feed(prompt)
        if bundle.manifest.commands:
            found = _decided(device, prompt)
            text = " ".join([found["intent"], *(f"{key}={value}" for key, value in found["slots"].items())])
            if not as_json:
                print(text, end="")
        else:
            found = _written(device, prompt, limit, as_json)
    except KeyboardInterrupt:
        if not typed:
            raise
        print("   (stopped)")
        return None
    if not as_json:
        print(f"   ({_speed(found)})")
    return found


def _decided(device: Device, prompt: str) -> dict[str, Any]:
    made = device.session.answer()
    steps = made.prompt_tokens - made.ahead + made.steps
    facts = {"intent": made.intent, "slots": dict(made.slots), "confidence": made.confidence}
    return {"prompt": prompt, **facts, **_timing(device, made.prompt_tokens, made.ahead, steps, made.answer_us), "written": made.steps}


def _written(device: Device, prompt: str, limit: int, as_json: bool) -> dict[str, Any]:
    def said(text: str) -> None:
        print(text, end="", flush=True)

    made = device.session.generate(limit, said=None if as_json else said)
    steps, elapsed = made.prompt_tokens - made.ahead + len(made.tokens), made.prompt_us + made.generate_us
    facts = {"prompt": prompt, "text": made.text.strip(), "tokens": made.tokens, "stop": made.stop}
    return {**facts, **_timing(device, made.prompt_tokens, made.ahead, steps, elapsed), "written": len(made.tokens)}


def _timing(device: Device, prompt: int, ahead: int, steps: int, elapsed: int) -> dict[str, Any]:
    """elapsed_us: from the last character to the whole answer; the tokens that were read before are not in it."""
    return {
        "prompt_tokens": prompt,
        "read_ahead": ahead,
        "elapsed_us": elapsed,
        "tokens_per_second": round(steps * 1e6 / elapsed, 2) if elapsed else None,
        "speed_is": {"serial": "measured", "host": "this machine's"}.get(device.target, "estimated"),
    }


def _speed(answer: dict[str, Any]) -> str:
    rate = f"{answer['tokens_per_second']:,.0f} tokens/s {answer['speed_is']}" if answer["tokens_per_second"] else "too fast to time"
    sure = f"confidence {answer['confidence']:.2f}, " if "confidence" in answer else ""
    counts = f"{answer['prompt_tokens']} tokens read, {answer['written']} written"
    return f"{sure}{counts}, {answer['elapsed_us'] / 1000:,.1f} ms to the end, {rate}"
