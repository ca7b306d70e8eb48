"""A search as a picture: cost to the right, score upwards, the front as a line."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tinylm.search.halving import Outcome

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 440, 80, 40, 60


def pareto_svg(outcomes: Sequence[Outcome], best: Sequence[Outcome], score: str, cost: str, title: str) -> str:
    """An SVG of all outcomes that were trained; paler ones stopped at a lower rung. Every point names its choices when pointed at."""
    known = [outcome for outcome in outcomes if outcome.rung >= 0 and score in outcome.figures]
    xs = [outcome.figures[cost] for outcome in known] or [0]
    ys = [outcome.figures[score] for outcome in known] or [0]
    x_range, y_range = _range(xs), _range(ys)

    def place(outcome: Outcome) -> tuple[float, float]:
        x = _LEFT + (_WIDTH - _LEFT - 30) * (outcome.figures[cost] - x_range[0]) / (x_range[1] - x_range[0])
        y = _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (outcome.figures[score] - y_range[0]) / (y_range[1] - y_range[0])
        return x, y

    top = max((outcome.rung for outcome in known), default=0)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in sorted(place(outcome) for outcome in best))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="11">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
            f'<text x="12" y="22" font-size="14">{escape(title)}</text>',
            *_axes(x_range, y_range, score, cost),
            f'<polyline points="{line}" fill="none" stroke="#e15759" stroke-width="1.5"/>',
            *(_point(outcome, *place(outcome), outcome in best, outcome.rung / max(top, 1)) for outcome in known),
            "</svg>",
            "",
        ]
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = 0.08 * (high - low) or max(abs(high) * 0.1, 1e-6)
    return low - margin, high + margin


def _axes(x_range: tuple[float, float], y_range: tuple[float, float], score: str, cost: str) -> list[str]:
    lines = []
    for part in range(5):
        x = _LEFT + (_WIDTH - _LEFT - 30) * part / 4
        y = _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * part / 4
        x_value, y_value = (low + (high - low) * part / 4 for low, high in (x_range, y_range))
        lines += [
            f'<line x1="{_LEFT}" x2="{_WIDTH - 30}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>',
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{y_value:.3g}</text>',
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{x_value:,.0f}</text>',
        ]
    middle = (_LEFT + _WIDTH - 30) / 2
    lines.append(f'<text x="{middle}" y="{_HEIGHT - 16}" text-anchor="middle">{escape(cost)}</text>')
    lines.append(f'<text transform="translate(18,{_HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(score)}</text>')
    return lines


def _point(outcome: Outcome, x: float, y: float, best: bool, trained: float) -> str:
    figures = ", ".join(f"{key} {value:,}" for key, value in outcome.figures.items())
    colour = "#e15759" if best else "#4e79a7"
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if best else 4}" fill="{colour}" fill-opacity="{0.35 + 0.65 * trained:.2f}">'
        f"<title>{escape(f'{outcome.trial}: {figures}')}</title></circle>"
    )
