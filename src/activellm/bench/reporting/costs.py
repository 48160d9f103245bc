"""What choosing cost: seconds, tokens and dollars of a selection, by way and setting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np

from activellm.bench.asked import kind_of
from activellm.bench.summary import Comparison, Way

Row: TypeAlias = Mapping[str, Any]
Sizes: TypeAlias = tuple[int, int, int]
"""Candidates, picks a round, labels in all."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a way's choosing cost until so many labels were there, in the mean.

    Attributes:
        way: Which.
        candidates, select, labels: As in `Setting`.
        seconds: Time that choosing took, waiting for a query model included; training not.
        tokens: That a query model read and wrote; None if unknown.
        dollars: None if unknown.
        replayed: Whether all answers came from recordings, which cost nothing again.
        selections: Over how many runs the mean is taken.
    """

    way: Way
    candidates: int
    select: int
    labels: int
    seconds: float
    tokens: float | None
    dollars: float | None
    replayed: bool
    selections: int


@dataclass(frozen=True, slots=True)
class Spent:
    """A comparison with what it cost.

    Attributes:
        comparison: Which.
        cost: What its choosing cost.
        amount: In the figure's unit; above zero.
    """

    comparison: Comparison
    cost: Cost
    amount: float


def costs(choices: Iterable[Row], scores: Iterable[Row]) -> list[Cost]:
    """The mean cost of every way, candidates, selection size and number of labels.

    Args:
        choices: Rounds of selections, as in `Results`.
        scores: Measurements; they know how many candidates a selection was to have.
    """
    candidates = {row["choice"]: row["candidates"] for row in scores}
    runs: dict[str, dict[int, Row]] = {}
    for row in choices:
        if row["key"] in candidates:
            runs.setdefault(row["key"], {})[row["round"]] = row
    groups: dict[tuple[Way, Sizes], list[list[Row]]] = {}
    for key, rounds in runs.items():
        ordered = [rounds[number] for number in sorted(rounds)]
        first = ordered[0]
        way = Way.of(first)
        labels = accumulate(len(row["picks"]) for row in ordered)
        for until, number in enumerate(labels, start=1):
            sizes = (candidates[key], first["select"], number)
            groups.setdefault((way, sizes), []).append(ordered[:until])
    return [_cost(way, sizes, own) for (way, sizes), own in sorted(groups.items())]


def spent_on(comparisons: Sequence[Comparison], costs: Sequence[Cost], unit: str) -> list[Spent]:
    """The comparisons of one setting with their known costs above zero in one unit.

    What answers from a file costs nothing any more, and what it did cost is not known.
    """
    setting = comparisons[0].setting
    sizes = setting.candidates, setting.select, setting.labels
    by = {one.way: one for one in costs if (one.candidates, one.select, one.labels) == sizes}
    found = []
    for one in comparisons:
        cost = None if kind_of(one.way.llm) else by.get(one.way)
        amount = getattr(cost, unit) if cost else None
        if cost is not None and amount:
            found.append(Spent(one, cost, float(amount)))
    return sorted(found, key=lambda spent: -spent.comparison.difference.mean)


def _cost(way: Way, sizes: Sizes, runs: Sequence[Sequence[Row]]) -> Cost:
    usages = [row.get("usage") or {} for run in runs for row in run]
    asked = sum(usage.get("calls") or 0 for usage in usages)
    replayed = sum(usage.get("replayed") or 0 for usage in usages)
    return Cost(
        way,
        *sizes,
        seconds=float(np.mean([sum(row["seconds"] for row in run) for run in runs])),
        tokens=_mean(runs, "prompt_tokens", "completion_tokens"),
        dollars=_mean(runs, "cost"),
        replayed=replayed > 0 and asked == 0,
        selections=len(runs),
    )


def _mean(runs: Sequence[Sequence[Row]], *names: str) -> float | None:
    """Mean over runs of a sum over rounds; None where a round does not know."""
    sums = []
    for run in runs:
        usages = [row.get("usage") or {} for row in run]
        values = [usage[name] for usage in usages for name in names if usage.get(name) is not None]
        if len(values) < len(run) * len(names):
            return None
        sums.append(sum(values))
    return float(np.mean(sums))
