"""Figures of the results: whiskers, bars, and the strip of random draws."""

from __future__ import annotations

import math

from markupsafe import Markup

from activellm.evaluation import Difference, Estimate
from activellm.report.figures.svg import Scale, axis, diamond, figure, tag
from activellm.report.words import interval, percent, points

SHARES = Scale(0, 1)
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def whisker(name: str, estimate: Estimate, kind: str = "successor") -> Markup:
    """A dot with its interval on a scale from 0 to 100 %; `kind` colours it."""
    y = 14.0
    return figure(
        name,
        f"{percent(estimate.value, 1)}, interval {interval(estimate, 1)}",
        *(
            tag("line", x1=SHARES.at(at), x2=SHARES.at(at), y1=0, y2=2 * y, class_="grid")
            for at in QUARTERS
        ),
        tag(
            "line",
            x1=SHARES.at(estimate.low),
            x2=SHARES.at(estimate.high),
            y1=y,
            y2=y,
            class_=f"whisker {kind}",
        ),
        tag("circle", cx=SHARES.at(estimate.value), cy=y, r=5.5, class_=f"dot {kind}"),
        height=2 * y,
        class_="whiskers",
    )


def share_axis() -> Markup:
    """The scale that belongs below whiskers and bars."""
    labels = [percent(at) for at in QUARTERS]
    marks = axis(SHARES, QUARTERS, labels, top=0, bottom=4)
    return tag("svg", marks, class_="figure axis", width="100%", height=22, aria_hidden="true")


def bar(name: str, share: float | None, class_: str = "") -> Markup:
    """A share as a bar on a scale from 0 to 100 %."""
    filled = tag("rect", x=0, y=3, width=SHARES.at(share or 0), height=8, rx=2, class_=class_)
    ground = tag("rect", x=0, y=3, width="100%", height=8, rx=2, class_="ground")
    return figure(name, percent(share), ground, filled, height=14, class_="bar")


def strip(difference: Difference) -> Markup:
    """The random draws as dots, their mean as a line, the picks as a diamond with the interval."""
    values = [*difference.draws, difference.picks]
    ends = [difference.random + difference.low, difference.random + difference.high]
    low, high = min(values + ends), max(values + ends)
    margin = max(0.02, (high - low) * 0.06)
    scale = Scale(max(0.0, low - margin), min(1.0, high + margin))
    heights = _stacked([scale.share(value) for value in difference.draws])
    floor = 66.0 + 9 * max(heights)
    ticks = scale.ticks(5)
    mean, picks = scale.at(difference.random), scale.at(difference.picks)
    left, right = scale.at(ends[0]), scale.at(ends[1])
    return figure(
        f"{difference.metric}: picks and random draws",
        f"Picks {percent(difference.picks, 1)}; {len(difference.draws)} random draws between "
        f"{percent(min(difference.draws), 1)} and {percent(max(difference.draws), 1)}, mean "
        f"{percent(difference.random, 1)}; difference {points(difference.difference)}.",
        axis(scale, ticks, [percent(at) for at in ticks], top=6, bottom=floor),
        tag("line", x1=mean, x2=mean, y1=6, y2=floor, class_="mean"),
        tag("line", x1=left, x2=right, y1=24, y2=24, class_="whisker picks"),
        diamond(picks, 24, 8, "dot picks"),
        *(
            tag("circle", cx=scale.at(value), cy=floor - 12 - 9 * up, r=4.5, class_="dot draw")
            for value, up in zip(difference.draws, heights, strict=True)
        ),
        height=floor + 20,
        class_="strip",
    )


def _stacked(shares: list[float], width: float = 1.6) -> list[int]:
    """How high each dot must stand so that none hides another."""
    taken: dict[int, int] = {}
    heights = []
    for share in shares:
        column = math.floor(share / width)
        heights.append(taken.get(column, 0))
        taken[column] = heights[-1] + 1
    return heights
