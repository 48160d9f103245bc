"""Where in the prompt the picks stood."""

from __future__ import annotations

from markupsafe import Markup

from activellm.report.figures.svg import Scale, axis, figure, tag
from activellm.report.words import GAP, plural
from activellm.selection.contract import Health

QUARTERS = ("first quarter", "second", "third", "last")


def quarter_counts(health: Health) -> tuple[int, int, int, int]:
    """How many picks stood in each quarter of what the prompt showed."""
    counts = [0, 0, 0, 0]
    for place in health.positions.values():
        counts[min(3, max(0, (place - 1) * 4 // max(1, health.shown)))] += 1
    return counts[0], counts[1], counts[2], counts[3]


def places(health: Health) -> Markup:
    """A tick for each pick along the prompt, and above it how many stood in each quarter."""
    counts = quarter_counts(health)
    scale = Scale(0.5, health.shown + 0.5)
    most = max(1, *counts)
    floor = 104.0
    boxes = []
    for quarter, number in enumerate(counts):
        height = 52 * number / most
        left = f"{25 * quarter + 0.5:g}%"
        middle = f"{25 * quarter + 12.5:g}%"
        boxes += [
            tag("rect", x=left, y=72 - height, width="24%", height=height, rx=2, class_="quarter"),
            tag("text", str(number), x=middle, y=66, class_="value", text_anchor="middle"),
        ]
    even = 72 - 52 * sum(counts) / 4 / most
    ticks = tuple(sorted({1, *(round(health.shown * part / 4) for part in range(1, 5))}))
    return figure(
        "Where in the prompt the picks stood",
        "; ".join(
            f"{name}: {plural(number, 'pick')}"
            for name, number in zip(QUARTERS, counts, strict=True)
        ),
        axis(scale, ticks, [str(at) for at in ticks], top=78, bottom=floor),
        *boxes,
        tag("line", x1=0, x2="100%", y1=even, y2=even, class_="expected"),
        *(
            tag("line", x1=scale.at(at), x2=scale.at(at), y1=80, y2=floor - 2, class_="place")
            for at in sorted(health.positions.values())
        ),
        height=floor + 20,
        class_="places",
    )


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
    value = f"p{GAP}={GAP}{p:.3g}"
    return f"{verdict} Picks spread evenly would look at least this uneven {odds} ({value})."
