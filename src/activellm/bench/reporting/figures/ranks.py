"""The ranking with its critical difference.

Source of the diagram: Demsar 2006, Statistical comparisons of classifiers over multiple data sets,
JMLR 7, figure 1.
"""

from __future__ import annotations

from markupsafe import Markup

from activellm.bench.reporting.figures.drawing import Figure, line, short, standing_alone, text
from activellm.bench.reporting.formats import Sheet
from activellm.bench.reporting.rankings import SettingRanking
from activellm.bench.reporting.wording import setting_words
from activellm.report.figures.svg import Scale, axis, figure, tag

AXIS, GROUP, ROW = 46.0, 9.0, 23.0
"""Pixels: where the axis is, between bars, between names."""

BEYOND = 0.06
"""Ranks that a bar reaches beyond its ways, so that one over equal ranks is seen."""

NOTE = (
    "Mean ranks over data sets, 1 is the best. A bar joins ways that cannot be told apart: their "
    "mean ranks differ by less than the critical difference (CD; Nemenyi, 5 %, all pairs at once)."
)


def ranks(number: int, found: SettingRanking, metric: str) -> Figure:
    """Ways along the axis of ranks: the better half from the left, the others from the right."""
    ranking = found.ranking
    names = [*ranking.ranks]
    across = Scale(1 - 0.02 * len(names), len(names) * 1.02)
    half = (len(names) + 1) // 2
    first = AXIS + 16 + GROUP * len(ranking.groups)
    order = names[:half] + names[half:][::-1]
    places = {name: first + ROW * (at + 1) for at, name in enumerate(order)}
    title = f"Ranks by {metric}, {setting_words(found.setting)}"
    height = max(places.values()) + 8
    ticks = tuple(float(at) for at in _ticks(len(names)))
    leaders = [
        _leader(ranking.ranks[name], places[name], across, left=name in names[:half])
        for name in order
    ]
    words = [
        _name(name, ranking.ranks[name], places[name], left=name in names[:half]) for name in order
    ]
    drawn = figure(
        title,
        "; ".join(f"{name}: {rank:.2f}" for name, rank in ranking.ranks.items())
        + f"; critical difference {ranking.critical:.2f}",
        axis(across, ticks, [f"{at:g}" for at in ticks], top=AXIS - 5, bottom=AXIS),
        line(across.at(1), AXIS, across.at(len(names)), AXIS, "frame-line"),
        *leaders,
        *_bars(found, across),
        *words,
        _difference(ranking.critical, across),
        height=height,
        class_="ranks",
    )
    rows = [
        (
            name,
            rank,
            ", ".join(str(n) for n, own in enumerate(ranking.groups, start=1) if name in own),
            ranking.critical,
            ranking.p,
            ranking.data_sets,
        )
        for name, rank in ranking.ranks.items()
    ]
    head = ("way", "mean_rank", "groups", "critical_difference", "friedman_p", "data_sets")
    return Figure(
        name=f"ranks-{number}",
        title=title,
        caption=NOTE,
        screen=drawn,
        file=standing_alone(drawn, height),
        data=Sheet(head, tuple(rows)),
    )


def _ticks(methods: int) -> range:
    return range(1, methods + 1, 1 if methods <= 12 else 2)


def _difference(critical: float, across: Scale) -> Markup:
    """The critical difference as a bar above the axis; as long as fits."""
    end = across.at(1 + critical)
    return tag(
        "g",
        line(across.at(1), 12, end, 12, "group-bar"),
        text(f"CD {critical:.2f}", across.at(1), 28),
    )


def _bars(found: SettingRanking, across: Scale) -> list[Markup]:
    ranks_of = found.ranking.ranks
    return [
        line(
            across.at(ranks_of[group[0]] - BEYOND),
            AXIS + 26 + GROUP * at,
            across.at(ranks_of[group[-1]] + BEYOND),
            AXIS + 26 + GROUP * at,
            "group-bar",
        )
        for at, group in enumerate(found.ranking.groups)
    ]


def _leader(rank: float, y: float, across: Scale, *, left: bool) -> Markup:
    x = across.at(rank)
    return tag(
        "g",
        line(x, AXIS, x, y, "leader"),
        line("0%" if left else "100%", y, x, y, "leader"),
    )


def _name(name: str, rank: float, y: float, *, left: bool) -> Markup:
    number = tag("tspan", f"{rank:.2f}", class_="tick")
    words = (number, f" {short(name, 44)}") if left else (f"{short(name, 44)} ", number)
    return tag(
        "text",
        *words,
        x="0%" if left else "100%",
        y=y - 5,
        class_="name halo",
        text_anchor="start" if left else "end",
    )
