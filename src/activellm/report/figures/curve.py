"""The learning curve: how good the classifier was after each round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from markupsafe import Markup

from activellm.evaluation import Estimate
from activellm.report.facts import CurvePoint
from activellm.report.figures.svg import Scale, figure, tag
from activellm.report.words import interval, percent, plural

HEIGHT, TOP = 240.0, 10.0
_LEFT = 6.0
"""Per cent of the width left of the first round, for the numbers at the side."""


def curve(points: Sequence[CurvePoint]) -> Markup:
    """Macro-F1 and accuracy by number of labels, each with its interval; at least one point."""
    scale = _room(points)
    shares = Scale(*_range(points))

    def height(share: float) -> float:
        return TOP + (HEIGHT - TOP) * (100 - shares.share(share)) / 100

    sides = shares.ticks(4)
    grid = [
        tag("line", x1=f"{_LEFT}%", x2="100%", y1=height(at), y2=height(at), class_="grid")
        for at in sides
    ]
    words = [
        tag("text", percent(at), x="0", y=height(at) + 4, class_="tick", text_anchor="start")
        for at in sides
    ]
    below = [
        tag(
            "text",
            str(point.labels),
            x=scale.at(point.labels),
            y=HEIGHT + 18,
            class_="tick",
            text_anchor="end" if point is points[-1] and len(points) > 1 else "middle",
        )
        for point in _spread(points)
    ]
    lines = [
        _line(points, lambda point: point.accuracy, scale, height, "accuracy"),
        _line(points, lambda point: point.macro_f1, scale, height, "successor"),
    ]
    last = points[-1]
    return figure(
        "Learning curve",
        f"After {plural(last.labels, 'label')}: macro-F1 {percent(last.macro_f1.value, 1)}, "
        f"interval {interval(last.macro_f1, 1)}.",
        *grid,
        *words,
        *below,
        *lines,
        height=HEIGHT + 24,
        class_="curve",
    )


def _room(points: Sequence[CurvePoint]) -> Scale:
    """Labels along x, with room for the numbers at the left."""
    first, last = points[0].labels, points[-1].labels
    span = max(1, last - first)
    return Scale(first - span * (_LEFT + 4) / (100 - _LEFT - 6), last + span * 0.02)


def _range(points: Sequence[CurvePoint]) -> tuple[float, float]:
    ends = [end for one in points for e in (one.macro_f1, one.accuracy) for end in (e.low, e.high)]
    return max(0.0, min(ends) - 0.02), min(1.0, max(ends) + 0.02)


def _spread(points: Sequence[CurvePoint], most: int = 12) -> Sequence[CurvePoint]:
    """The points whose number is written below: so many that they don't touch, the last one too."""
    step = -(-len(points) // most)
    return points[::-1][::step][::-1]


def _line(
    points: Sequence[CurvePoint],
    measure: Callable[[CurvePoint], Estimate],
    scale: Scale,
    height: Callable[[float], float],
    kind: str,
) -> Markup:
    found = [(scale.at(point.labels), measure(point), point.labels) for point in points]
    joints = [
        tag(
            "line",
            x1=x,
            x2=next_x,
            y1=height(estimate.value),
            y2=height(following.value),
            class_=f"joint {kind}",
        )
        for (x, estimate, _), (next_x, following, _) in pairwise(found)
    ]
    marks = [
        tag(
            "g",
            tag("title", f"{labels} labels: {percent(e.value, 1)}, {interval(e, 1)}"),
            tag("line", x1=x, x2=x, y1=height(e.low), y2=height(e.high), class_=f"whisker {kind}"),
            tag("circle", cx=x, cy=height(e.value), r=4.5, class_=f"dot {kind}"),
        )
        for x, e, labels in found
    ]
    return Markup("").join([*joints, *marks])
