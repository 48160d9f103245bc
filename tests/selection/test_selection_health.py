"""Signs that a list of picks is no choice."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import kstest

from activellm.selection.health import evenness_p, no_selection


@pytest.mark.parametrize(
    ("places", "shown", "says"),
    [
        (range(1, 33), 200, "exactly the first 32"),
        (reversed(range(1, 33)), 200, "exactly the first 32"),
        (range(40, 72), 200, "counting up"),
        (range(1, 200, 5), 200, "steps of 5"),
        ([1, 4, *range(5, 35)], 200, "counting up"),
        ([*range(1, 100, 5), 4, 8, 12, 20, 24, 30, 38, 42, 50, 54, 60], 101, "20 of its 31 picks"),
        ([3, 90, 17, 120, 44, 71, 8, 199], 200, ""),
        ([1, 2, 3, 4], 200, ""),
        (range(1, 33), 40, ""),
    ],
)
def test_patterns(places, shown, says):
    found = no_selection(list(places), shown)
    assert (says in found) if says else (found == "")


def test_random_picks_are_hardly_ever_called_a_pattern():
    rng = np.random.default_rng(0)
    draws = [(rng.permutation(200)[:32] + 1).tolist() for _ in range(2000)]
    assert not any(no_selection(draw, 200) for draw in draws)


def test_evenness_is_the_kolmogorov_smirnov_test():
    places = [3, 30, 65, 100, 120, 177]
    reference = kstest(places, "uniform", args=(0.5, 200)).pvalue
    assert evenness_p(places, 200) == pytest.approx(reference)


def test_picks_from_the_beginning_are_uneven_and_spread_ones_are_not():
    assert evenness_p(range(1, 60, 3), 200) < 1e-6
    rng = np.random.default_rng(1)
    values = [evenness_p(rng.permutation(200)[:32] + 1, 200) for _ in range(300)]
    assert np.mean(np.array(values) < 0.05) < 0.08


@pytest.mark.parametrize(("places", "shown"), [([1, 2, 3, 4], 100), (range(1, 11), 10)])
def test_nothing_to_test(places, shown):
    assert evenness_p(list(places), shown) is None


@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.parametrize(
    ("shown", "picked", "taken"),
    [(60, 8, 0), (90, 32, 18), (200, 32, 0), (200, 32, 40), (300, 25, 60)],
)
def test_false_alarms_of_random_draws_are_rarer_than_one_in_a_thousand(
    shown, picked, taken, in_order
):
    rng = np.random.default_rng(2)
    alarms = 0
    for _ in range(4000):
        draw = (rng.permutation(shown - taken)[:picked] + 1 + taken).tolist()
        places = sorted(draw) if in_order else draw
        alarms += bool(no_selection(places, shown, taken_places=range(1, taken + 1)))
    assert alarms <= 4


@pytest.mark.parametrize(
    ("shown", "picked", "taken"), [(200, 10, 50), (200, 10, 80), (100, 9, 40), (300, 25, 150)]
)
def test_random_draws_that_hit_labelled_ones_do_not_restate_them(shown, picked, taken):
    rng = np.random.default_rng(4)
    draws = [(rng.permutation(shown)[:picked] + 1).tolist() for _ in range(4000)]
    said = [no_selection(places, shown, taken_places=range(1, taken + 1)) for places in draws]
    assert sum("labelled already" in one for one in said) <= 4
    restated = list(range(1, taken + 1))[::3][:picked]
    assert "labelled already" in no_selection(restated, shown, taken_places=range(1, taken + 1))


@pytest.mark.parametrize(("shown", "picked"), [(30, 5), (16, 8)])
def test_one_in_a_thousand_of_all_sets_is_a_pattern_at_most(shown, picked):
    """Every set of a short list, in its order: no luck of the draw is in this."""
    sets = list(combinations(range(1, shown + 1), picked))
    assert 0 < sum(bool(no_selection(one, shown)) for one in sets) <= len(sets) / 1000
