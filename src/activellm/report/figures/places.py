"""Where in the prompt the picks stood."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from activellm.report.figures.svg import Scale, axis, figure, tag
from activellm.report.words import GAP, percent, plural
from activellm.selection.contract import Health

QUARTERS = ("first quarter", "second", "third", "last")
TALL, FLOOR = 60.0, 76.0
"""Pixels: the highest bar, and where all bars stand."""


def quarter_counts(health: Health) -> tuple[int, ...]:
    """How many picks stood in each quarter of what the prompts showed."""
    if health.quarters:
        return health.quarters
    counts = [0, 0, 0, 0]
    for place in health.positions.values():
        counts[min(3, max(0, (place - 1) * 4 // max(1, health.shown)))] += 1
    return tuple(counts)


def places(health: Health) -> Markup:
    """The share of each quarter of the prompt, an even share marked.

    Below it a tick for each pick along the prompt, where there was only one.
    """
    counts = quarter_counts(health)
    below = _quarter_names() if len(health.ballots) > 1 else _ticks(health)
    return figure(
        "Where in the prompt the picks stood",
        "; ".join(
            f"{name}: {plural(number, 'pick')}"
            for name, number in zip(QUARTERS, counts, strict=True)
        ),
        *_quarter_bars(counts),
        *below,
        height=FLOOR + (38 if len(health.ballots) > 1 else 66),
        class_="places",
    )


def _quarter_bars(counts: Sequence[int]) -> list[Markup]:
    most, total = max(1, *counts), max(1, sum(counts))
    even = FLOOR - TALL * total / 4 / most
    bars = []
    for quarter, number in enumerate(counts):
        height = TALL * number / most
        left, middle = f"{25 * quarter + 0.5:g}%", f"{25 * quarter + 12.5:g}%"
        share = percent(number / total)
        bars += [
            tag(
                "rect", x=left, y=FLOOR - height, width="24%", height=height, rx=2, class_="quarter"
            ),
            tag("text", share, x=middle, y=FLOOR + 15, class_="value", text_anchor="middle"),
        ]
    return [
        *bars,
        tag("line", x1=0, x2="100%", y1=even, y2=even, class_="expected"),
        tag("text", "even", x="100%", y=even - 4, class_="tick", text_anchor="end"),
    ]


def _quarter_names() -> list[Markup]:
    return [
        tag(
            "text",
            name,
            x=f"{25 * at + 12.5:g}%",
            y=FLOOR + 31,
            class_="tick",
            text_anchor="middle",
        )
        for at, name in enumerate(QUARTERS)
    ]


def _ticks(health: Health) -> list[Markup]:
    scale = Scale(0.5, health.shown + 0.5)
    floor = FLOOR + 46
    marks = tuple(sorted({1, *(round(health.shown * part / 4) for part in range(1, 5))}))
    return [
        axis(scale, marks, [str(at) for at in marks], top=FLOOR + 22, bottom=floor),
        *(
            tag(
                "line",
                x1=scale.at(at),
                x2=scale.at(at),
                y1=FLOOR + 24,
                y2=floor - 2,
                class_="place",
            )
            for at in sorted(health.positions.values())
        ),
    ]


def evenness(p: float | None) -> str:
    """What the test of the positions says, in words."""
    if p is None:
        return "Whether they are spread evenly was not tested."
    if p < 0.001:
        odds = "less than once in 1,000 times"
    else:
        odds = f"about {plural(round(1000 * p), 'time')} in 1,000"
    if p < 0.01:
        verdict = "The place in the list decided much of this choice, so read the picks with doubt."
    elif p < 0.05:
        verdict = "The place in the list may have played a part."
    else:
        verdict = "Nothing suggests that the place in the list decided."
    value = f"p{GAP}={GAP}{p:.2g}" if p >= 0.001 else f"p{GAP}<{GAP}0.001"
    return f"{verdict} Picks spread evenly would look at least this uneven {odds} ({value})."
