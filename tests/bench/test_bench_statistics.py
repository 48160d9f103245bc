"""Statistics of repeated runs, against scipy, hand-made cases and simulation under the null."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from activellm.bench.statistics import (
    area_under_curve,
    holm,
    labels_saved,
    paired_difference,
    rank_methods,
    sign_flip_p,
    studentised_interval,
)
from activellm.errors import UsageError


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# ---- intervals and tests ----------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 8, 12])
def test_flipping_signs_agrees_with_scipy(n: int) -> None:
    values = rng(n).normal(0.5, 1, n)
    expected = stats.permutation_test(
        (values,), np.sum, permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip_p(values, rng()) == pytest.approx(float(expected.pvalue))


def test_many_values_are_flipped_at_random() -> None:
    values = rng(1).normal(0.4, 1, 30)
    assert sign_flip_p(values, rng()) == pytest.approx(
        stats.ttest_1samp(values, 0).pvalue, abs=0.01
    )


def test_five_of_one_sign_cannot_be_significant() -> None:
    assert sign_flip_p(np.arange(1.0, 6.0), rng()) == pytest.approx(2 / 32)


def test_the_mean_of_few_values_has_students_interval() -> None:
    values = np.array([1.0, 4.0, 2.5, 3.0])
    expected = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
    assert studentised_interval(values, rng()) == pytest.approx(expected)


def test_the_interval_agrees_with_scipys_studentised_one_roughly() -> None:
    """scipy has no studentised bootstrap; on normal values Student's interval is the truth."""
    values = rng(3).normal(2, 1, 40)
    expected = stats.t.interval(0.95, 39, values.mean(), stats.sem(values))
    assert studentised_interval(values, rng()) == pytest.approx(expected, abs=0.06)


def test_equal_values_have_no_width_and_no_effect() -> None:
    same = paired_difference({"a": np.array([1.0, 2.0])}, {"a": np.array([0.5, 1.5])}, rng())
    assert (same.low, same.high, same.effect) == (0.5, 0.5, None)


@pytest.mark.parametrize("skewed", [False, True])
def test_under_the_null_one_in_twenty_is_significant(skewed: bool) -> None:
    """15 data sets, differences of mean 0: p and interval err as often as they say."""
    draw = rng(5)
    runs, wrong, out = 400, 0, 0
    for _ in range(runs):
        values = draw.exponential(1, 15) - 1 if skewed else draw.normal(0, 1, 15)
        wrong += sign_flip_p(values[:12], draw) <= 0.05
        low, high = studentised_interval(values, draw)
        out += not low <= 0 <= high
    # Within 3.5 standard errors of 5 %; flipping signs presumes symmetry, so skew costs it some.
    most = 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / runs) + (0.03 if skewed else 0)
    assert wrong / runs <= most
    assert 0.015 <= out / runs <= most


def test_the_interval_is_there_when_the_difference_is_real() -> None:
    draw = rng(6)
    found = [studentised_interval(draw.normal(1, 1, 15), draw) for _ in range(200)]
    assert np.mean([low > 0 for low, _ in found]) > 0.85


@pytest.mark.parametrize("values", [[], [1.0], [1.0, float("nan")]])
def test_too_few_numbers_are_refused(values: list[float]) -> None:
    with pytest.raises(UsageError, match="At least 2 finite numbers"):
        studentised_interval(np.array(values), rng())


def test_holm_by_hand() -> None:
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert list(adjusted) == ["a", "b", "c", "d"]
    assert holm({"x": 0.7, "y": 0.9}) == {"x": 1.0, "y": 1.0}
    assert holm({}) == {}


# ---- pairs ------------------------------------------------------------------------------------


def test_data_sets_are_the_sample_where_there_are_several() -> None:
    ours = {"a": np.array([2.0, 4.0]), "b": np.array([1.0]), "c": np.array([5.0]), "z": np.ones(9)}
    other = {"a": np.array([1.0, 1.0]), "b": np.array([1.0]), "c": np.array([4.0])}
    found = paired_difference(ours, other, rng())
    assert found.by_data_set == {"a": 2.0, "b": 0.0, "c": 1.0}
    assert (found.mean, found.better, found.data_sets, found.over) == (1.0, 2.5, 3, "data sets")
    assert found.single_draw
    assert found.p == pytest.approx(0.5)  # 4 of 8 patterns of signs of (2, 0, 1) reach 3
    assert found.effect == pytest.approx(1.0)
    assert found.verdict == "a difference that the spread can hide"


def test_of_one_data_set_the_draws_are_the_sample() -> None:
    draws = np.array([0.3, 0.5, 0.4, 0.6, 0.2])
    found = paired_difference({"a": draws + 0.1 * np.arange(5) + 1}, {"a": draws}, rng())
    assert found.over == "draws"
    assert not found.single_draw
    assert found.verdict == "better"


def test_one_draw_of_one_data_set_is_no_evidence() -> None:
    found = paired_difference({"sst2": np.array([73.1])}, {"sst2": np.array([56.0])}, rng())
    assert (found.low, found.p, found.effect, found.over) == (None, None, None, "nothing")
    assert found.verdict == "one draw: no evidence either way"


