"""Which ways rank where, in each setting, and which of them cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from activellm.bench.reporting.learning import Table
from activellm.bench.statistics import Ranking, rank_methods
from activellm.bench.summary import Setting, Values

FEWEST_WAYS, FEWEST_DATA_SETS = 3, 5
"""With fewer, Friedman's test says next to nothing."""


@dataclass(frozen=True, slots=True)
class SettingRanking:
    """The ranking of one setting.

    Attributes:
        setting: Which.
        ranking: Of the ways by name, random picking among them.
        left_out: Ways that were not run on all these data sets.
    """

    setting: Setting
    ranking: Ranking
    left_out: tuple[str, ...]


def rankings(table: Table) -> list[SettingRanking]:
    """Rankings of all settings that have enough ways and data sets in common.

    A way that was run on few data sets would take them from all others; so the ways are taken that
    were run on the most data sets.
    """
    found = []
    for setting, ways in sorted(table.items()):
        most = max(len(values) for values in ways.values())
        full = {str(way): values for way, values in ways.items() if len(values) == most}
        if len(full) < FEWEST_WAYS or most < FEWEST_DATA_SETS:
            continue
        scores = _means(full)
        shared = set.intersection(*(set(own) for own in scores.values()))
        if len(shared) >= FEWEST_DATA_SETS:
            left_out = tuple(str(way) for way in ways if str(way) not in full)
            found.append(SettingRanking(setting, rank_methods(scores), left_out))
    return found


def _means(ways: Mapping[str, Values]) -> dict[str, dict[str, float]]:
    """Way -> data set -> mean over the draws that all ways have there."""
    found: dict[str, dict[str, float]] = {way: {} for way in ways}
    for name in next(iter(ways.values())):
        if not all(name in values for values in ways.values()):
            continue
        columns = {way: dict(values[name].tolist()) for way, values in ways.items()}
        draws = set.intersection(*(set(column) for column in columns.values()))
        if draws:
            for way, column in columns.items():
                found[way][name] = float(np.mean([column[draw] for draw in sorted(draws)]))
    return found
