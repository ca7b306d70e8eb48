"""MLPerf Tiny's own rules on a device: performance, accuracy, energy. Source: mlcommons/tiny v1.4, benchmark/runner (main.py, script.py).

Performance is the median over five inputs, each repeated for at least ten seconds of the device's own time. Accuracy is the share of
inputs whose largest printed result is its class (top-1) and the area under the ROC curve; an anomaly detector's score is the mean over
its windows. Energy is the median over five windows, by a power monitor.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from tinylm.bench.check import Progress
from tinylm.bench.dataset import Sample
from tinylm.bench.monitor import Capture, Monitor, Pair
from tinylm.errors import InputError, TargetError
from tinylm.targets.session import Session

INPUTS = 5
SECONDS = 10.0
WARMUPS = 10
_MARGIN = 1.02  # of the count that should fill the window
_TRIES = 4
_TARGETS = {"kws01": ("top-1", 90.0), "ic01": ("top-1", 85.0), "vww01": ("top-1", 80.0), "ad01": ("auc", 0.85)}


@dataclass(frozen=True)
class Window:
    """One input, repeated. elapsed_us: device time of all the inferences."""

    file: str
    inferences: int
    elapsed_us: int
    results: list[float]

    @property
    def throughput(self) -> float:
        """Inferences a second."""
        return self.inferences * 1e6 / self.elapsed_us


@dataclass(frozen=True)
class Performance:
    windows: list[Window]

    @property
    def throughput(self) -> float:
        """Inferences a second: the median of the windows."""
        return statistics.median(window.throughput for window in self.windows)

    @property
    def latency_us(self) -> float:
        return 1e6 / self.throughput

    def to_json(self) -> dict[str, Any]:
        windows = [asdict(window) | {"throughput": window.throughput} for window in self.windows]
        return {"throughput": self.throughput, "latency_us": self.latency_us, "windows": windows}


@dataclass(frozen=True)
class Judged:
    """One sample. scores: the mean of the printed results over its windows."""

    file: str
    label: int
    scores: list[float]

    @property
    def right(self) -> bool:
        return len(self.scores) > 1 and int(np.argmax(self.scores)) == self.label


@dataclass(frozen=True)
class Accuracy:
    """target: what the benchmark's closed division asks for, (measure, least value)."""

    samples: list[Judged]
    target: tuple[str, float] | None = None
    inferences: int = 0
    right: int = field(init=False)
    top1: float | None = field(init=False)
    auc: float | None = field(init=False)

    def __post_init__(self) -> None:
        classes = {len(sample.scores) for sample in self.samples}
        right = sum(sample.right for sample in self.samples)
        object.__setattr__(self, "right", right)
        object.__setattr__(self, "top1", 100.0 * right / len(self.samples) if classes != {1} else None)
        object.__setattr__(self, "auc", area(self.samples))

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None: there is none, or the set cannot tell."""
        value = None if self.target is None else self.top1 if self.target[0] == "top-1" else self.auc
        return None if self.target is None or value is None else value >= self.target[1]

    def to_json(self) -> dict[str, Any]:
        target = {"measure": self.target[0], "value": self.target[1]} if self.target else None
        counts = {"samples": len(self.samples), "inferences": self.inferences, "right": self.right}
        return {"accuracy": self.top1, "auc": self.auc, "target_accuracy": target, "reached": self.reached, **counts}


def performance(session: Session, inputs: Sequence[tuple[str, bytes]], progress: Progress, seconds: float = SECONDS) -> Performance:
    """Time the first five inputs (name, bytes). Raises InputError: fewer; TargetError: windows that stay too short."""
    if len(inputs) < INPUTS:
        raise InputError(f"performance is the median over {INPUTS} inputs; {len(inputs)} are there.")
    windows = []
    for number, (name, data) in enumerate(inputs[:INPUTS]):
        progress("performance", number, INPUTS, name)
        session.load(data)
        windows.append(_window(session, name, seconds))
    progress("performance", INPUTS, INPUTS, "done")
    return Performance(windows)


def _window(session: Session, name: str, seconds: float) -> Window:
    """Repeat the loaded input until the device's clock says that it was long enough."""
    count = 1
    for _ in range(_TRIES + 20):
        expected = 30.0 + 3 * seconds
        run = session.infer(count, WARMUPS if count > 1 else 0, timeout=expected)
        if run.elapsed_us >= seconds * 1e6:
            return Window(name, count, run.elapsed_us, run.results)
        if run.elapsed_us < seconds * 1e4:  # too short to reckon with
            count *= 10
        else:
            count = max(count + 1, math.ceil(count * seconds * 1e6 / run.elapsed_us * _MARGIN))
        if count > 1 << 30:
            break
    raise TargetError(f"{count} inferences took the device no {seconds:g} s: does its clock run?")