def test_what_is_no_pair_is_refused() -> None:
    with pytest.raises(UsageError, match="no data set in common"):
        paired_difference({"a": np.ones(2)}, {"b": np.ones(2)}, rng())
    with pytest.raises(UsageError, match="'a' there are 2 draws and 3"):
        paired_difference({"a": np.ones(2)}, {"a": np.ones(3)}, rng())


def test_the_same_generator_gives_the_same_numbers() -> None:
    ours = {str(n): rng(n).normal(size=3) for n in range(9)}
    other = {str(n): np.zeros(3) for n in range(9)}
    assert paired_difference(ours, other, rng(1)) == paired_difference(ours, other, rng(1))


# ---- curves -----------------------------------------------------------------------------------


def test_the_area_is_the_mean_height() -> None:
    assert area_under_curve([25, 50, 100], np.full((2, 3), 7.0)).tolist() == [7.0, 7.0]
    assert float(area_under_curve([0, 10, 30], np.array([0.0, 1.0, 1.0]))) == pytest.approx(25 / 30)


def test_labels_saved_are_read_off_the_random_curve() -> None:
    labels = [25, 50, 100]
    random = np.array([[50.0, 60.0, 70.0]] * 4)
    saved = labels_saved(labels, random + 5, random, 50, rng())
    assert (saved.random, saved.saved) == (75.0, 25.0)  # 65 lies half-way from 60 to 70
    assert (saved.low, saved.high, saved.unreached) == (25.0, 25.0, 0.0)
    assert labels_saved(labels, random, random, 50, rng()).saved == 0


def test_what_random_labels_never_reach_is_said() -> None:
    random = np.array([[50.0, 60.0, 70.0]] * 4)
    saved = labels_saved([25, 50, 100], random + 50, random, 25, rng())
    assert (saved.random, saved.saved, saved.high, saved.unreached) == (None, None, None, 1.0)


def test_the_interval_of_labels_saved_follows_the_draws() -> None:
    labels = [20, 40, 60, 80]
    draw = rng(2)
    truth = np.array([50.0, 60.0, 66.0, 70.0])
    random = truth + draw.normal(0, 2, (20, 4))
    method = truth + 3 + draw.normal(0, 2, (20, 4))
    saved = labels_saved(labels, method, random, 40, rng())
    assert saved.low is not None
    assert saved.high is not None
    assert 0 < saved.low < saved.saved < saved.high < 40


def test_a_falling_random_curve_is_made_monotone() -> None:
    random = np.array([[50.0, 70.0, 60.0]])
    saved = labels_saved([10, 20, 30], np.array([[65.0, 65.0, 65.0]]), random, 10, rng())
    assert (saved.random, saved.low, saved.draws) == (20.0, None, 1)


def test_curves_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="rising"):
        area_under_curve([10, 10], np.ones(2))
    with pytest.raises(UsageError, match="same draws"):
        labels_saved([1, 2], np.ones((2, 2)), np.ones((3, 2)), 1, rng())
    with pytest.raises(UsageError, match="among them"):
        labels_saved([1, 2], np.ones((2, 2)), np.ones((2, 2)), 5, rng())


# ---- ranks ------------------------------------------------------------------------------------


def scores(table: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    return {
        method: {f"d{n}": value for n, value in enumerate(values)}
        for method, values in table.items()
    }


def test_ranks_and_their_critical_difference() -> None:
    """Four methods on 14 data sets: Nemenyi's difference is 1.25 (Demsar 2006, section 3.2.3)."""
    table = {name: rng(place).normal(place, 0.1, 14).tolist() for place, name in enumerate("abcd")}
    found = rank_methods(scores(table))
    assert list(found.ranks.items()) == [("d", 1.0), ("c", 2.0), ("b", 3.0), ("a", 4.0)]
    assert found.critical == pytest.approx(2.569 * np.sqrt(4 * 5 / (6 * 14)), abs=0.002)
    assert found.p == pytest.approx(stats.friedmanchisquare(*table.values()).pvalue)
    assert found.groups == (("d", "c"), ("c", "b"), ("b", "a"))


def test_methods_alike_are_one_group() -> None:
    found = rank_methods(scores({name: [1.0, 2.0, 3.0] for name in "abc"}))
    assert set(found.ranks.values()) == {2.0}
    assert (found.p, found.groups) == (1.0, (("a", "b", "c"),))


def test_only_shared_data_sets_count() -> None:
    table = scores({"a": [3.0, 3.0], "b": [2.0, 2.0], "c": [1.0, 1.0]})
    table["a"]["extra"] = 9.0
    assert rank_methods(table).data_sets == 2
    with pytest.raises(UsageError, match="not 3 and 0"):
        rank_methods({"a": {"x": 1.0}, "b": {"y": 1.0}, "c": {"x": 1.0}})
    with pytest.raises(UsageError, match="not 2"):
        rank_methods(scores({"a": [1.0, 2.0], "b": [1.0, 2.0]}))
