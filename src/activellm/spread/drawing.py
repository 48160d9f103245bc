"""So many of each cluster, at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from activellm.pool.pool import Positions

Counts = npt.NDArray[np.int64]
"""Shape (clusters,)."""

_ALMOST = 1e-9


def shares(sizes: Counts, n: int, rng: np.random.Generator, *, power: float) -> Counts:
    """How many texts each cluster gives.

    Args:
        sizes: How many it has.
        n: How many all give together; all that they have if that is less.
        rng: Decides who gives one more where it does not come out even.
        power: A cluster's weight is its size to this power: 0 for equal shares, 1 for proportional
            ones.
    """
    given = np.zeros_like(sizes)
    while left := min(n, int(sizes.sum())) - int(given.sum()):
        room = sizes - given
        weights = np.where(room > 0, np.maximum(sizes, 1) ** power, 0.0)
        wish = left * weights / weights.sum()
        sure = np.floor(wish + _ALMOST).astype(np.int64)
        given += np.minimum(sure, room)
        if (wish <= room + _ALMOST).all():
            parts = np.maximum(wish - sure, 0.0)
            if more := left - int(sure.sum()):
                chance = parts / parts.sum()
                given[rng.choice(len(sizes), size=more, replace=False, p=chance)] += 1
    return given


def draw(
    clusters: Sequence[npt.NDArray[np.integer]],
    taken: Positions,
    n: int,
    rng: np.random.Generator,
    *,
    power: float,
) -> Positions:
    """The positions of up to n texts, in random order; it takes memory for one block.

    Args:
        clusters: The cluster of each text, some texts at a time, in the pool's order.
        taken: Positions, ascending, that are not to be drawn.
        n: How many.
        rng: The only source of randomness.
        power: See `shares`.
    """
    sizes = sum((_count(part) for _, part in _left(clusters, taken)), np.zeros(1 << 16, np.int64))
    wanted = shares(sizes, n, rng, power=power)
    of = np.repeat(np.arange(len(sizes)), wanted)
    ranks = [rng.choice(sizes[c], size=wanted[c], replace=False) for c in np.flatnonzero(wanted)]
    rank = np.concatenate([np.empty(0, np.int64), *ranks])
    found = np.full(len(rank), -1)
    before = np.zeros_like(sizes)
    for rows, part in _left(clusters, taken):
        here = _count(part)
        hits = np.flatnonzero((rank >= before[of]) & (rank < before[of] + here[of]))
        order = np.argsort(part, kind="stable")
        first = np.cumsum(here) - here
        inside = first[of[hits]] + rank[hits] - before[of[hits]]
        found[hits] = rows[order[inside]]
        before += here
    return rng.permutation(found)


def _left(
    clusters: Sequence[npt.NDArray[np.integer]], taken: Positions
) -> Iterator[tuple[Positions, npt.NDArray[np.integer]]]:
    """The positions and clusters of the texts that are not taken, some at a time."""
    start = 0
    for part in clusters:
        stop = start + len(part)
        kept = np.ones(len(part), bool)
        kept[taken[slice(*np.searchsorted(taken, (start, stop)))] - start] = False
        rows = np.flatnonzero(kept)
        yield rows + start, part[rows]
        start = stop


def _count(part: npt.NDArray[np.integer]) -> Counts:
    return np.bincount(part, minlength=1 << 16)