def accuracy(session: Session, samples: Sequence[Sample], model_id: str, progress: Progress) -> Accuracy:
    """Every window of every sample once."""
    judged = []
    inferences = 0
    for number, sample in enumerate(samples):
        progress("accuracy", number, len(samples), sample.name)
        results = []
        for window in sample.windows:
            session.load(window)
            results.append(session.infer(1, 0).results)
            inferences += 1
        judged.append(Judged(sample.name, sample.label, np.mean([_shares(result) for result in results], axis=0).tolist()))
    progress("accuracy", len(samples), len(samples), "done")
    return Accuracy(judged, _TARGETS.get(model_id), inferences)


@dataclass(frozen=True)
class Burst:
    """One window between two timestamps. joules: of all its inferences."""

    file: str
    inferences: int
    seconds: float
    joules: float

    @property
    def per_inference_uj(self) -> float:
        return self.joules * 1e6 / self.inferences


@dataclass(frozen=True)
class Energy:
    """monitor: what measured."""

    monitor: str
    bursts: list[Burst]

    @property
    def energy_uj(self) -> float:
        """Microjoules an inference: the median."""
        return statistics.median(burst.per_inference_uj for burst in self.bursts)

    def to_json(self) -> dict[str, Any]:
        bursts = [asdict(burst) | {"energy_uj": burst.per_inference_uj} for burst in self.bursts]
        return {"energy_uj": self.energy_uj, "monitor": self.monitor, "windows": bursts}


def energy(session: Session, monitor: Monitor, inputs: Sequence[tuple[str, bytes]], progress: Progress, seconds: float = SECONDS) -> Energy:
    """Measure the first five inputs on firmware in energy mode, each for at least ten seconds by the monitor's clock.

    Raises InputError: fewer inputs; TargetError: the monitor lost timestamps or samples, or saw no edges.
    """
    if len(inputs) < INPUTS:
        raise InputError(f"energy is the median over {INPUTS} inputs; {len(inputs)} are there.")
    bursts = []
    for number, (name, data) in enumerate(inputs[:INPUTS]):
        progress("energy", number, INPUTS, name)
        session.load(data)
        bursts.append(_burst(session, monitor, name, seconds))
    progress("energy", INPUTS, INPUTS, "done")
    return Energy(monitor.name, bursts)


def _burst(session: Session, monitor: Monitor, name: str, seconds: float) -> Burst:
    count = 1
    for _ in range(_TRIES + 20):
        before = monitor.edges()
        session.infer(count, WARMUPS if count > 1 else 0, timeout=30.0 + 3 * seconds, laps=False)
        pair = monitor.pair(before)
        if pair.seconds >= seconds:
            return Burst(name, count, pair.seconds, pair.joules)
        count = count * 10 if pair.seconds < seconds / 100 else max(count + 1, math.ceil(count * seconds / pair.seconds * _MARGIN))
        if count > 1 << 30:
            break
    raise TargetError(f"{count} inferences took no {seconds:g} s by the monitor's clock: is it the device's pin that it watches?")


def recorded_energy(capture: Capture, inferences: int, seconds: float = SECONDS) -> Energy:
    """The last five windows of a recording that somebody made beside a run of ``inferences`` each. Raises InputError: not five of ten
    seconds."""
    pairs: list[Pair] = capture.pairs()[-INPUTS:]
    short = [pair for pair in pairs if pair.seconds < seconds]
    if len(pairs) < INPUTS or short:
        found = ", ".join(f"{pair.seconds:.2f} s" for pair in pairs) or "none"
        raise InputError(f"the recording has no {INPUTS} windows of at least {seconds:g} s between two timestamps: {found}.")
    return Energy(capture.source, [Burst(f"window {n}", inferences, pair.seconds, pair.joules) for n, pair in enumerate(pairs, 1)])


def _shares(result: list[float]) -> list[float]:
    """Several scores over their sum, as the public runner takes them before it averages."""
    total = sum(result)
    return [score / total for score in result] if len(result) > 1 and total > 0 else result


def area(samples: Sequence[Judged]) -> float | None:
    """The area under the ROC curve: of the one score (an anomaly's), of class 1 of two, or the mean of each class against the rest.

    None where a class has no sample, so that there is no curve.
    """
    scores = np.array([sample.scores for sample in samples])
    labels = np.array([sample.label for sample in samples])
    columns = [0] if scores.shape[1] == 1 else [1] if scores.shape[1] == 2 else list(range(scores.shape[1]))
    areas = []
    for column in columns:
        positive = labels == (1 if len(columns) == 1 else column)
        if not positive.any() or positive.all():
            return None
        areas.append(_rank_area(scores[:, column], positive))
    return float(np.mean(areas))


def _rank_area(scores: Any, positive: Any) -> float:
    """Mann and Whitney's U over its largest value; equal scores count half."""
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    hits, rest = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * rest))
