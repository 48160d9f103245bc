"""The reliability diagram: how often answers are right that are given with some probability."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from activellm.evaluation.calibration import Bin, Calibration
from activellm.report.figures.svg import Scale, figure, tag
from activellm.report.words import interval, percent, plural

HEIGHT, TOP = 300.0, 10.0
_LEFT = 9.0
"""Per cent of the width left of the scale, for the numbers at the side."""

_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def reliability(found: Calibration) -> Markup:
    """Share of right answers by probability, as trained (hollow) and calibrated (with interval).

    The dashed line is where probabilities are true.
    """
    across = Scale(-_LEFT / (100 - _LEFT), 1.02)
    shares = Scale(0.0, 1.0)

    def height(share: float) -> float:
        return TOP + (HEIGHT - TOP) * (100 - shares.share(share)) / 100

    grid = [
        tag("line", x1=across.at(0), x2="100%", y1=height(at), y2=height(at), class_="grid")
        for at in _TICKS
    ]
    sides = [
        tag("text", percent(at), x="0", y=height(at) + 4, class_="tick", text_anchor="start")
        for at in _TICKS
    ]
    below = [
        tag(
            "text", percent(at), x=across.at(at), y=HEIGHT + 18, class_="tick", text_anchor="middle"
        )
        for at in _TICKS[:-1]
    ]
    below.append(
        tag("text", percent(1.0), x="100%", y=HEIGHT + 18, class_="tick", text_anchor="end")
    )
    return figure(
        "Reliability diagram",
        _told(found),
        *grid,
        *sides,
        *below,
        tag(
            "line",
            x1=across.at(0),
            x2=across.at(1),
            y1=height(0),
            y2=height(1),
            class_="expected",
        ),
        *_marks(found.before.bins, across, height, "before"),
        *_marks(found.after.bins, across, height, "successor"),
        height=HEIGHT + 24,
        class_="reliability",
    )


def _marks(
    bins: tuple[Bin, ...], across: Scale, height: Callable[[float], float], kind: str
) -> list[Markup]:
    """The bins of one series as dots; calibrated ones with their intervals."""
    dots = []
    for one in bins:
        x, said = across.at(one.probability), f"{percent(one.probability)} sure"
        whisker = (
            tag(
                "line",
                x1=x,
                x2=x,
                y1=height(one.right.low),
                y2=height(one.right.high),
                class_=f"whisker {kind}",
            )
            if kind == "successor"
            else Markup("")
        )
        words = f"{said}: {percent(one.right.value)} right, {plural(one.answers, 'answer')}"
        dot = tag("circle", cx=x, cy=height(one.right.value), r=4.5, class_=f"dot {kind}")
        dots.append(tag("g", tag("title", words), whisker, dot))
    return dots


def _told(found: Calibration) -> str:
    """The diagram in words, for those who do not see it."""
    after = "; ".join(
        f"{percent(one.probability)} sure, {percent(one.right.value)} right ({interval(one.right)})"
        for one in found.after.bins
    )
    return f"Calibrated answers on {plural(found.size, 'text')}: {after}."
