"""The checks of ``test``: identity, protocol, equality with the oracle, text, speed, memory. Each says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tinylm.bench.conformance import Outcome, conformance
from tinylm.bench.reference import Reference, Tokens, crc, model_reference, token_reference, typical_input
from tinylm.bundle import Bundle
from tinylm.errors import TargetError
from tinylm.targets.open import Device
from tinylm.targets.qemu import INSTRUCTIONS_PER_US

_SCORED_AT_ONCE = 16  # tokens in one line of the protocol
_TIMED = 10
_RAW_LOGITS = 16

Progress = Callable[[str, int, int, str], None]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. detail: what was found."""

    name: str
    passed: bool
    detail: str


@dataclass
class TestReport:
    """What ``test`` found; to_json has the stable keys of docs/architecture.md."""

    __test__ = False  # not a pytest class

    board: str
    target: str
    model: str
    clock_hz: int
    checks: list[Check] = field(default_factory=list)
    oracle: str = ""
    compared: int = 0
    mismatched: int = 0
    inferences: int = 0
    instructions: int | None = None
    cycles: int | None = None
    stalls: int | None = None
    cycles_checked: str = ""
    latency_us: float = 0.0
    stack_used: int = 0
    bits_per_byte: float | None = None
    language_model: bool = False
    conformance: list[Outcome] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def tokens_per_second(self) -> float | None:
        """None where the target's clock says nothing about a board: QEMU takes a nanosecond for an instruction, whatever the core."""
        return 1e6 / self.latency_us if self.language_model and self.latency_us and self.target != "qemu" else None

    def to_json(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "board": self.board,
            "target": self.target,
            "model": self.model,
            "passed": self.passed,
            "inferences": self.inferences,
            "oracle": {"name": self.oracle, "compared": self.compared, "mismatched": self.mismatched},
            "instructions_per_inference": self.instructions,
            "cycles_per_inference": self.cycles,
            "cycles_are": "measured" if self.target == "serial" else "estimated",
            "cycles_checked": self.cycles_checked,
            "latency_us": round(self.latency_us, 2),
            "clock_hz": self.clock_hz,
            "stack_used": self.stack_used,
            "checks": [{"name": check.name, "passed": check.passed, "detail": check.detail} for check in self.checks],
            "conformance": [row.to_json() for row in self.conformance],
        }
        if self.language_model:
            rate = self.tokens_per_second
            result |= {"tokens_per_second": round(rate, 2) if rate else None, "bits_per_byte": self.bits_per_byte}
        return result


def run_checks(device: Device, bundle: Bundle, progress: Progress) -> TestReport:
    """Check a device that runs ``bundle``. Raises TargetError where it stops answering at all."""
    report = TestReport(device.board, device.target, bundle.name, device.clock_hz, language_model=bundle.is_language_model)
    report.cycles_checked = device.cycles_checked
    quality = bundle.manifest.quality.get("bits_per_byte")
    report.bits_per_byte = float(quality) if isinstance(quality, int | float) else None
    device.session.boot()
    checks = [_identity, _protocol, _tokens if bundle.is_language_model else _outputs, *([_texts] if bundle.is_language_model else [])]
    for position, check in enumerate([*checks, _speed, _memory]):
        progress("test", position, len(checks) + 2, check.__name__.strip("_"))
        report.checks.extend(check(device, bundle, report))
        if check is _identity and not report.passed:  # another device or another image: nothing else would mean anything
            break
    progress("test", len(checks) + 2, len(checks) + 2, "done")
    return report


def time_only(device: Device, bundle: Bundle) -> TestReport:
    """What one inference takes once caches are warm, on the input that ``run_checks`` ends with; nothing compared."""
    report = TestReport(device.board, device.target, bundle.name, device.clock_hz, language_model=bundle.is_language_model)
    device.session.boot()
    if not bundle.is_language_model:
        device.session.load(model_reference(bundle).runs[-1].inputs)
    device.session.infer(1, 1)
    report.checks.extend(_speed(device, bundle, report))
    return report


def _identity(device: Device, bundle: Bundle, report: TestReport) -> Iterator[Check]:
    session = device.session
    name, (_, model) = session.name(), session.profile()
    yield Check("identity", device.board in name, f"the device is '{name}'")
    yield Check("model id", model == bundle.manifest.mlperf, f"it runs '{model}', expected '{bundle.manifest.mlperf}'")
    if device.build_id:
        build = session.build_id()
        yield Check("build", build == device.build_id, f"build {build}, expected {device.build_id}")


def _protocol(device: Device, bundle: Bundle, report: TestReport) -> Iterator[Check]:
    report.conformance = conformance(device.session, bundle.manifest.mlperf)
    wrong = [f"{row.what}: '{row.sent}' gave '{row.answer}'" for row in report.conformance if not row.passed]
    before, later = device.session.timestamp(), device.session.timestamp()
    if later < before:
        wrong.append(f"timestamps go back: {before} then {later}")
    yield Check("protocol", not wrong, "; ".join(wrong) or f"{len(report.conformance)} commands, errors and abuses answered as it says")


