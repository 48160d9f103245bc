"""Signs that a list of picks is not a choice: where in the prompt the picks stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import groupby, pairwise
from math import comb
from operator import itemgetter

FEWEST = 5
"""Fewer picks than this show no pattern."""

RESTATED = 0.5
"""From this share of labelled ones on, picks are called a repetition."""

DENSE = 0.75
"""From this share of a stretch of the list on, picks are called counting up."""

REGULAR = 0.8
"""From this share of equal steps on, picks are called a grid."""

ALTERNATING = 0.9
"""From this share of two neighbouring steps (2 or 3) on, picks are called a grid, too."""

RARE = 0.001
"""Patterns that picks drawn at random show more often than this say nothing."""


def no_selection(places: Sequence[int], shown: int, *, taken_places: Collection[int] = ()) -> str:
    """Say why picks at these places of the prompt are no choice; empty if they may be one.

    No choice are the labelled ones restated, the first n, counting up through a stretch of the
    list, and a regular grid, at least for half of the picks, in the order of the list or of the
    answer. Labelled candidates are passed over: the first n of the others is a pattern, too. Where
    more than half of the list is picked, or so few are shown that chance makes patterns, nothing
    is said.

    Args:
        places: Distinct places in the order of the answer, 1 is the first of the prompt. For the
            labelled ones to be noticed, with those that the answer names again.
        shown: How many candidates the prompt showed, labelled ones included.
        taken_places: The places of those that are labelled already.
    """
    taken = set(taken_places)
    again = sum(place in taken for place in places)
    restated = len(places) >= FEWEST and again >= RESTATED * len(places)
    if restated and _restated_chance(again, len(places), len(taken), shown) < RARE:
        return f"{again} of its {len(places)} picks are labelled already"
    rank = {place: number for number, place in enumerate(_free(shown, taken), start=1)}
    return _pattern([rank[place] for place in places if place in rank], len(rank))


def _free(shown: int, taken: Collection[int]) -> list[int]:
    return [place for place in range(1, shown + 1) if place not in taken]


def _pattern(places: Sequence[int], shown: int) -> str:
    picked = len(places)
    if picked < FEWEST or picked * 2 > shown:
        return ""
    ordered = sorted(places)
    span = ordered[-1] - ordered[0] + 1
    if picked >= DENSE * span and _block_chance(picked, span, shown) < RARE:
        if ordered == list(range(1, picked + 1)):
            return f"exactly the first {picked} of the list"
        return f"counting up through the list, {picked} of places {ordered[0]} to {ordered[-1]}"
    found = _grid(ordered, picked / shown)
    # Sorted answers are usual: there, only steps that are all equal say more than was just seen.
    in_order = list(places) in (ordered, ordered[::-1])
    equal = len({after - before for before, after in pairwise(places)}) == 1
    return found or ("" if in_order and not equal else _grid(places, 2 / shown))


def _grid(places: Sequence[int], density: float) -> str:
    """The regular steps of these places, from each to the next; empty if there are none.

    Args:
        places: In any order.
        density: The most that the share of any one step can be in random places.
    """
    steps = Counter(after - before for before, after in pairwise(places))
    whole = len(places) - 1
    step, count = steps.most_common(1)[0]
    if count >= REGULAR * whole and _steps_chance(count, whole, density) < RARE:
        return (
            "counting up through the list"
            if step == 1
            else f"a grid with steps of {step} through the list"
        )
    low, count = max(
        ((step, steps[step] + steps[step + 1]) for step in list(steps)), key=lambda pair: pair[1]
    )
    if low > 1 and count >= ALTERNATING * whole and _steps_chance(count, whole, 2 * density) < RARE:
        return f"a grid with steps of {low} or {low + 1} through the list"
    return _partly_grid(places, density)


def _partly_grid(places: Sequence[int], density: float) -> str:
    """The equal steps in a row that make up half of the picks; empty if there are none."""
    steps = [after - before for before, after in pairwise(places)]
    step, run = max(((step, len(list(same))) for step, same in groupby(steps)), key=itemgetter(1))
    if (run + 1) * 2 >= len(places) and _run_chance(run, len(steps), density) < RARE:
        share = f"{run + 1} of its {len(places)} picks in a row"
        return f"{share} count up" if step == 1 else f"{share} are a grid with steps of {step}"
    return ""


def _restated_chance(again: int, picked: int, taken: int, shown: int) -> float:
    """How probable it is that random picks name so many of the labelled ones, or more."""
    from scipy.stats import hypergeom

    return float(hypergeom.sf(again - 1, shown, taken, picked))


def _block_chance(picked: int, span: int, shown: int) -> float:
    """At most how probable it is that random picks lie within a stretch of this length."""
    return (shown - span + 1) * comb(span, picked) / comb(shown, picked)


def _steps_chance(count: int, whole: int, density: float) -> float:
    """At most how probable it is that so many random steps are equal.

    The step s has probability density * (1 - density) ** (s - 1); the sum over all s is bounded by
    a geometric series.
    """
    ratio = (1 - min(density, 0.99)) ** count
    return comb(whole, count) * density**count / (1 - ratio)


def _run_chance(run: int, whole: int, density: float) -> float:
    """At most how probable it is that so many random steps in a row are equal."""
    return _steps_chance(run, run, density) * (whole - run + 1)


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
