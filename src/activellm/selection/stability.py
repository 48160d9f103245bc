"""How far ballots agree with each other, and with the mere order of what was shown."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations

import numpy as np

from activellm.selection.contract import Agreement, Ballot

FEWEST_PLACES = 5
"""Fewer named places than this are not tested."""


def agreement(ballots: Sequence[Ballot]) -> Agreement | None:
    """Compare all pairs of ballots that were cast on the same candidates.

    Args:
        ballots: Each shows the same examples, in any order.

    Returns:
        None with fewer than two ballots that name anything.
    """
    cast = [ballot for ballot in ballots if ballot.named]
    if len(cast) < 2:
        return None
    pairs = list(combinations(cast, 2))
    return Agreement(
        ballots=len(cast),
        jaccard=float(np.mean([_jaccard(one.named, other.named) for one, other in pairs])),
        expected_jaccard=float(np.mean([_by_chance(one, other) for one, other in pairs])),
        rank_correlation=_mean(
            [_spearman(one.named, other.named, set(one.shown)) for one, other in pairs]
        ),
        places_correlation=_mean(
            [
                _spearman(one.places, other.places, set(range(1, len(one.shown) + 1)))
                for one, other in pairs
                if len(one.shown) == len(other.shown)
            ]
        ),
    )


def quarters(ballots: Sequence[Ballot]) -> tuple[int, ...]:
    """How many of all named examples stood in each quarter of their prompt; empty if none did."""
    counts = [0, 0, 0, 0]
    for ballot in ballots:
        for place in ballot.places:
            counts[(place - 1) * 4 // len(ballot.shown)] += 1
    return tuple(counts) if any(counts) else ()


def evenness(ballots: Sequence[Ballot]) -> float | None:
    """The p-value of what was named being spread evenly over the prompts.

    Two-sided Kolmogorov-Smirnov test of all places, each as a share of its prompt. Picks without
    repetition are a little more even than the test supposes, so it errs on the careful side.

    Returns:
        None for fewer than 5 places, or where everything that was shown was named.
    """
    middles = [(place - 0.5) / len(ballot.shown) for ballot in ballots for place in ballot.places]
    if len(middles) < FEWEST_PLACES or all(
        len(ballot.named) == len(ballot.shown) for ballot in ballots
    ):
        return None
    from scipy.stats import kstest

    return float(kstest(middles, "uniform").pvalue)


def _jaccard(one: Sequence[str], other: Sequence[str]) -> float:
    return len(set(one) & set(other)) / len(set(one) | set(other))


def _by_chance(one: Ballot, other: Ballot) -> float:
    """The Jaccard index of two draws of these sizes, with the expected overlap put in."""
    a, b = len(one.named), len(other.named)
    both = a * b / len(one.shown)
    return both / (a + b - both)


def _spearman(
    one: Sequence[Hashable], other: Sequence[Hashable], of: set[Hashable] | set[str] | set[int]
) -> float | None:
    """The rank correlation of two orders over everything shown; what is not named comes last."""
    from scipy.stats import rankdata

    things = sorted(of, key=repr)
    ranks = [
        rankdata([order.index(thing) if thing in order else len(of) for thing in things])
        for order in (one, other)
    ]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return None
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
