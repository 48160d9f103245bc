"""Where in the shown list the picks stood, a row a way of choosing."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from activellm.bench.reporting.figures.drawing import Figure, line, short, standing_alone, text
from activellm.bench.reporting.formats import Sheet
from activellm.bench.reporting.positions import PARTS, Places
from activellm.report.figures.svg import figure, tag
from activellm.report.words import percent, plural

ROW, BARS = 84.0, 44.0
"""Pixels: a way's row, and the highest bar in it."""

HEAD = (
    "way",
    "selections",
    "picks",
    "quarter_1",
    "quarter_2",
    "quarter_3",
    "quarter_4",
    "share_uneven",
    *(f"part_{at}" for at in range(1, PARTS + 1)),
)
NOTE = (
    "From the first text of the shown list on the left to the last on the right. The dashed line "
    "is an even spread; below are the shares of the list's quarters, 25 % each if even."
)


def place_figure(found: Sequence[Places]) -> Figure:
    """All ways that were shown a list; at least one."""
    title = "Where in the shown list the picks stood"
    height = ROW * len(found)
    drawn = figure(
        title,
        "; ".join(f"{one.way}: {', '.join(_shares(one))}" for one in found),
        *(_row(one, ROW * place) for place, one in enumerate(found)),
        height=height,
        class_="bench-places",
    )
    rows = [
        (
            str(one.way),
            one.selections,
            one.picks,
            *one.quarters,
            one.uneven,
            *(one.parts or (None,) * PARTS),
        )
        for one in found
    ]
    return Figure(
        name="places",
        title=title,
        caption=NOTE,
        screen=drawn,
        file=standing_alone(drawn, height),
        data=Sheet(HEAD, tuple(rows)),
    )


def _row(one: Places, top: float) -> Markup:
    counts = one.parts or one.quarters
    most, floor = max(1, *counts), top + 18 + BARS
    even = floor - BARS * min(1.0, sum(counts) / len(counts) / most)
    width = 100 / len(counts)
    bars = [
        tag(
            "rect",
            x=f"{width * at + 0.15:.2f}%",
            y=floor - BARS * count / most,
            width=f"{width - 0.3:.2f}%",
            height=BARS * count / most,
            class_="quarter",
        )
        for at, count in enumerate(counts)
    ]
    words = [
        text(share, f"{25 * at + 12.5:g}%", floor + 13, "tick", "middle")
        for at, share in enumerate(_shares(one))
    ]
    return tag(
        "g",
        tag("title", f"{one.way}: {plural(one.selections, 'list')}, {plural(one.picks, 'pick')}"),
        text(short(one.way), 0, top + 12, "name"),
        *bars,
        line("0%", even, "100%", even, "expected"),
        *words,
    )


def _shares(one: Places) -> list[str]:
    return [percent(number / max(1, one.picks)) for number in one.quarters]
