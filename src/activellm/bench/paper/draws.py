"""Measurements by the row of a paper's table that they belong to, and by draw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.bench.experiment import BASE
from activellm.bench.paper.numbers import metric_of
from activellm.bench.paper.ways import llm_of, task_of, way_of
from activellm.bench.statistics import area_under_curve

Row: TypeAlias = Mapping[str, Any]
Floats = npt.NDArray[np.float64]

AREA = 0
"""In place of a number of labels: the mean height of the curve over all of them."""

ALL = "all tasks"
"""In place of a data set: all whose metric is accuracy, each weighing the same."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A row of a table.

    Attributes:
        successor: The learner.
        task: The data set, or `ALL`.
        way: The way of choosing, as in `numbers.toml`.
        llm: Who chose, in words.
        labels: How many labels, or `AREA`.
        base: The way that it is compared with.
    """

    successor: str
    task: str
    way: str
    llm: str
    labels: int
    base: str = BASE


@dataclass(frozen=True)
class Draw:
    """One draw's values.

    Attributes:
        repeats: One value for each repeat on the same candidates, averaged over seeds.
        seeds: How many those were.
    """

    repeats: Floats
    seeds: int

    @property
    def mean(self) -> float:
        """Over all repeats."""
        return float(self.repeats.mean())


Draws: TypeAlias = Mapping[tuple[Any, ...], Draw]


def draws_of(table: str, scores: Iterable[Row]) -> dict[Place, Draws]:
    """All draws of all rows of a table.

    Args:
        table: The table's name.
        scores: Measurements, as in `Results`; "part" says of which of its experiments.
    """
    values: dict[Place, dict[tuple[Any, ...], dict[int, dict[int, float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(dict))
    )
    for row in scores:
        task, metric = task_of(row["data"]), metric_of(task_of(row["data"]))
        if row.get(metric) is None:
            continue
        way = way_of(table, row), llm_of(row)
        place = Place(row["successor"], task, *way, int(row["labels"]))
        # A draw's number stands for the same candidates within one part, entry and size only.
        draw = row.get("part", ""), row["data"], row["candidates"], row["select"], row["draw"]
        values[place][draw][row["repeat"]][row["seed"]] = 100 * row[metric]
    return {
        place: {draw: _draw(repeats) for draw, repeats in draws.items()}
        for place, draws in values.items()
    }


def _draw(repeats: Mapping[int, Mapping[int, float]]) -> Draw:
    means = [float(np.mean([*seeds.values()])) for seeds in repeats.values()]
    return Draw(np.array(means), min(len(seeds) for seeds in repeats.values()))


def areas_of(draws: Mapping[Place, Draws]) -> dict[Place, Draws]:
    """The mean heights of curves, of draws that have all points of theirs."""
    curves: dict[Place, dict[int, Draws]] = defaultdict(dict)
    for place, own in draws.items():
        curves[replace(place, labels=AREA)][place.labels] = own
    found: dict[Place, Draws] = {}
    for place, points in curves.items():
        labels = sorted(points)
        whole = set.intersection(*({*own} for own in points.values()))
        if len(labels) > 1 and whole:
            found[place] = {
                draw: _area(labels, [points[n][draw] for n in labels]) for draw in whole
            }
    return found


def _area(labels: Sequence[int], points: Sequence[Draw]) -> Draw:
    repeats = min(len(point.repeats) for point in points)
    curve = np.stack([point.repeats[:repeats] for point in points], axis=-1)
    return Draw(area_under_curve(labels, curve), min(point.seeds for point in points))
