"""Learning curves of every way beside random picking: points, areas, labels saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.bench.experiment import BASE
from activellm.bench.reporting.curves import Curve, CurveSet, Family, Point
from activellm.bench.statistics import (
    area_under_curve,
    holm,
    labels_saved,
    paired_difference,
)
from activellm.bench.summary import Setting, Values, Way
from activellm.seeding import generator

Floats: TypeAlias = npt.NDArray[np.float64]
Table: TypeAlias = Mapping[Setting, Mapping[Way, Values]]
"""Measurements as `summary.values_of` gives them."""

Pair: TypeAlias = tuple[Floats, Floats]
"""A way's curves on a data set and random picking's of the same draws, each (draws, numbers)."""

SAVED_AT = 4
"""At how many numbers of labels it is said how many labels are saved."""


def learning_curves(table: Table, *, seed: int = 0) -> list[CurveSet]:
    """Curves of every family: the mean over data sets first, then those of each data set.

    Only draws that have all numbers of labels count, for the way and for random picking alike.

    Args:
        table: Measurements.
        seed: Decides resamples.
    """
    found = []
    for family, settings in sorted(families(table).items()):
        pairs = _pairs(table, settings)
        names = list(dict.fromkeys(name for own in pairs.values() for name in own[1]))
        found.append(_set(family, "", pairs, seed))
        if len(names) > 1:
            for name in names:
                own = {
                    way: (numbers, {name: data[name]})
                    for way, (numbers, data) in pairs.items()
                    if name in data
                }
                found.append(_set(family, name, own, seed))
    return [one for one in found if one.curves]


def families(settings: Iterable[Setting]) -> dict[Family, list[Setting]]:
    """Settings by family, by rising numbers of labels; single points are no family."""
    found: dict[Family, list[Setting]] = {}
    for one in sorted(settings, key=lambda setting: setting.labels):
        found.setdefault(Family(one.successor, one.candidates, one.select), []).append(one)
        if one.labels == one.select:
            found.setdefault(Family(one.successor, one.candidates, 0), []).append(one)
    return {family: own for family, own in found.items() if len(own) > 1}


def _pairs(
    table: Table, settings: Sequence[Setting]
) -> dict[Way, tuple[tuple[int, ...], dict[str, Pair]]]:
    """Way -> numbers of labels that it shares with random picking, and its curves by data set."""
    base = Way(BASE)
    ways = sorted({way for setting in settings for way in table[setting]} - {base})
    found = {}
    for way in ways:
        shared = [one for one in settings if way in table[one] and base in table[one]]
        if len(shared) < 2:
            continue
        ours = [table[one][way] for one in shared]
        other = [table[one][base] for one in shared]
        names = [name for name in ours[0] if all(name in values for values in (*ours, *other))]
        curves = {name: _complete(name, ours, other) for name in names}
        kept = {name: pair for name, pair in curves.items() if len(pair[0])}
        if kept:
            found[way] = (tuple(one.labels for one in shared), kept)
    return found


def _complete(name: str, ours: Sequence[Values], other: Sequence[Values]) -> Pair:
    """The curves of draws that are measured at every point, for both."""
    columns = [dict(values[name].tolist()) for values in (*ours, *other)]
    draws = [draw for draw in columns[0] if all(draw in column for column in columns)]
    table = np.array([[column[draw] for column in columns] for draw in draws])
    table = table.reshape(len(draws), len(columns))
    return table[:, : len(ours)], table[:, len(ours) :]


def _set(
    family: Family,
    data: str,
    pairs: Mapping[Way, tuple[tuple[int, ...], dict[str, Pair]]],
    seed: int,
) -> CurveSet:
    curves = [curve(way, numbers, own, seed) for way, (numbers, own) in pairs.items()]
    tested = {one.way: one.difference.p for one in curves if one.difference.p is not None}
    adjusted = holm(tested)
    curves = [replace(one, p_adjusted=adjusted.get(one.way)) for one in curves]
    return CurveSet(family, data, tuple(sorted(curves, key=lambda one: -one.difference.mean)))


def curve(way: Way, labels: tuple[int, ...], pairs: Mapping[str, Pair], seed: int = 0) -> Curve:
    """One way's curve, its area and the labels that it saves.

    Where there are several data sets, they are the sample of all intervals; else its draws are.

    Args:
        way: Which.
        labels: Numbers of labels, rising.
        pairs: Data set -> its curves and random picking's, each (draws, numbers).
        seed: Decides resamples.
    """
    rng = generator(seed, "curve", str(way))
    points = []
    for place, number in enumerate(labels):
        ours = {name: pair[0][:, place] for name, pair in pairs.items()}
        other = {name: pair[1][:, place] for name, pair in pairs.items()}
        points.append(Point(number, _mean(ours), _mean(other), paired_difference(ours, other, rng)))
    areas = {name: area_under_curve(labels, pair[0]) for name, pair in pairs.items()}
    random = {name: area_under_curve(labels, pair[1]) for name, pair in pairs.items()}
    ours_by, random_by = _sample(pairs)
    saved = [labels_saved(labels, ours_by, random_by, at, rng) for at in spread(labels, SAVED_AT)]
    return Curve(
        way=way,
        points=tuple(points),
        area=_mean(areas),
        difference=paired_difference(areas, random, rng),
        saved=tuple(saved),
    )


def spread(numbers: Sequence[int], most: int) -> tuple[int, ...]:
    """At most so many of the numbers, evenly spread, the first and the last among them."""
    places = np.linspace(0, len(numbers) - 1, min(most, len(numbers))).round().astype(int)
    return tuple(numbers[place] for place in places)


def _sample(pairs: Mapping[str, Pair]) -> Pair:
    """What is resampled: the mean curves of data sets or, where there is one, its draws."""
    if len(pairs) == 1:
        return next(iter(pairs.values()))
    ours = np.array([pair[0].mean(axis=0) for pair in pairs.values()])
    return ours, np.array([pair[1].mean(axis=0) for pair in pairs.values()])


def _mean(values: Mapping[str, Floats]) -> float:
    return float(np.mean([own.mean() for own in values.values()]))
