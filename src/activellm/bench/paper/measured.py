"""What was found here for the rows of a paper's table: every way beside random picking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from activellm.bench.experiment import BASE
from activellm.bench.paper.draws import ALL, Draw, Draws, Place, Row, areas_of, draws_of
from activellm.bench.paper.numbers import metric_of
from activellm.bench.statistics import PairedDifference, holm, paired_difference
from activellm.seeding import generator

FEWEST = 3
"""Data sets; an interval over two is as wide as the scale."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found for it.

    Attributes:
        place: The row.
        value: Its mean, per cent.
        base: The mean of what it is compared with, on the same candidates.
        difference: In points.
        seeds: Training seeds of each draw.
        tasks: The data sets.
        beaten, random: How many random selections from the same candidates it is ahead of (ties
            count half), of how many, over all draws; 0 of 0 where it is compared with another way.
        p_adjusted: p by Holm over all rows of its learner's table (rows of all tasks among
            themselves); None where there is none.
    """

    place: Place
    value: float
    base: float
    difference: PairedDifference
    seeds: int
    tasks: tuple[str, ...]
    beaten: float = 0.0
    random: int = 0
    p_adjusted: float | None = None


def measured(table: str, scores: Iterable[Row], *, seed: int = 0) -> list[Measured]:
    """Every way of a table beside random picking, and a warm start beside the cold one.

    Only draws that both have are paired. Seeds and repeats of a draw are averaged first.

    Args:
        table: The table's name.
        scores: Lines of its experiments' scores.
        seed: Decides resamples.
    """
    draws = draws_of(table, scores)
    if table == "iterative":
        draws |= areas_of(draws)
    found = []
    for place, base in _comparisons(draws):
        pairs = _paired(draws[place], draws[base])
        if pairs:
            found.append(_measured(replace(place, base=base.way), {place.task: pairs}, seed))
    return _adjusted(found) + _adjusted(_over_tasks(draws, seed))


def _comparisons(known: Mapping[Place, Draws]) -> Iterator[tuple[Place, Place]]:
    """What is compared with what: all with random picking, a warm start also with the cold one."""
    for place in sorted(known):
        ways = [] if place.way == BASE else [BASE]
        if place.way.startswith("warm "):
            ways.append("cold " + place.way.removeprefix("warm ").partition(" (")[0])
        for way in ways:
            base = replace(place, way=way, llm="")
            if base in known:
                yield place, base


def _paired(ours: Draws, other: Draws) -> list[tuple[Draw, Draw]]:
    return [(ours[draw], other[draw]) for draw in sorted(ours.keys() & other.keys(), key=str)]


def _measured(place: Place, pairs: Mapping[str, list[tuple[Draw, Draw]]], seed: int) -> Measured:
    ours, other = (
        {task: np.array([pair[side].mean for pair in own]) for task, own in pairs.items()}
        for side in (0, 1)
    )
    both = [pair for own in pairs.values() for pair in own]
    ahead = sum(_ahead(*pair) for pair in both)
    beside_random = place.base == BASE
    return Measured(
        place=place,
        value=float(np.mean([values.mean() for values in ours.values()])),
        base=float(np.mean([values.mean() for values in other.values()])),
        difference=paired_difference(ours, other, generator(seed, str(place))),
        seeds=min(pair[0].seeds for pair in both),
        tasks=tuple(pairs),
        beaten=ahead if beside_random else 0.0,
        random=sum(len(pair[1].repeats) for pair in both) if beside_random else 0,
    )


def _ahead(ours: Draw, other: Draw) -> float:
    """How many of the other's repeats a draw is ahead of; ties count half."""
    return float((other.repeats < ours.mean).sum() + 0.5 * (other.repeats == ours.mean).sum())


def _over_tasks(draws: Mapping[Place, Draws], seed: int) -> list[Measured]:
    """Ways over all their data sets whose metric is accuracy, where there are three or more."""
    pairs: dict[Place, dict[str, list[tuple[Draw, Draw]]]] = defaultdict(dict)
    for place, base in _comparisons(draws):
        both = _paired(draws[place], draws[base])
        if both and metric_of(place.task) == "accuracy":
            pairs[replace(place, task=ALL, base=base.way)][place.task] = both
    return [_measured(place, own, seed) for place, own in pairs.items() if len(own) >= FEWEST]


def _adjusted(found: list[Measured]) -> list[Measured]:
    """p-values by Holm, over the rows of each learner."""
    adjusted: dict[Place, float] = {}
    for successor in {one.place.successor for one in found}:
        own = {
            one.place: one.difference.p
            for one in found
            if one.place.successor == successor and one.difference.p is not None
        }
        adjusted |= holm(own)
    return [replace(one, p_adjusted=adjusted.get(one.place)) for one in found]
