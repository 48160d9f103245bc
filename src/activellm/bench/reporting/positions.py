"""Where in the shown list the picks stood, by way of choosing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from activellm.bench.summary import Way

Row: TypeAlias = Mapping[str, Any]

PARTS = 20
"""Equal parts of the list that picks are counted in."""

RARE = 0.05
"""A list picked evenly looks so uneven with this probability."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where one way's picks stood.

    Attributes:
        way: Which.
        selections: How many lists were shown and picked from.
        picks: How many picks there are in all.
        quarters: How many stood in each quarter of their list.
        parts: How many stood in each twentieth; empty where places are not known that exactly.
        uneven: Share of selections whose picks are spread less evenly than 1 in 20 by chance; None
            where that was not tested.
    """

    way: Way
    selections: int
    picks: int
    quarters: tuple[int, int, int, int]
    parts: tuple[int, ...]
    uneven: float | None


def places(choices: Iterable[Row]) -> list[Places]:
    """Where the picks of every way that was shown a list stood, the most uneven way first.

    Args:
        choices: Rounds of selections, as in `Results`.
    """
    groups: dict[Way, list[Row]] = {}
    for row in choices:
        if row.get("places") or row.get("quarters"):
            way = Way.of(row)
            groups.setdefault(way, []).append(row)
    found = [_places(way, rows) for way, rows in groups.items()]
    return sorted(found, key=lambda one: -max(one.quarters) / max(1, one.picks))


def _places(way: Way, rows: Sequence[Row]) -> Places:
    exact = all(row.get("places") for row in rows)
    shares = [share for row in rows for share in _shares(row)] if exact else []
    parts = tuple(np.histogram(shares, PARTS, (0, 1))[0].tolist()) if exact else ()
    quarters = np.sum([_quarters(row) for row in rows], axis=0).tolist()
    tested = [row["position_p"] for row in rows if row.get("position_p") is not None]
    return Places(
        way=way,
        selections=len(rows),
        picks=sum(quarters),
        quarters=(quarters[0], quarters[1], quarters[2], quarters[3]),
        parts=parts,
        uneven=float(np.mean([p < RARE for p in tested])) if tested else None,
    )


def _shares(row: Row) -> list[float]:
    """How far down its list each pick stood, 0 to 1; picks that no list showed are left out."""
    known = [place for place in row["places"] if place is not None]
    shown = max([len(row["candidates"]), *(place + 1 for place in known)])
    return [(place + 0.5) / shown for place in known]


def _quarters(row: Row) -> list[int]:
    if row.get("quarters"):
        return [int(number) for number in row["quarters"]]
    counts: list[int] = np.histogram(_shares(row), 4, (0, 1))[0].tolist()
    return counts
