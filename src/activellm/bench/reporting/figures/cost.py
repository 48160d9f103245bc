"""What a way of choosing costs beside what it brings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from activellm.bench.reporting.costs import Spent
from activellm.bench.reporting.figures.drawing import (
    Figure,
    line,
    short,
    standing_alone,
    text,
    widened,
)
from activellm.bench.reporting.figures.forest import kind, points
from activellm.bench.reporting.formats import Sheet
from activellm.bench.reporting.wording import interval_words, setting_words
from activellm.report.figures.svg import Scale, figure, tag

TOP, FLOOR, KEY = 10.0, 270.0, 18.0
"""Pixels: the plot's edges, and a line of the list below it."""

FEWEST_TICKS = 3

CLOSE_X, CLOSE_Y = 2.4, 12.0
"""Per cent and pixels within which two numbers would hide each other."""

HEAD = ("way", "cost", "unit", "value", "difference", "low", "high", "selections")
UNITS = {
    "seconds": "seconds that choosing took",
    "tokens": "tokens that a query model read and wrote",
    "dollars": "US dollars for the query model",
}
NOTE = (
    "Against random picking in points, with 95 % intervals; each way has the number that the list "
    "below gives it. Costs are means of one experiment's selections, each up to this number of "
    "labels, training not counted; the scale is logarithmic. "
    "Query models that answer from a file have no cost here."
)


def cost_figure(number: int, spent: Sequence[Spent], unit: str, metric: str) -> Figure:
    """Cost along x, the difference from random picking along y; at least one way."""
    title = f"{metric} by {UNITS[unit]}, {setting_words(spent[0].comparison.setting)}"
    across, upwards = _scales(spent)

    def height(value: float) -> float:
        return TOP + (FLOOR - TOP) * (100 - upwards.share(value)) / 100

    sides, below = upwards.ticks(5), _ticks(across)
    last = FLOOR + 40 + KEY * len(spent)
    drawn = figure(
        title,
        "; ".join(f"{s.comparison.way}: {_amount(s.amount, unit)}" for s in spent),
        *(line("0%", height(at), "100%", height(at), "grid") for at in sides),
        *(text(points(at), 0, height(at) - 3, "tick halo") for at in sides),
        *(_upright(at, across) for at in below),
        *(_below(at, unit, across) for at in below),
        line("0%", height(0), "100%", height(0), "mean"),
        *_marks(spent, across, height),
        *(_key(place, one, unit) for place, one in enumerate(spent)),
        height=last,
        class_="cost",
    )
    rows = [
        (
            str(s.comparison.way),
            s.amount,
            unit,
            s.comparison.value,
            s.comparison.difference.mean,
            s.comparison.difference.low,
            s.comparison.difference.high,
            s.cost.selections,
        )
        for s in spent
    ]
    return Figure(
        name=f"cost-{unit}-{number}",
        title=title,
        caption=NOTE,
        screen=drawn,
        file=standing_alone(drawn, last),
        data=Sheet(HEAD, tuple(rows)),
    )


def _scales(spent: Sequence[Spent]) -> tuple[Scale, Scale]:
    """Powers of ten across, points upwards."""
    powers = [math.log10(one.amount) for one in spent]
    ends = [0.0]
    for one in spent:
        d = one.comparison.difference
        ends += [end for end in (d.low, d.mean, d.high) if end is not None]
    low, high = min(powers), max(powers)
    margin = max(0.1, 0.1 * (high - low))
    return Scale(low - 1.4 * margin, high + margin), widened(min(ends), max(ends))


def _ticks(across: Scale) -> list[float]:
    """Amounts to mark: powers of ten, and 2 and 5 times those where there are few."""
    powers = range(math.floor(across.low), math.ceil(across.high) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5)):
        amounts = [step * 10.0**power for power in powers for step in steps]
        inside = [at for at in amounts if 6 < across.share(math.log10(at)) < 96]
        if len(inside) >= FEWEST_TICKS:
            break
    return inside


def _upright(amount: float, across: Scale) -> Markup:
    x = across.at(math.log10(amount))
    return line(x, TOP, x, FLOOR, "grid")


def _below(amount: float, unit: str, across: Scale) -> Markup:
    x = across.at(math.log10(amount))
    return text(_amount(amount, unit), x, FLOOR + 16, anchor="middle")


def _marks(spent: Sequence[Spent], across: Scale, height: Callable[[float], float]) -> list[Markup]:
    """Dots with their intervals, and over them their numbers, each where there is room."""
    places = [
        (across.share(math.log10(one.amount)), height(one.comparison.difference.mean))
        for one in spent
    ]
    taken = [*places]
    dots, numbers = [], []
    for number, (one, (x, y)) in enumerate(zip(spent, places, strict=True), start=1):
        d = one.comparison.difference
        at, class_ = f"{x:.3f}%", kind(d)
        whisker = (
            line(at, height(d.low), at, height(d.high), f"whisker {class_}")
            if d.low is not None and d.high is not None
            else ""
        )
        said = tag("title", f"{one.comparison.way}: {interval_words(d)}")
        dot = tag("circle", cx=at, cy=y, r=4.5, class_=f"dot {class_}")
        dots.append(tag("g", said, whisker, dot))
        left, down = _free(x, y, taken)
        words = tag(
            "text",
            str(number),
            x=at,
            y=y + 4 + down,
            dx=-8 if left else 8,
            text_anchor="end" if left else "start",
            class_="value halo",
        )
        numbers.append(words)
    return [*dots, *numbers]


def _free(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[bool, float]:
    """Whether a number stands left of its dot, and how much lower, so that it hides nothing."""
    tries = [(left, down) for down in (0.0, -13.0, 13.0, -26.0, 26.0) for left in (False, True)]
    for left, down in tries:
        place = x + (-CLOSE_X if left else CLOSE_X), y + down
        if all(abs(place[0] - a) >= CLOSE_X or abs(place[1] - b) >= CLOSE_Y for a, b in taken):
            break
    taken.append(place)
    return left, down


def _key(place: int, one: Spent, unit: str) -> Markup:
    amount = tag("tspan", f"  {_amount(one.amount, unit)}", class_="tick")
    y = FLOOR + 42 + KEY * place
    return tag(
        "g",
        text(str(place + 1), 16, y, "value", "end"),
        tag("text", short(one.comparison.way, 40), amount, x=24, y=y, class_="name"),
    )


def _amount(value: float, unit: str) -> str:
    """A cost as people write it: "$0.01", "12 s", "9,200"."""
    number = f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
    return f"${number}" if unit == "dollars" else f"{number} s" if unit == "seconds" else number
