"""An experiment's tables, whatever they are written in afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from activellm.bench.reporting.curves import Curve, CurveSet
from activellm.bench.reporting.findings import METRICS, Findings
from activellm.bench.reporting.rankings import SettingRanking
from activellm.bench.reporting.wording import (
    family_words,
    interval_words,
    saved_words,
    setting_words,
)
from activellm.bench.statistics import PairedDifference
from activellm.bench.summary import Comparison


@dataclass(frozen=True, slots=True)
class Cell:
    """A table's cell.

    Attributes:
        text: As written; untrusted.
        strong: Whether the spread does not hide what it says.
    """

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        name: Short and unique on a page, for file names.
        title: What it shows.
        head: Its columns; the first one names the row, the others hold numbers.
        rows: Cells, as many as columns.
        notes: What its numbers mean.
    """

    name: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: str


POINTS = "Points, with 95 % intervals; bold where the spread does not hide the difference."
EFFECT = "d is the effect size, the mean difference in its standard deviations."


def comparison_tables(comparisons: Sequence[Comparison]) -> list[Table]:
    """Every way beside random picking, a table a setting, the best first."""
    tables = []
    for number, setting in enumerate(dict.fromkeys(one.setting for one in comparisons), start=1):
        own = [one for one in comparisons if one.setting == setting]
        head = ("way of choosing", "mean", "against random", "p (Holm)", "d", "ahead on", "draws")
        rows = [
            (Cell(str(c.way)), Cell(f"{c.value:.1f}"), *_difference(c.difference, c.p_adjusted))
            for c in sorted(own, key=lambda one: -one.difference.mean)
        ]
        tables.append(
            Table(
                name=f"against-random-{number}",
                title=f"{_metric(own[0].metric)}, {setting_words(setting)}",
                head=head,
                rows=tuple(rows),
                notes=" ".join([POINTS, *_over([c.difference for c in own]), EFFECT]),
            )
        )
    return tables


def area_table(number: int, found: CurveSet, metric: str) -> Table:
    """The areas under the learning curves of one family."""
    numbers = found.curves[0].labels
    head = ("way of choosing", "area", "against random", "p (Holm)", "d", "ahead on", "draws")
    rows = [
        (Cell(str(c.way)), Cell(f"{c.area:.1f}"), *_difference(c.difference, c.p_adjusted))
        for c in found.curves
    ]
    where = f" on {found.data}" if found.data else ""
    return Table(
        name=f"area-{number}",
        title=f"Area under the curve of {_metric(metric)}{where}, {numbers[0]} to {numbers[-1]} "
        f"labels, {family_words(found.family)}",
        head=head,
        rows=tuple(rows),
        notes=" ".join(
            [
                "The area is the curve's mean height in points.",
                POINTS,
                *_over([c.difference for c in found.curves]),
                EFFECT,
            ]
        ),
    )


def saved_table(number: int, found: CurveSet, metric: str) -> Table:
    """How many labels each way saves, at some numbers of labels."""
    counts = list(dict.fromkeys(one.at for curve in found.curves for one in curve.saved))
    where = f" on {found.data}" if found.data else ""
    return Table(
        name=f"labels-saved-{number}",
        title=f"Labels saved by {_metric(metric)}{where}, {family_words(found.family)}",
        head=("way of choosing", *(f"at {count}" for count in counts)),
        rows=tuple(_saved_row(curve, counts) for curve in found.curves),
        notes="How many more labels random picking needs for the same quality, with 95 % "
        "intervals; below zero it needs fewer. Read off random picking's mean curve, made "
        "monotone; beyond its ends only a bound is known. Bold where the interval is above zero.",
    )


def rank_table(number: int, found: SettingRanking, metric: str) -> Table:
    """Mean ranks, the best first, and what cannot be told apart."""
    ranking = found.ranking
    rows = []
    for way, rank in ranking.ranks.items():
        groups = [place for place, group in enumerate(ranking.groups, start=1) if way in group]
        letters = ", ".join(chr(ord("a") + place - 1) for place in groups)
        rows.append((Cell(way), Cell(f"{rank:.2f}"), Cell(letters)))
    left = f" Not run on all of them: {', '.join(found.left_out)}." if found.left_out else ""
    p = f"{ranking.p:.3f}" if ranking.p >= 0.001 else "below 0.001"
    return Table(
        name=f"ranks-{number}",
        title=f"Mean ranks by {_metric(metric)}, {setting_words(found.setting)}",
        head=("way of choosing", "mean rank", "group"),
        rows=tuple(rows),
        notes=f"On {ranking.data_sets} data sets; 1 is the best. Ways that share a letter cannot "
        f"be told apart: their mean ranks differ by less than {ranking.critical:.2f} (Nemenyi, "
        f"5 %). Friedman's test that all are alike: p {p}.{left}",
    )


def all_tables(found: Findings) -> list[Table]:
    """All tables: against random, areas and labels saved over all data sets, ranks."""
    overall = [one for one in found.curves if not one.data]
    return [
        *comparison_tables(found.comparisons),
        *(area_table(n, one, found.metric) for n, one in enumerate(overall, start=1)),
        *(saved_table(n, one, found.metric) for n, one in enumerate(overall, start=1)),
        *(rank_table(n, one, found.metric) for n, one in enumerate(found.rankings, start=1)),
    ]


def _saved_row(curve: Curve, counts: Sequence[int]) -> tuple[Cell, ...]:
    by = {one.at: one for one in curve.saved}
    cells = []
    for count in counts:
        one = by.get(count)
        words = saved_words(one, curve.labels) if one else ""
        words += " (one draw)" if one and one.draws == 1 else ""
        sure = one is not None and one.draws > 1
        above = sure and one is not None and (one.unreached > 0.975 or (one.low or 0) > 0)
        cells.append(Cell(words, strong=above))
    return (Cell(str(curve.way)), *cells)


def _difference(difference: PairedDifference, p_adjusted: float | None) -> tuple[Cell, ...]:
    low, high = difference.low, difference.high
    one = " (one draw)" if difference.single_draw else ""
    draws = f"{difference.draws}{one}"
    if difference.most_draws > difference.draws:
        draws = f"{difference.draws} to {difference.most_draws}"
    return (
        Cell(
            interval_words(difference),
            strong=low is not None and high is not None and (low > 0 or high < 0),
        ),
        Cell("" if p_adjusted is None else f"{p_adjusted:.3f}"),
        Cell("" if difference.effect is None else f"{difference.effect:+.2f}"),
        Cell(f"{difference.better:g} of {difference.data_sets}"),
        Cell(draws),
    )


def _over(differences: Sequence[PairedDifference]) -> list[str]:
    over = {one.over for one in differences}
    words = []
    if "data sets" in over:
        words.append("Intervals and p over data sets, each averaged over its draws.")
    if "draws" in over:
        words.append("One data set: intervals and p over its draws, and they speak of it alone.")
    if len({frozenset(one.by_data_set) for one in differences}) > 1:
        words.append("Not all were run on the same data sets: their means are of different ones.")
    if any(one.single_draw for one in differences):
        words.append("One draw tells nothing of the draw's luck.")
    return words


def _metric(name: str) -> str:
    return METRICS.get(name, name)
