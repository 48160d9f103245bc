"""Macro-F1 of every setting at every number of labels, as one SVG file."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from activellm.bench.tuning.evidence import Evidence
from activellm.bench.tuning.points import Line
from activellm.report.figures.svg import Scale, axis, tag

WIDTH, NAMES, ROW, HEAD, FOOT = 960, 400, 18, 34, 44
"""Pixels: all, the names at the left, a setting's row, a panel's title and its axis."""

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1d2226; }
.title { font-size: 14px; font-weight: 600; }
.tick { fill: #5b646b; }
.grid { stroke: #e2dfd8; }
.whisker { stroke: #767d83; stroke-width: 1.5; }
.dot { fill: #767d83; }
.default .whisker { stroke: #b8420f; } .default .dot, .default text { fill: #b8420f; }
.advised .whisker { stroke: #0b6e6e; } .advised .dot, .advised text { fill: #0b6e6e; }
"""


def draw(evidence: Sequence[Evidence]) -> str:
    """A panel for each source and number of labels, a row for each setting, the best above."""
    panels: list[Markup] = []
    top = 0
    for found in evidence:
        scale = _scale(found)
        for labels in sorted({one.labels for one in found.lines}):
            own = [one for one in found.lines if one.labels == labels]
            panels.append(_panel(found, own, scale, top))
            top += HEAD + ROW * len(own) + FOOT
    picture = tag(
        "svg",
        tag("title", "Macro-F1 of the settings that were simulated"),
        tag("style", Markup(STYLE)),  # noqa: S704 - our own
        tag("rect", width=WIDTH, height=top, fill="#fff"),
        *panels,
        xmlns="http://www.w3.org/2000/svg",
        width=WIDTH,
        height=top,
        viewBox=f"0 0 {WIDTH} {top}",
        role="img",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{picture}\n'


def _scale(found: Evidence) -> Scale:
    low = min(one.value_low for one in found.lines)
    high = max(one.value_high for one in found.lines)
    margin = 0.03 * (high - low) + 0.5
    return Scale(max(0.0, low - margin), min(100.0, high + margin))


def _panel(found: Evidence, lines: Sequence[Line], scale: Scale, top: int) -> Markup:
    ticks = scale.ticks(6)
    bottom = ROW * len(lines)
    marks = [axis(scale, ticks, [f"{at:g}" for at in ticks], top=0, bottom=bottom)]
    marks += [_mark(found, one, scale, ROW * (row + 0.5)) for row, one in enumerate(lines)]
    title = f"Macro-F1 at {lines[0].labels} labels, mean of {found.units} {found.of}, 95 %"
    return tag(
        "g",
        tag("text", title, x=10, y=22, class_="title"),
        tag(
            "svg",
            *marks,
            x=NAMES,
            y=HEAD,
            width=WIDTH - NAMES - 24,
            height=bottom + FOOT,
            overflow="visible",
        ),
        *(_name(found, one, HEAD + ROW * (row + 0.5)) for row, one in enumerate(lines)),
        transform=f"translate(0 {top})",
    )


def _mark(found: Evidence, one: Line, scale: Scale, y: float) -> Markup:
    low, high = scale.at(one.value_low), scale.at(one.value_high)
    said = f"{one.choice}: {one.value:.1f} ({one.value_low:.1f} to {one.value_high:.1f})"
    return tag(
        "g",
        tag("title", said),
        tag("line", x1=low, x2=high, y1=y, y2=y, class_="whisker"),
        tag("circle", cx=scale.at(one.value), cy=y, r=4, class_="dot"),
        class_=_kind(found, one),
    )


def _name(found: Evidence, one: Line, y: float) -> Markup:
    name = tag("text", str(one.choice), x=NAMES - 12, y=y + 4, text_anchor="end")
    return tag("g", name, class_=_kind(found, one))


def _kind(found: Evidence, one: Line) -> str | None:
    if one.choice == found.base:
        return "default"
    return "advised" if one.choice == found.advised else None
