"""From measurements to what may be said of them: every way of choosing beside random picking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.bench.experiment import BASE
from activellm.bench.statistics import PairedDifference, holm, paired_difference
from activellm.seeding import generator

Row: TypeAlias = Mapping[str, Any]
Values: TypeAlias = dict[str, npt.NDArray[np.float64]]
"""Data set -> one value a draw, averaged over training seeds (and random repeats), in per cent."""


@dataclass(frozen=True, slots=True, order=True)
class Setting:
    """Under which circumstances ways of choosing are compared.

    Attributes:
        successor: The learner.
        candidates: How many texts one selection looked at.
        select: How many were picked a round.
        labels: How many labels there were.
    """

    successor: str
    candidates: int
    select: int
    labels: int

    @classmethod
    def of(cls, score: Row) -> Self:
        """Of a measurement."""
        return cls(score["successor"], score["candidates"], score["select"], score["labels"])


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """A way of choosing: the schedule, and what it asked."""

    schedule: str
    llm: str = "none"
    prompt: str = ""

    @classmethod
    def of(cls, row: Row) -> Self:
        """Of a measurement, or of a round of a selection."""
        return cls(row["schedule"], row["llm"], row["prompt"])

    def __str__(self) -> str:
        asked = [] if self.llm == "none" else [self.llm]
        asked += [self.prompt] if self.prompt else []
        return f"{self.schedule} ({', '.join(asked)})" if asked else self.schedule


@dataclass(frozen=True, slots=True)
class Comparison:
    """A way of choosing beside random picking, by one metric.

    Attributes:
        setting: Under which circumstances.
        way: The way.
        metric: By what.
        value: Its own mean over data sets, in per cent.
        difference: Against random picking, in points.
        p_adjusted: p by Holm over all ways of this setting; None where there is none.
    """

    setting: Setting
    way: Way
    metric: str
    value: float
    difference: PairedDifference
    p_adjusted: float | None = None


def values_of(scores: Iterable[Row], metric: str) -> dict[Setting, dict[Way, Values]]:
    """Measurements by setting, way, data set and draw."""
    found: dict[tuple[Setting, Way, str], dict[int, list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in scores:
        if row.get(metric) is not None:
            found[Setting.of(row), Way.of(row), row["data"]][row["draw"]].append(100 * row[metric])
    table: dict[Setting, dict[Way, Values]] = defaultdict(lambda: defaultdict(dict))
    for (setting, way, data), draws in found.items():
        means = {draw: float(np.mean(values)) for draw, values in sorted(draws.items())}
        table[setting][way][data] = np.array([[draw, value] for draw, value in means.items()])
    return {setting: dict(ways) for setting, ways in table.items()}


def compare(scores: Iterable[Row], metric: str = "macro_f1", *, seed: int = 0) -> list[Comparison]:
    """Every way of choosing beside random picking on the same candidates.

    Only draws that both have are compared. Several ways in one setting are several tests: their
    p-values are adjusted for it.

    Args:
        scores: Measurements, as in `Results`.
        metric: "macro_f1", "accuracy" or "matthews".
        seed: Decides resamples.
    """
    found = []
    for setting, ways in sorted(values_of(scores, metric).items()):
        base = ways.get(Way(BASE))
        if base is None:
            continue
        own = []
        for way, values in sorted(ways.items()):
            if way == Way(BASE):
                continue
            ours, other = _paired(values, base)
            if not ours:
                continue
            difference = paired_difference(ours, other, generator(seed, metric, str(way)))
            mean = float(np.mean([draws.mean() for draws in ours.values()]))
            own.append(Comparison(setting, way, metric, mean, difference))
        found += _adjusted(own)
    return found


def _paired(ours: Values, other: Values) -> tuple[Values, Values]:
    """The values of draws that both have, in one order."""
    pairs: tuple[Values, Values] = {}, {}
    for data in sorted(ours.keys() & other.keys()):
        known = dict(other[data].tolist())
        both = [(value, known[draw]) for draw, value in ours[data].tolist() if draw in known]
        if both:
            for side, values in zip(pairs, zip(*both, strict=True), strict=True):
                side[data] = np.array(values)
    return pairs


def _adjusted(own: list[Comparison]) -> list[Comparison]:
    tested = {one.way: one.difference.p for one in own if one.difference.p is not None}
    adjusted = holm(tested)
    return [replace(one, p_adjusted=adjusted.get(one.way)) for one in own]
