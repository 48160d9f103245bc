"""Who picks what on the same candidates: how far ways of choosing agree, beyond chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np

from activellm.bench.statistics import studentised_interval
from activellm.bench.summary import Way
from activellm.seeding import generator

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far two ways pick the same texts.

    Attributes:
        one, other: The ways; the same way twice for two runs of it on the same candidates.
        agreement: Shared picks beyond those that chance would share, as a part of what is possible
            beyond chance: 1 for the same picks, 0 for chance (Cohen's kappa of picked or not where
            both pick as many). Mean over data sets of the mean over draws.
        low, high: 95 % interval over data sets or, on one data set, over draws; None for one value.
        shared: Mean share of the smaller selection that is in the other.
        draws: Selections that were compared.
        data_sets: On how many data sets.
    """

    one: Way
    other: Way
    agreement: float
    low: float | None
    high: float | None
    shared: float
    draws: int
    data_sets: int


def overlaps(choices: Iterable[Row], *, seed: int = 0) -> list[Overlap]:
    """Compare the first selections of all ways, where they saw the same candidates.

    Source of the measure: Cohen 1960, A coefficient of agreement for nominal scales, Educ. Psychol.
    Meas. 20.

    Args:
        choices: Rounds of selections, as in `Results`.
        seed: Decides resamples.
    """
    found: dict[tuple[Way, Way], dict[str, list[tuple[float, float]]]] = {}
    for data, rows in _same_candidates(choices):
        for a, b in combinations(rows, 2):
            key = (Way.of(a), Way.of(b)) if Way.of(a) <= Way.of(b) else (Way.of(b), Way.of(a))
            pair = beyond_chance(set(a["picks"]), set(b["picks"]), len(set(a["candidates"])))
            if pair is not None:
                found.setdefault(key, {}).setdefault(data, []).append(pair)
    return [_overlap(*key, by_data, seed) for key, by_data in sorted(found.items())]


def beyond_chance(one: set[str], other: set[str], size: int) -> tuple[float, float] | None:
    """Agreement beyond chance, and the share of the smaller set that both hold.

    Args:
        one, other: What each picked.
        size: Of how many candidates.

    Returns:
        None where nothing is left to choose, because one of them took all candidates or none.
    """
    both, least = len(one & other), min(len(one), len(other))
    chance = len(one) * len(other) / size
    if least <= chance:
        return None
    return (both - chance) / (least - chance), both / least


def _same_candidates(choices: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """First rounds of the same candidates and size; of a way's learners and repeats each once."""
    groups: dict[tuple[Any, ...], dict[tuple[Way, int], Row]] = {}
    for row in choices:
        if row["round"] == 1:
            seen = frozenset(row["candidates"])
            key = row["data"], row["draw"], len(row["picks"]), seen
            groups.setdefault(key, {}).setdefault((Way.of(row), row["repeat"]), row)
    for (data, *_), rows in groups.items():
        yield data, [*rows.values()]


def _overlap(
    one: Way, other: Way, by_data: Mapping[str, Sequence[tuple[float, float]]], seed: int
) -> Overlap:
    means = np.array([np.mean(pairs, axis=0) for pairs in by_data.values()])
    only = next(iter(by_data.values()))
    sample = means[:, 0] if len(means) > 1 else np.array([pair[0] for pair in only])
    low = high = None
    if len(sample) > 1:
        low, high = studentised_interval(sample, generator(seed, "overlap", str(one), str(other)))
    return Overlap(
        one=one,
        other=other,
        agreement=float(means[:, 0].mean()),
        low=low,
        high=high,
        shared=float(means[:, 1].mean()),
        draws=sum(len(pairs) for pairs in by_data.values()),
        data_sets=len(by_data),
    )
