"""Where learning curves stand in their figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from activellm.bench.reporting.curves import Curve, Point
from activellm.bench.reporting.figures.drawing import widened
from activellm.report.figures.svg import Scale

ROOM = 0.3
"""Above and below the curves, as a part of what they span; longer whiskers are cut off there, or
those of few data sets would press all curves flat."""


def widest(curves: Sequence[Curve]) -> Curve:
    """The curve of the most points, on the most data sets and draws: its random line is drawn."""

    def measured(one: Curve) -> tuple[int, int, int]:
        return len(one.points), one.difference.data_sets, one.difference.draws

    return max(curves, key=measured)


def beside(base: Curve, curve: Curve) -> Curve:
    """The curve at its differences from random picking's line in the figure.

    Where it was run on other draws or data sets than the line is of, its own height is no news.
    """
    heights = {at.labels: at.random for at in base.points}
    points = []
    for at in curve.points:
        random = heights.get(at.labels, at.random)
        points.append(Point(at.labels, random + at.difference.mean, random, at.difference))
    return replace(curve, points=tuple(points))


def scales(curves: Sequence[Curve]) -> tuple[Scale, Scale]:
    """Labels across, with room for numbers at the left, and the metric upwards."""
    numbers = [number for one in curves for number in one.labels]
    span = max(numbers) - min(numbers)
    points = [at for one in curves for at in one.points]
    ends = [end for at in points for end in (at.random, at.value)]
    across = Scale(min(numbers) - 0.09 * span, max(numbers) + 0.05 * span)
    return across, widened(min(ends), max(ends), share=ROOM, least=2.0)


def whisker_of(at: Point) -> tuple[float, float] | None:
    """The interval of a point's difference, around the way's own mean."""
    low, high = at.difference.low, at.difference.high
    return None if low is None or high is None else (at.random + low, at.random + high)


def apart(numbers: Sequence[int], across: Scale, least: float = 8.5) -> list[int]:
    """The numbers that can be written below without touching on a phone; the last one is kept."""
    kept: list[int] = []
    for number in reversed(numbers):
        if not kept or across.share(kept[-1]) - across.share(number) >= least:
            kept.append(number)
    return kept
