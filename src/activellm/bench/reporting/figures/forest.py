"""Every way's difference from random picking, with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from activellm.bench.reporting.figures.drawing import (
    Figure,
    line,
    short,
    standing_alone,
    text,
    widened,
)
from activellm.bench.reporting.formats import Sheet
from activellm.bench.reporting.wording import interval_words, setting_words
from activellm.bench.statistics import PairedDifference
from activellm.bench.summary import Comparison
from activellm.report.figures.svg import Scale, axis, figure, tag
from activellm.report.words import MINUS

ROW, TOP = 40.0, 4.0
HEAD = (
    "way",
    "mean",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "effect",
    "ahead_on",
    "data_sets",
    "draws",
    "over",
)
NOTE = (
    "Points against random picking on the same candidates, with 95 % intervals. Coloured where the "
    "interval is on one side of zero; hollow without an interval, where there is one draw only."
)


def forest(number: int, comparisons: Sequence[Comparison], metric: str) -> Figure:
    """The comparisons of one setting, the best first; at least one."""
    ordered = sorted(comparisons, key=lambda one: -one.difference.mean)
    title = f"{metric}, {setting_words(ordered[0].setting)}"
    marks = [(str(one.way), one.difference) for one in ordered]
    scale = _scale([difference for _, difference in marks])
    floor = TOP + ROW * len(marks) + 4
    ticks = scale.ticks(5)
    drawn = figure(
        title,
        "; ".join(f"{name}: {interval_words(difference)}" for name, difference in marks),
        axis(scale, ticks, [points(at) for at in ticks], top=TOP, bottom=floor),
        line(scale.at(0), TOP, scale.at(0), floor, "mean"),
        *(_row(name, one, TOP + ROW * place, scale) for place, (name, one) in enumerate(marks)),
        height=floor + 20,
        class_="forest",
    )
    rows = [
        (
            str(one.way),
            one.value,
            one.difference.mean,
            one.difference.low,
            one.difference.high,
            one.difference.p,
            one.p_adjusted,
            one.difference.effect,
            one.difference.better,
            one.difference.data_sets,
            one.difference.draws,
            one.difference.over,
        )
        for one in ordered
    ]
    return Figure(
        name=f"against-random-{number}",
        title=title,
        caption=NOTE,
        screen=drawn,
        file=standing_alone(drawn, floor + 20),
        data=Sheet(HEAD, tuple(rows)),
    )


def points(value: float) -> str:
    """A difference on an axis: "+2.5", with a real minus sign."""
    return f"{value:+g}".replace("-", MINUS) if value else "0"


def kind(difference: PairedDifference) -> str:
    """The style class of a difference: better, worse, hidden by the spread, or without evidence."""
    if difference.low is None or difference.high is None:
        return "before"
    return "successor" if difference.low > 0 else "picks" if difference.high < 0 else "draw"


def _row(name: str, difference: PairedDifference, y: float, scale: Scale) -> Markup:
    middle, class_ = y + 26, kind(difference)
    whisker = (
        line(
            scale.at(difference.low), middle, scale.at(difference.high), middle, f"whisker {class_}"
        )
        if difference.low is not None and difference.high is not None
        else ""
    )
    return tag(
        "g",
        tag("title", f"{name}: {interval_words(difference)}"),
        text(short(name), 0, y + 15, "name halo"),
        whisker,
        tag("circle", cx=scale.at(difference.mean), cy=middle, r=5, class_=f"dot {class_}"),
    )


def _scale(differences: Sequence[PairedDifference]) -> Scale:
    ends = [0.0]
    for one in differences:
        ends += [end for end in (one.low, one.mean, one.high) if end is not None]
    return widened(min(ends), max(ends))
