"""The map of the pool: a dot for each text, picks with colour and shape."""

from __future__ import annotations

import json
from collections import Counter

from markupsafe import Markup

from activellm.report.facts import MapPoint, PoolMap
from activellm.report.figures.svg import tag
from activellm.report.words import answer, excerpt, plural
from activellm.task import Task

COLOURS = 8
"""Labels beyond these share one grey: more colours than that nobody tells apart."""

SHAPES = (
    "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1-1 0Z",
    "M-.9-.9H.9V.9H-.9Z",
    "M0-1.3L1.3 0L0 1.3L-1.3 0Z",
    "M0-1.2L1.15.85H-1.15Z",
)
_ORDER = {"pool": 0, "candidate": 1, "hold-out": 2, "picked": 3}


def in_drawing_order(pool_map: PoolMap) -> list[MapPoint]:
    """Points with the important ones last, on top."""
    return sorted(pool_map.points, key=lambda point: _ORDER[point.state])


def draw_map(pool_map: PoolMap, task: Task) -> Markup:
    """The map as one SVG, 100 units wide; the dots' numbers are rows of `map_data`."""
    counts = Counter(point.state for point in pool_map.points)
    said = ", ".join(f"{plural(n, 'text')} {state}" for state, n in sorted(counts.items()))
    dots = [_dot(point, task) for point in in_drawing_order(pool_map)]
    heights = [_place(point.y) for point in pool_map.points]
    top, bottom = min(heights) - 3, max(heights) + 3
    return tag(
        "svg",
        tag("title", "Map of the pool", id="map-title"),
        tag("desc", f"{said}. {pool_map.method}", id="map-desc"),
        *dots,
        tag("circle", r="2.6", class_="here", visibility="hidden"),
        viewBox=f"0 {top:.4g} 100 {bottom - top:.4g}",
        class_="map",
        role="img",
        aria_labelledby="map-title",
        aria_describedby="map-desc",
    )


def map_data(pool_map: PoolMap) -> Markup:
    """The map's texts as JSON that is safe inside a script element."""
    rows = [
        [round(_place(p.x), 2), round(_place(p.y), 2), excerpt(p.text, 320), p.state, said(p)]
        for p in in_drawing_order(pool_map)
    ]
    return safe_json(rows)


def safe_json(value: object) -> Markup:
    """JSON in which nothing can end a script element or a line: plain ASCII without <, > and &."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - escaped just above


def said(point: MapPoint) -> str:
    """What people said about the text, or nothing."""
    return "" if point.answer is None else answer(point.answer)


def colour_class(task: Task, labels: tuple[str, ...] | None) -> str:
    """The style class of an answer: its first label's colour, "none" without an answer."""
    if not labels:
        return "none"
    place = task.label_names.index(labels[0]) if labels[0] in task.label_names else COLOURS
    return f"c{place}" if place < COLOURS else "c-more"


def shape(task: Task, labels: tuple[str, ...] | None) -> str:
    """The path of an answer's mark, about 1 in radius."""
    known = labels and labels[0] in task.label_names
    place = task.label_names.index(labels[0]) if labels and known else 0
    return SHAPES[place % len(SHAPES)]


def _dot(point: MapPoint, task: Task) -> Markup:
    x, y = _place(point.x), _place(point.y)
    if point.state in ("pool", "candidate"):
        radius = ".5" if point.state == "pool" else ".75"
        return tag("circle", cx=f"{x:.2f}", cy=f"{y:.2f}", r=radius, class_=f"point {point.state}")
    state = "pick" if point.state == "picked" else "holdout"
    return tag(
        "path",
        d=shape(task, point.answer),
        transform=f"translate({x:.2f} {y:.2f}) scale({1.35 if state == 'pick' else 1.05})",
        class_=f"point {state} {colour_class(task, point.answer)}",
    )


def _place(coordinate: float) -> float:
    return 3 + 94 * min(1.0, max(0.0, coordinate))
