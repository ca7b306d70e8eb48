"""What 'bench --mode' and 'bench --compare' do: the benchmark's own rules on one device, and two results side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tinylm.cli import options, show
from tinylm.errors import EXIT_DONE, EXIT_FAILED, InputError

if TYPE_CHECKING:
    from tinylm.bench.check import Progress
    from tinylm.bench.rules import Energy
    from tinylm.bundle import Bundle
    from tinylm.targets.open import Device

Mode = Literal["performance", "accuracy", "energy"]


@dataclass(frozen=True)
class Wish:
    """What 'bench --mode' was asked for. dataset: labelled inputs; recording: of a Joulescope, each window of it ``inferences`` long."""

    mode: Mode
    dataset: Path | None
    monitor: str | None
    voltage: float
    recording: Path | None
    inferences: int | None
    submission: Path | None
    submitter: str
    division: str


def run(place: options.Place, bundle: Bundle, wish: Wish, as_json: bool) -> int:
    """Build, measure, print, write the submission's files. Exit code 1: the accuracy that the benchmark asks for is not reached."""
    _check(place, wish)
    if wish.recording:
        result, log = _recorded(wish), []
        target = "recording"
    else:
        with show.working(f"Building for {place.board}", as_json):
            opened = place.open(bundle, energy=wish.mode == "energy")
        with opened as device, show.progress(as_json) as report:
            result = _measure(device, bundle, wish, report)
        log, target = list(device.session.transcript), device.target
    head = {"board": _name(place), "target": target, "model": bundle.name, "benchmark": bundle.manifest.mlperf, "mode": wish.mode}
    result = {**head, **result}
    if wish.submission:
        from tinylm import boards
        from tinylm.report.submission import write_submission

        board, mlperf = boards.board(place.board), bundle.manifest.mlperf
        folder = write_submission(wish.submission, wish.submitter, wish.division, board, mlperf, wish.mode, result, log)
        result["submission"] = str(folder)
    if as_json:
        show.print_json(result)
    else:
        _print(result)
    return EXIT_FAILED if result.get("reached") is False else EXIT_DONE


def _name(place: options.Place) -> str:
    return str(getattr(place.board, "name", place.board))


def _check(place: options.Place, wish: Wish) -> None:
    if wish.mode == "energy" and not (wish.monitor or wish.recording):
        hint = "Name an LPM01A's port with --monitor, or a Joulescope's file with --recording and --inferences."
        raise InputError("energy is measured by a power monitor, and none is named.", hint=hint)
    if wish.recording and not wish.inferences:
        raise InputError("a recording does not say how many inferences a window has.", hint="Say it with --inferences.")
    if place.board == "host" and wish.submission:
        raise InputError("'host' is this machine, not a board: there is nothing to submit.", hint="Choose a board.")
    if wish.submission:  # now, not after minutes of measuring
        from tinylm.report.submission import check_place

        check_place(wish.submission, wish.submitter, wish.division, _name(place))


def _measure(device: Device, bundle: Bundle, wish: Wish, report: Progress) -> dict[str, Any]:
    from tinylm.bench import language, rules

    session = device.session
    if wish.mode == "energy":
        return _by_monitor(device, bundle, wish, report).to_json()
    session.boot()
    if wish.mode == "performance":
        done = rules.performance(session, _inputs(bundle, wish), report)
        tokens = {"tokens_per_second": done.throughput} if bundle.is_language_model else {}
        return {**tokens, **done.to_json(), "time_is": "measured" if device.target == "serial" else "estimated"}
    if bundle.is_language_model:
        return language.language_score(session, bundle, language.load_pairs(bundle, wish.dataset), report).to_json()
    return rules.accuracy(session, _samples(bundle, wish), bundle.manifest.mlperf, report).to_json()


def _by_monitor(device: Device, bundle: Bundle, wish: Wish, report: Progress) -> Energy:
    from tinylm.bench import rules
    from tinylm.bench.monitor import BAUD, Lpm01a
    from tinylm.targets.serial import open_port

    assert wish.monitor
    with open_port(wish.monitor, BAUD) as port:
        monitor = Lpm01a(port, wish.voltage)
        try:
            monitor.power(True)
            monitor.start()
            device.session.boot()
            return rules.energy(device.session, monitor, _inputs(bundle, wish), report)
        finally:
            monitor.close()


def _recorded(wish: Wish) -> dict[str, Any]:
    from tinylm.bench.joulescope import read_recording
    from tinylm.bench.rules import recorded_energy

    assert wish.recording and wish.inferences
    return recorded_energy(read_recording(wish.recording), wish.inferences).to_json()


