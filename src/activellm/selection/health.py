"""Signs that a list of picks is not a choice: where in the prompt the picks stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

FEWEST = 5
"""Fewer picks than this show no pattern."""

REGULAR = 0.8
"""From this share of equal steps on, picks are called a grid."""


def no_selection(places: Sequence[int], shown: int) -> str:
    """Say why picks at these places of the prompt are no choice; empty if they may be one.

    Where more than half of the list is picked, neighbours are unavoidable and nothing is said.

    Args:
        places: Distinct places, 1 is the first of the prompt.
        shown: How many candidates the prompt showed.
    """
    picked = len(places)
    if picked < FEWEST or picked * 2 > shown:
        return ""
    ordered = sorted(places)
    if ordered == list(range(1, picked + 1)):
        return f"exactly the first {picked} of the list"
    steps = Counter(after - before for before, after in pairwise(ordered))
    step, count = steps.most_common(1)[0]
    if count < REGULAR * (picked - 1):
        return ""
    return (
        "counting up through the list"
        if step == 1
        else f"a grid with steps of {step} through the list"
    )


def evenness_p(places: Sequence[int], shown: int) -> float | None:
    """The p-value of picks being spread evenly over the prompt (two-sided Kolmogorov-Smirnov).

    Small means: the place in the prompt decided, not the text. Picks without repetition are a
    little more even than the test supposes, so it errs on the careful side. None for fewer than 5
    picks, or where everything was picked.

    Args:
        places: Distinct places, 1 is the first of the prompt.
        shown: How many candidates the prompt showed.
    """
    if len(places) < FEWEST or len(places) == shown:
        return None
    from scipy.stats import kstest

    middles = [(place - 0.5) / shown for place in places]
    return float(kstest(middles, "uniform").pvalue)
