"""python -m tinylm test"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinylm.cli import options, show
from tinylm.errors import EXIT_DONE, EXIT_FAILED, TargetError

if TYPE_CHECKING:
    from tinylm.bench.check import TestReport
    from tinylm.bundle import Bundle
    from tinylm.firmware.build import Optimize


@click.command("test")
@options.device
@options.model
@options.home
@click.option("--flash", is_flag=True, help="Put the firmware on the board first, as 'python -m tinylm flash' does.")
@click.option("--layers", is_flag=True, help="Compare every tensor that the model computes, on this machine; name the first that differs.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write the checks as JUnit XML, for a CI service.")
@options.as_json
def command(place: options.Place, model: str, home: Path | None, flash: bool, layers: bool, junit: Path | None, as_json: bool) -> int:
    """Build the firmware and test it where it runs, by the MLPerf Tiny protocol.

    Looks at: identity, the protocol's commands and errors, every output against TensorFlow Lite Micro bit for bit
    (stored vectors where its wheel does not exist), speed, stack and arena, and a language model's text.
    '--board host' runs the same C as a native library. Exit code 1: the test failed.

    \b
    Examples:
      python -m tinylm test --board nrf52840
      python -m tinylm test --board pico --port /dev/ttyACM0 --flash --junit result.xml
      python -m tinylm test --board host --model mine.tflite --layers
    """
    from tinylm.bench.check import run_checks, stopped
    from tinylm.bundle import load_bundle
    from tinylm.paths import need_writable

    if junit:
        need_writable(junit.parent)
    bundle = load_bundle(model, home)
    if layers:
        return _layers(bundle, place.optimize, place.output, as_json)
    with show.working(f"Building for {place.board}", as_json):
        opened = place.open(bundle, flash=flash)
    started = time.monotonic()
    with opened as device, show.progress(as_json) as report:
        transcript = device.session.transcript
        try:
            result = run_checks(device, bundle, report)
        except TargetError as error:
            if junit:
                _write_junit(junit, stopped(device, bundle, error), started, transcript)
            raise
    if junit:
        _write_junit(junit, result, started, transcript)
    if as_json:
        show.print_json(result.to_json())
    else:
        _print(result)
    if not result.passed:
        show.transcript(transcript, device.log)
    return EXIT_DONE if result.passed else EXIT_FAILED


def _write_junit(path: Path, result: TestReport, started: float, transcript: Sequence[str]) -> None:
    from tinylm.paths import write_file
    from tinylm.report.junit import junit

    write_file(path, junit(result, time.monotonic() - started, transcript))


def _layers(bundle: Bundle, optimize: Optimize, output: Path | None, as_json: bool) -> int:
    from tinylm.bench.layers import run_layers
    from tinylm.firmware.make import default_output

    with show.working("Building for this machine", as_json):
        result = run_layers(bundle, output or default_output("host", f"{bundle.name}-layers"), optimize)
    if as_json:
        show.print_json(result.to_json())
        return EXIT_DONE if result.passed else EXIT_FAILED
    print(f"{result.model}, {result.runs} random inputs against {result.oracle}: {'passed' if result.passed else 'FAILED'}")
    for layer in result.layers:
        mark = "ok  " if not layer.mismatched else "FAIL"
        shape, short = "x".join(map(str, layer.shape)), layer.tensor.split(";")[0]
        print(f"  {mark}  {layer.operator:3} {layer.name} '{short}' {shape}: {layer.mismatched} of {layer.compared} values differ")
    if result.merged:
        print(f"  merged into others: {', '.join(result.merged)}")
    if first := result.first_different:
        at, found, right = first.first or (0, 0.0, 0.0)
        print(f"First to differ: operator {first.operator} {first.name}, tensor '{first.tensor}', at {at}: {found:g}, expected {right:g}")
    return EXIT_DONE if result.passed else EXIT_FAILED


def _print(result: TestReport) -> None:
    print(f"{result.model} on {result.board}, target {result.target}: {'passed' if result.passed else 'FAILED'}")
    for check in result.checks:
        print(f"  {'ok  ' if check.passed else 'FAIL'}  {check.name}: {check.detail}")
    if not result.latency_us:
        return
    rows: list[show.Row] = []
    one = "token" if result.language_model else "inference"
    qemu = result.target == "qemu"
    if result.instructions is not None:
        how = "by QEMU's clock, to the microsecond: one a nanosecond" if qemu else "counted exactly"
        rows.append(("instructions", show.number(result.instructions), f"executed for one {one}, {how}"))
    if result.cycles is not None:
        table = f"estimated from a cost table of the core ({result.cycles_checked}), flash wait states not included"
        how = "measured" if result.target == "serial" else table
        rows.append(("cycles", show.number(result.cycles), f"of the processor for one {one}, {how}"))
    if not qemu:
        rows.append(("latency", f"{show.number(result.latency_us)} us", f"time for one {one} by the device's own clock"))
    if result.tokens_per_second is not None:
        estimate = "by Renode's clock, one instruction a cycle," if result.target == "renode" else "estimated"
        clock = f"{estimate} at the board's clock of {result.clock_hz / 1e6:g} MHz" if result.clock_hz else "on this machine"
        how = "measured" if result.target == "serial" else clock
        rows.append(("tokens/s", show.number(result.tokens_per_second), f"steps of the model in a second, {how}"))
    rows.append(("stack", f"{show.number(result.stack_used)} B", "deepest use of the stack so far"))
    if result.bits_per_byte is not None:
        rows.append(("bits/byte", f"{result.bits_per_byte:.3f}", "how well the model predicts held-out text (from the bundle's manifest)"))
    show.table("", rows)
