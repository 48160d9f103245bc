"""Intervals: against scipy and statistics by simulation, and for tiny or constant data."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from activellm.evaluation import wilson
from activellm.evaluation.intervals import macro_f1_interval
from activellm.evaluation.metrics import indicators
from activellm.task import Label, Task

TASK = Task(description="d", labels=tuple(Label(name=n) for n in "abc"))


def interval(truth, *repeats, seed=0, resamples=2000):
    rng = np.random.default_rng(seed)
    sides = [indicators(TASK, np.asarray(one)) for one in (truth, *repeats)]
    return macro_f1_interval(sides[0], sides[1:], rng, resamples=resamples)


@pytest.mark.parametrize(("right", "texts"), [(0, 5), (5, 5), (1, 1), (7, 10), (83, 100), (2, 400)])
def test_wilson_is_that_of_scipy(right, texts):
    expected = stats.binomtest(right, texts).proportion_ci(method="wilson")
    found = wilson(right / texts, texts)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_the_bootstrap_agrees_with_scipys_slow_bca():
    rng = np.random.default_rng(1)
    truth = rng.choice(3, 90, p=[0.5, 0.3, 0.2])
    predicted = np.where(rng.random(90) < 0.75, truth, rng.integers(0, 3, 90))

    def statistic(rows):
        cells = np.bincount(truth[rows] * 3 + predicted[rows], minlength=9).reshape(3, 3)
        return np.mean(2 * np.diag(cells) / (cells.sum(axis=0) + cells.sum(axis=1)))

    expected = stats.bootstrap(
        (np.arange(90),), statistic, n_resamples=1500, vectorized=False, method="BCa", rng=rng
    ).confidence_interval
    found = interval(truth, predicted, resamples=8000)
    assert found.method == "bootstrap"
    assert found.low == pytest.approx(expected.low, abs=0.015)
    assert found.high == pytest.approx(expected.high, abs=0.015)


def test_intervals_hold_the_true_value_about_as_often_as_they_say():
    rng = np.random.default_rng(4)
    prior = np.array([0.5, 0.3, 0.2])
    joint = prior[:, None] * (0.8 * np.eye(3) + 0.1 * (1 - np.eye(3)))
    true = np.mean(2 * np.diag(joint) / (joint.sum(axis=0) + joint.sum(axis=1)))
    held = 0
    for _ in range(300):
        cells = rng.choice(9, size=40, p=joint.ravel())
        found = interval(cells // 3, cells % 3, seed=int(rng.integers(1e9)), resamples=400)
        held += found.low <= true <= found.high
    assert 0.90 <= held / 300 <= 0.99


@pytest.mark.parametrize(
    ("truth", "predicted"),
    [
        ([0], [0]),
        ([0], [1]),
        ([0, 1, 2, 0, 1], [0, 1, 2, 0, 1]),
        ([0] * 5, [0] * 5),
        ([0] * 5, [1] * 5),
    ],
)
def test_constant_data_get_an_honest_interval(truth, predicted):
    found = interval(truth, predicted)
    expected = wilson(float(truth == predicted), len(truth))
    assert (found.low, found.high) == (expected.low, expected.high)
    assert found.high - found.low > 0.4


def test_five_texts():
    found = interval([0, 1, 2, 0, 1], [0, 1, 2, 0, 0])
    assert 0 <= found.low < found.value < found.high <= 1


def test_repeats_do_not_pretend_to_be_more_texts():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 3, 40)
    predicted = np.where(rng.random(40) < 0.7, truth, rng.integers(0, 3, 40))
    once, often = interval(truth, predicted), interval(truth, *[predicted] * 5)
    assert once.value == pytest.approx(often.value)
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.1)


def test_the_same_seed_gives_the_same_interval():
    truth, predicted = [0, 1, 2, 1, 0, 2], [0, 1, 1, 1, 0, 0]
    assert interval(truth, predicted, seed=3) == interval(truth, predicted, seed=3)
