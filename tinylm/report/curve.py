"""What a training left behind, for people: its log, and its loss curve as a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from tinylm.errors import InputError
from tinylm.lm.steps import Done, Point, read_log
from tinylm.paths import write_file

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 380, 70, 70, 40, 50
_LOSS, _BITS = "#4e79a7", "#e15759"


class Curves:
    """A folder with log.jsonl (a line a step) and, of each step that trains, STEP.jsonl (a line every so often) and STEP.svg."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lines: list[str] = []

    def add(self, step: Done) -> None:
        """Write what is known of a step that is over. Raises InputError where the folder cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot be made ({error.strerror}).", where=str(self.folder), hint="Choose another with --log.") from error
        self._lines.append(json.dumps({"step": step.step, "seconds": step.seconds, "cached": step.cached}) + "\n")
        write_file(self.folder / "log.jsonl", "".join(self._lines))
        points = read_log(step.log) if step.log else []
        if step.log and points:
            write_file(self.folder / f"{step.step}.jsonl", step.log.read_bytes())
            write_file(self.folder / f"{step.step}.svg", curve_svg(points, step.step))


def curve_svg(points: Sequence[Point], title: str) -> str:
    """An SVG of loss (left axis) and bits a byte (right axis) over the training steps."""
    losses, bits = [point.loss for point in points], [point.bits_per_byte for point in points]
    tops = [max(values) * 1.05 or 1.0 for values in (losses, bits)]
    steps = max(points[-1].of, 1)

    def x(at: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * at / steps

    def y(part: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * part

    def line(value: Callable[[Point], float], top: float, colour: str) -> str:
        places = " ".join(f"{x(point.at):.1f},{y(value(point) / top):.1f}" for point in points)
        return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.5"/>'

    grid = []
    for part in range(5):
        high, at = y(part / 4), x(steps * part / 4)
        grid += [
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{high:.1f}" y2="{high:.1f}" stroke="#ddd"/>',
            f'<text x="{_LEFT - 6}" y="{high + 4:.1f}" text-anchor="end" fill="{_LOSS}">{tops[0] * part / 4:.3g}</text>',
            f'<text x="{_WIDTH - _RIGHT + 6}" y="{high + 4:.1f}" fill="{_BITS}">{tops[1] * part / 4:.3g}</text>',
            f'<text x="{at:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{steps * part / 4:,.0f}</text>',
        ]
    last = points[-1]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="11">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
            f'<text x="12" y="22" font-size="14">{escape(title)}: loss {last.loss:.3f}, {last.bits_per_byte:.3f} bits/byte</text>',
            *grid,
            line(lambda point: point.loss, tops[0], _LOSS),
            line(lambda point: point.bits_per_byte, tops[1], _BITS),
            f'<text x="{_LEFT}" y="{_HEIGHT - 10}" fill="{_LOSS}">loss, nats an answer token (left)</text>',
            f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 10}" text-anchor="end" fill="{_BITS}">bits a byte of the answers (right)</text>',
            "</svg>",
            "",
        ]
    )
