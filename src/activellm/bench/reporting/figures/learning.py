"""Learning curves: a line a way, random picking dashed beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup

from activellm.bench.experiment import BASE
from activellm.bench.reporting.curves import Curve, CurveSet
from activellm.bench.reporting.figures.curve_layout import (
    apart,
    beside,
    scales,
    whisker_of,
    widest,
)
from activellm.bench.reporting.figures.drawing import (
    Figure,
    line,
    short,
    standing_alone,
    text,
)
from activellm.bench.reporting.formats import Sheet, Value
from activellm.bench.reporting.wording import family_words, interval_words
from activellm.report.figures.pool_map import SHAPES
from activellm.report.figures.svg import Scale, figure, tag

TOGETHER = 6
"""So many ways in one figure: more lines nobody tells apart."""

TOP, FLOOR, KEY = 8.0, 268.0, 19.0
"""Pixels: the plot's edges, and a line of the key below it."""

APART = 3.0
"""Pixels between two ways' marks at the same number of labels."""

HEAD = (
    "data",
    "way",
    "labels",
    "value",
    "random",
    "difference",
    "low",
    "high",
    "p",
    "data_sets",
    "draws",
)
NOTE = (
    "A way's whiskers are the 95 % interval of its difference from random picking on the same "
    "candidates, drawn around its mean: one that does not reach random picking's dashed line is a "
    "difference that the spread does not hide; those that leave the figure are cut "
    "off. Along x the number of labels; in the key the area under the "
    "curve. A way that was run on fewer draws or data sets than others is drawn at its difference "
    "from random picking there; the data has its own values too."
)


def learning(name: str, found: CurveSet, metric: str) -> Iterator[Figure]:
    """The curves of one family, in figures of a few ways each, the best first."""
    parts = [
        found.curves[first : first + TOGETHER] for first in range(0, len(found.curves), TOGETHER)
    ]
    where = f" on {found.data}" if found.data else ""
    for number, part in enumerate(parts, start=1):
        some = f", ways {number} of {len(parts)}" if len(parts) > 1 else ""
        title = f"{metric}{where}, {family_words(found.family)}{some}"
        drawn, height = _draw(title, part)
        yield Figure(
            name=f"{name}-{number}" if len(parts) > 1 else name,
            title=title,
            caption=NOTE,
            screen=drawn,
            file=standing_alone(drawn, height),
            data=Sheet(HEAD, tuple(_rows(found.data, part))),
        )


def _rows(data: str, curves: Sequence[Curve]) -> Iterator[tuple[Value, ...]]:
    for one in curves:
        for at in one.points:
            d = at.difference
            yield (
                *(data or "all", str(one.way), at.labels, at.value, at.random),
                *(d.mean, d.low, d.high, d.p, d.data_sets, d.draws),
            )


def _draw(title: str, measured: Sequence[Curve]) -> tuple[Markup, float]:
    base = widest(measured)
    curves = [beside(base, one) for one in measured]
    across, upwards = scales(curves)

    def height(value: float) -> float:
        return TOP + (FLOOR - TOP) * (100 - upwards.share(value)) / 100

    numbers = sorted({number for one in curves for number in one.labels})
    sides = upwards.ticks(5)
    grid = [line("0%", height(at), "100%", height(at), "grid") for at in sides]
    words = [text(f"{at:g}", 0, height(at) - 3, "tick halo") for at in sides]
    below = [
        text(str(n), across.at(n), FLOOR + 16, anchor="middle") for n in apart(numbers, across)
    ]
    lines = [_random(base, across, height)]
    lines += [_way(one, place, len(curves), across, height) for place, one in enumerate(curves)]
    keys = [_key(place, one, FLOOR + 42 + KEY * place) for place, one in enumerate(curves)]
    last = FLOOR + 42 + KEY * len(curves)
    mark = tag("line", x1=0, x2=16, y1=last - 4, y2=last - 4, class_="joint random")
    keys.append(tag("g", mark, text(BASE, 24, last, "name")))
    said = "; ".join(f"{one.way}: area {interval_words(one.difference)}" for one in curves)
    total = last + 10
    drawn = figure(
        title, said, *grid, *words, *below, *lines, *keys, height=total, class_="learning"
    )
    return drawn, total


def _random(curve: Curve, across: Scale, height: Callable[[float], float]) -> Markup:
    joints = [
        line(
            across.at(a.labels),
            height(a.random),
            across.at(b.labels),
            height(b.random),
            "joint random",
        )
        for a, b in pairwise(curve.points)
    ]
    return tag("g", tag("title", BASE), *joints)


def _way(
    curve: Curve, place: int, of: int, across: Scale, height: Callable[[float], float]
) -> Markup:
    class_ = f"way{place}"
    joints = [
        line(
            across.at(a.labels),
            height(a.value),
            across.at(b.labels),
            height(b.value),
            f"joint {class_}",
        )
        for a, b in pairwise(curve.points)
    ]
    marks = []
    for at in curve.points:
        x, said = across.at(at.labels), f"{curve.way}, {at.labels} labels: "
        ends = whisker_of(at)
        whisker = line(x, height(ends[0]), x, height(ends[1]), f"whisker {class_}") if ends else ""
        dot = tag("svg", _mark(place), x=x, y=height(at.value), overflow="visible")
        marks.append(tag("g", tag("title", f"{said}{interval_words(at.difference)}"), whisker, dot))
    return tag("g", *joints, *marks, transform=f"translate({APART * (place - (of - 1) / 2):g} 0)")


def _mark(place: int) -> Markup:
    return tag(
        "path", d=SHAPES[place % len(SHAPES)], transform="scale(4.5)", class_=f"dot way{place}"
    )


def _key(place: int, curve: Curve, y: float) -> Markup:
    area = tag("tspan", f"  {curve.area:.1f}", class_="tick")
    return tag(
        "g",
        line("0", y - 4, "16", y - 4, f"joint way{place}"),
        tag("svg", _mark(place), x=8, y=y - 4, overflow="visible"),
        tag("text", short(curve.way, 44), area, x=24, y=y, class_="name"),
        tag("title", f"{curve.way}: area {curve.area:.1f}, {interval_words(curve.difference)}"),
    )