def _tokens(device: Device, bundle: Bundle, report: TestReport) -> Iterator[Check]:
    """Every stored step again, by the CRC over all outputs; the first logits byte for byte."""
    reference = token_reference(bundle)
    first = ""
    raw = 0
    for number, sequence in enumerate(reference.sequences):
        device.session.reset()
        for start in range(0, len(sequence), _SCORED_AT_ONCE if number else 1):
            part = sequence[start : start + (_SCORED_AT_ONCE if number else 1)]
            for offset, (found, (token, expected)) in enumerate(zip(device.session.score([token for token, _ in part]), part, strict=True)):
                report.compared += 1
                if found != expected:
                    report.mismatched += 1
                    first = first or f"sequence {number}, step {start + offset} (token {token}): CRC {found:08x}, expected {expected:08x}"
            if number == 0 and start < min(_RAW_LOGITS, len(reference.logits)):
                raw += 1
                if device.session.output(0) != reference.logits[start] and not first:
                    first = f"sequence 0, step {start}: logits differ"
    report.oracle, report.inferences = reference.name, report.inferences + report.compared
    what = f"{report.compared} tokens compared, {report.mismatched} differ"
    yield Check(
        "oracle", not first, f"{what}; first: {first}" if first else f"{what} ({reference.name}; {raw} logit vectors byte for byte)"
    )


def _outputs(device: Device, bundle: Bundle, report: TestReport) -> Iterator[Check]:
    """Random inputs, every output byte for byte; the state of a model that has one carried on."""
    reference: Reference = model_reference(bundle)
    differing = 0
    for run in reference.runs:
        device.session.load(run.inputs)
        device.session.infer(run.inferences, 0)
        outputs = [device.session.output(index) for index in range(len(run.outputs))]
        report.compared += sum(map(len, outputs))
        report.mismatched += sum(a != b for got, right in zip(outputs, run.outputs, strict=True) for a, b in zip(got, right, strict=False))
        differing += crc(outputs) != crc(run.outputs)
        report.inferences += 1
    report.oracle = reference.name
    yield Check("oracle", not differing, f"{len(reference.runs)} inferences compared, {differing} differ ({reference.name})")


def _texts(device: Device, bundle: Bundle, report: TestReport) -> Iterator[Check]:
    """The greedy answers to the bundle's examples, token for token."""
    reference: Tokens = token_reference(bundle)
    wrong = []
    for text, expected in reference.texts:
        device.session.reset()
        device.session.feed(text)
        got = device.session.generate(max(len(expected), 1)).tokens
        if got != [token for token in expected if token != device.end_token]:
            wrong.append(f"'{text}' gave {got}, expected {expected}")
    yield Check("text", not wrong, "; ".join(wrong) or f"{len(reference.texts)} greedy answers equal to the oracle's")


def _speed(device: Device, bundle: Bundle, report: TestReport) -> Iterator[Check]:
    given = typical_input(bundle) if bundle.is_language_model else None
    if given is not None:
        device.session.load(given)
    calls = device.profile()
    elapsed = device.session.infer(_TIMED, 1).elapsed_us
    report.latency_us = elapsed / _TIMED
    report.inferences += _TIMED + 1
    done = device.profile()
    if calls and done:
        count = done.calls - calls.calls
        report.instructions = round((done.instructions - calls.instructions) / count)
        report.cycles = round((done.cycles - calls.cycles) / count)
        if calls.stalls is not None and done.stalls is not None:
            report.stalls = round((done.stalls - calls.stalls) / count)
    elif device.target == "qemu":
        report.instructions = round(report.latency_us * INSTRUCTIONS_PER_US)
    elif device.target == "serial":
        report.cycles = round(report.latency_us * device.clock_hz / 1e6)
    yield Check("speed", elapsed > 0 or device.target == "host", f"{report.latency_us:,.1f} us an inference")


def _memory(device: Device, bundle: Bundle, report: TestReport) -> Iterator[Check]:
    stack = device.session.stack()
    report.stack_used = stack.used
    yield Check("stack", stack.used < stack.size or stack.size == 0, f"{stack.used} of {stack.size} bytes used at most")
    yield Check("arena", stack.arena_intact, "nothing wrote past the arena" if stack.arena_intact else "something wrote past the arena")


def stopped(device: Device, bundle: Bundle, error: TargetError) -> TestReport:
    """The report of a device that stopped answering."""
    return TestReport(device.board, device.target, bundle.name, device.clock_hz, [Check("answers", False, str(error))])


def explain(report: TestReport) -> TargetError | None:
    """The error for a failed report, None for a passed one."""
    failed = [f"{check.name}: {check.detail}" for check in report.checks if not check.passed]
    return TargetError("; ".join(failed), where=f"{report.model} on {report.board}") if failed else None
