"""The arena as a picture: which tensor lives where (bytes, upwards) and when (operators, to the right)."""

from __future__ import annotations

from html import escape

from tinylm.compiler.placement import Storage
from tinylm.compiler.program import Program

_LEFT, _TOP, _HEIGHT, _STEP, _BOTTOM = 70, 34, 360, 26, 60
_NARROWEST = 780  # the title has to fit
_COLOURS = ("#4e79a7", "#59a14f", "#f28e2b", "#b07aa1", "#76b7b2", "#edc948", "#9c755f")
_SCRATCH = "#c8c8c8"


def peak_text(program: Program) -> str:
    """What sets the arena's size, in one line."""
    plan = program.plan
    operators = program.graph.operators
    at = str(operators[plan.peak_operator]) if 0 <= plan.peak_operator < len(operators) else "the ends of the graph"
    overlap = f", {plan.live_peak - plan.arena_bytes:,} B saved by overlap" if plan.arena_bytes < plan.live_peak else ""
    return f"most tensors live at {at}: {plan.live_peak:,} B{overlap}"


def arena_svg(program: Program) -> str:
    """An SVG of the arena plan; every rectangle names its tensors when it is pointed at."""
    plan = program.plan
    steps = len(program.graph.operators) + 2
    total = max(plan.arena_bytes, 1)
    width, height = max(_LEFT + _STEP * steps + 20, _NARROWEST), _TOP + _HEIGHT + _BOTTOM
    boxes = [_box(storage, number, total) for number, storage in enumerate(s for s in plan.storages if not s.state)]
    names = [_column(index, operator.name) for index, operator in enumerate(program.graph.operators)]
    title = f"{program.name} on {program.core.name}: arena {plan.arena_bytes:,} B; {peak_text(program)}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="10">',
            f'<rect width="{width}" height="{height}" fill="white"/>',
            f'<text x="8" y="18" font-size="13">{escape(title)}</text>',
            *(_line(part * total // 4, total, width) for part in range(5)),
            *boxes,
            *names,
            "</svg>",
            "",
        ]
    )


def _y(offset: float, total: int) -> float:
    return _TOP + _HEIGHT * (1 - offset / total)


def _line(offset: int, total: int, width: int) -> str:
    y = _y(offset, total)
    return (
        f'<line x1="{_LEFT}" x2="{width - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 6}" y="{y + 3:.1f}" text-anchor="end">{offset:,} B</text>'
    )


def _box(storage: Storage, number: int, total: int) -> str:
    x, wide = _LEFT + _STEP * (storage.first + 1), _STEP * (storage.last - storage.first + 1)
    top, tall = _y(storage.offset + storage.bytes, total), _HEIGHT * storage.bytes / total
    names = ", ".join(str(tensor) for tensor in storage.tensors) or "scratch"
    colour = _COLOURS[number % len(_COLOURS)] if storage.tensors else _SCRATCH
    said = f"{names}: bytes {storage.offset} to {storage.offset + storage.bytes}, operators {storage.first} to {storage.last}"
    return (
        f'<rect x="{x}" y="{top:.1f}" width="{wide}" height="{max(tall, 1):.1f}" fill="{colour}" fill-opacity="0.7" stroke="white">'
        f"<title>{escape(said)}</title></rect>"
    )


def _column(index: int, name: str) -> str:
    x = _LEFT + _STEP * (index + 1) + _STEP / 2 + 3
    y = _TOP + _HEIGHT + 8
    return f'<text transform="translate({x:.0f},{y}) rotate(60)" font-size="7">{index} {escape(name[:14])}</text>'
