"""Who picks what on the same candidates: a tile for each pair of ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from activellm.bench.reporting.figures.drawing import Figure, short, standing_alone, text
from activellm.bench.reporting.formats import Sheet, Value
from activellm.bench.reporting.overlap import Overlap
from activellm.report.figures.svg import figure, tag
from activellm.report.words import ratio

TILE, TOP, SIDE, NAMES = 34.0, 22.0, 28.0, 300.0
"""Pixels: a tile, numbers above and at the side, names behind the last tile of each row."""

HEAD = (
    "way",
    "other_way",
    "agreement_beyond_chance",
    "low",
    "high",
    "shared_picks",
    "selections",
    "data_sets",
)
NOTE = (
    "Of the picks that two ways could share beyond chance, the part that they do share: 1 is the "
    "same picks, 0 is chance. First selections from the same candidates only. A way beside itself "
    "was run twice. Empty where two never chose from the same candidates."
)


def agreement(found: Sequence[Overlap]) -> Figure:
    """All pairs; at least one."""
    ways = sorted({way for one in found for way in (one.one, one.other)})
    pairs = {(one.one, one.other): one for one in found}
    title = "Agreement of the ways of choosing, beyond chance"
    tiles = [
        _tile(pairs.get((a, b)) or pairs.get((b, a)), row, column)
        for row, a in enumerate(ways)
        for column, b in enumerate(ways[: row + 1])
    ]
    sides = [text(str(at + 1), SIDE - 8, _top(at) + 21, anchor="end") for at in range(len(ways))]
    names = [
        text(short(way), SIDE + TILE * (at + 1) + 8, _top(at) + 21, "name")
        for at, way in enumerate(ways)
    ]
    heads = [
        text(str(at + 1), SIDE + TILE * (at + 0.5), TOP - 8, anchor="middle")
        for at in range(len(ways))
    ]
    height, width = TOP + TILE * len(ways), SIDE + TILE * len(ways) + NAMES
    drawn = figure(
        title, _said(found), *tiles, *sides, *names, *heads, height=height, class_="tiles"
    )
    fixed = Markup(str(drawn).replace('width="100%"', f'width="{width:g}"', 1))  # noqa: S704 - ours
    return Figure(
        name="agreement",
        title=title,
        caption=NOTE,
        screen=fixed,
        file=standing_alone(fixed, height, width=width),
        data=Sheet(HEAD, tuple(_rows(found))),
    )


def _rows(found: Sequence[Overlap]) -> Iterator[tuple[Value, ...]]:
    for one in found:
        yield (
            *(str(one.one), str(one.other), one.agreement, one.low, one.high),
            *(one.shared, one.draws, one.data_sets),
        )


def _said(found: Sequence[Overlap]) -> str:
    return "; ".join(f"{one.one} and {one.other}: {ratio(one.agreement)}" for one in found)


def _brief(value: float) -> str:
    """A ratio that fits a tile: ".31", "−.12", "1"."""
    written = ratio(value)
    return "1" if written == "1.00" else written.replace("0.", ".", 1)


def _top(row: int) -> float:
    return TOP + TILE * row


def _tile(one: Overlap | None, row: int, column: int) -> Markup:
    if one is None:
        return Markup("")
    step = round(10 * min(1.0, max(0.0, one.agreement)))
    x, y = SIDE + TILE * column, _top(row)
    words = f"{one.one} and {one.other}: {ratio(one.agreement)}"
    if one.low is not None and one.high is not None:
        words += f" ({ratio(one.low)} to {ratio(one.high)})"
    ink = "on-tile on-strong" if step >= 8 else "on-tile on-middle" if step >= 5 else "on-tile"
    return tag(
        "g",
        tag("title", words),
        tag(
            "rect", x=x + 1, y=y + 1, width=TILE - 2, height=TILE - 2, rx=4, class_=f"tile t{step}"
        ),
        text(_brief(one.agreement), x + TILE / 2, y + 21, ink, "middle"),
    )