def _inputs(bundle: Bundle, wish: Wish) -> list[tuple[str, bytes]]:
    """Five inputs: of the set, the stored tokens of a language model, or random ones (how long a model takes does not depend on them)."""
    from tinylm.bench import language, reference, rules

    if bundle.is_language_model:
        return language.token_inputs(bundle, rules.INPUTS)
    if wish.dataset:
        return [(sample.name, sample.windows[0]) for sample in _samples(bundle, wish)[: rules.INPUTS]]
    runs = reference.model_reference(bundle, rules.INPUTS).runs
    return [(f"random input {number}", run.inputs) for number, run in enumerate(runs, 1)]


def _samples(bundle: Bundle, wish: Wish) -> Any:
    from tinylm.bench.dataset import load_dataset
    from tinylm.bench.reference import load_sizes

    if wish.dataset is None:
        raise InputError("accuracy needs labelled inputs.", hint="Name a folder with y_labels.csv, or a zip of it, with --dataset.")
    return load_dataset(wish.dataset, load_sizes(bundle))


def _print(result: dict[str, Any]) -> None:
    rows: list[show.Row] = [(word, text, meaning) for key, word, text_of, meaning in _ROWS if (text := text_of(result.get(key)))]
    target = result.get("target_accuracy")
    show.table(f"{result['model']} ({result['benchmark']}) on {result['board']}, {result['target']}, {result['mode']}", rows)
    if isinstance(target, dict):
        reached = "reached" if result["reached"] else "NOT reached"
        print(f"The benchmark asks for {target['measure']} >= {target['value']:g}: {reached}.")
    if "submission" in result:
        print(f"Written: {result['submission']}")


def _figure(form: str) -> Any:
    return lambda value: "" if value is None else form.format(value)


_ROWS = [
    ("tokens_per_second", "tokens/s", _figure("{:,.1f}"), "steps of the model in a second: the median of five windows of 10 s"),
    ("throughput", "throughput", _figure("{:,.3f} /s"), "inferences a second: the median of five windows of 10 s of the device's time"),
    ("latency_us", "latency", _figure("{:,.1f} us"), "one inference"),
    ("time_is", "time is", _figure("{}"), "measured by a device, or estimated from an emulator's cycles"),
    ("accuracy", "top-1", _figure("{:.1f} %"), "inputs whose largest result is their class"),
    ("auc", "AUC", _figure("{:.3f}"), "area under the ROC curve"),
    ("samples", "samples", _figure("{:,}"), "labelled inputs"),
    ("right", "right", _figure("{:,}"), "of them"),
    ("bits_per_byte", "bits/byte", _figure("{:.4f}"), "of the sentences, by the logits that the device sent"),
    ("exact_match", "exact match", _figure("{:.4f}"), "share of answers that are what they should be"),
    ("sentences", "sentences", _figure("{:,}"), "labelled texts"),
    ("energy_uj", "energy", _figure("{:,.3f} uJ"), "one inference: the median of five windows of 10 s"),
    ("monitor", "monitor", _figure("{}"), "what measured"),
]


def compare(first: Path, second: Path, as_json: bool) -> int:
    """Two files of ``bench --json`` or ``test --json`` side by side."""
    one, two = _load(first), _load(second)
    shared = [key for key in one if key in two]
    rows = []
    for key in shared:
        a, b = one[key], two[key]
        ratio = b / a if _number(a) and _number(b) and a else None
        rows.append({"key": key, "a": a, "b": b, "ratio": ratio})
    if not rows:
        raise InputError(f"has nothing in common with {first}.", where=str(second))
    if as_json:
        show.print_json({"a": str(first), "b": str(second), "rows": rows})
        return EXIT_DONE
    shown = [("", first.name, second.name, "B/A")]
    shown += [(row["key"], _text(row["a"]), _text(row["b"]), f"x{row['ratio']:.3f}" if row["ratio"] else "") for row in rows]
    widths = [max(len(line[i]) for line in shown) for i in range(4)]
    for word, a, b, ratio in shown:
        print(f"{word:{widths[0]}}  {a:>{widths[1]}}  {b:>{widths[2]}}  {ratio:>{widths[3]}}".rstrip())
    return EXIT_DONE


def _load(path: Path) -> dict[str, Any]:
    """The figures and words of a result, one level deep; a list of measurements by model and board."""
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"is no result of --json: {error}.", where=str(path)) from error
    if not isinstance(data, dict):
        raise InputError("is no result of --json.", where=str(path))
    flat = {key: value for key, value in data.items() if isinstance(value, str | int | float) or value is None}
    for row in data.get("measurements", []):
        flat |= {f"{row['model']} on {row['board']}: {key}": value for key, value in row.items() if _number(value)}
    return flat


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if _number(value) else str(value)
