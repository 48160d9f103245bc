"""Prediction-powered accuracy: by hand, beside ppi-python, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from activellm.errors import UsageError
from activellm.evaluation import powered_accuracy, wilson
from activellm.evaluation.powered import (
    in_words,
    opinion_of,
    right_answers,
    variance_parts,
    weight_of,
)
from activellm.wilson import wilson as wilson_interval

Y = np.array([1, 1, 0, 1, 0, 1, 1, 0, 1, 1.0])
F = np.array([0.9, 0.7, 0.4, 0.8, 0.3, 0.6, 0.95, 0.55, 0.5, 0.85])
G = np.array([0.2, 0.65, 0.9, 0.75, 0.35, 0.8, 0.6, 0.7, 0.45, 0.15, 0.85, 0.5])


def test_it_is_what_a_hand_calculation_gives():
    """y on f: slope 0.1 / 0.05; weight 2 * 12/16; 0.5 + 1.5 * (0.6 - 0.5). The residuals' variance
    is 0.0625, over 4 - 2; that of the weak opinions 0.12/11 * 1.5^2 / 12. Two of the rarer outcome:
    t with 4 degrees of freedom is 2.776445 against the normal 1.959964."""
    found = powered_accuracy([1, 1, 0, 0], [0.8, 0.6, 0.4, 0.2], [0.5] * 6 + [0.7] * 6)
    assert found.weight == pytest.approx(1.5)
    assert found.accuracy.value == pytest.approx(0.65)
    variance = 0.03125 * (2.776445 / 1.959964) ** 2 + 0.0020454545
    worth = 4 * (1 / 12) / variance
    assert found.worth == pytest.approx(worth, rel=1e-5)
    ends = wilson_interval(0.65, worth)
    assert (found.accuracy.low, found.accuracy.high) == pytest.approx(ends, rel=1e-5)
    assert found.alone == wilson(0.5, 4)
    assert (found.texts, found.weak, found.accuracy.method) == (4, 12, "powered")


def test_it_is_ppi_python_where_both_mean_the_same():
    """Recorded from ppi-python 0.2.3 on these arrays: the weight of `_calc_lam_glm`, and for the
    weight 0.5 `ppi_mean_pointestimate` and `ppi_mean_ci` at alpha 0.05. It divides the covariance
    by the opinions' variance in both samples, we by that in people's; and it divides squares by n,
    we by n - 2 and m - 1."""
    weight = weight_of(Y, F, G)
    both = np.concatenate([F, G]).var(ddof=1)
    assert weight * F.var() / both == pytest.approx(0.7123850943955717, rel=1e-12)
    estimate = Y.mean() + 0.5 * (G.mean() - F.mean())
    assert estimate == pytest.approx(0.66, rel=1e-12)
    people, judge = variance_parts(Y, F, G, 0.5)
    error = (0.9088408766538156 - 0.4111591233461842) / 2 / 1.959963984540054
    assert people * 8 / 10 + judge * 11 / 12 == pytest.approx(error**2, rel=1e-9)


def test_only_how_opinions_differ_counts():
    rng = np.random.default_rng(4)
    right = np.repeat([1, 0], [20, 10])
    opinion, weak = 0.6 * right + 0.4 * rng.random(30), rng.random(200)
    found = powered_accuracy(right, opinion, weak).accuracy
    assert found.method == "powered"
    for scale, shift in ((0.5, 0.0), (0.5, 0.5), (0.1, 0.2)):
        other = powered_accuracy(right, scale * opinion + shift, scale * weak + shift).accuracy
        assert (other.value, other.low, other.high) == pytest.approx(
            (found.value, found.low, found.high)
        )


@pytest.mark.parametrize(
    ("right", "opinion"),
    [
        (Y, 1 - F),  # wrong whenever it is sure
        (Y, np.full(10, 0.7)),
        (np.ones(10), F),
        (np.zeros(10), F),
        (Y, np.array([0.5, 0.6, 0.5, 0.4, 0.6, 0.5, 0.6, 0.5, 0.4, 0.5])),  # knows nothing
        ([1, 0], [0.9, 0.1]),
        ([1], [0.9]),
    ],
)
def test_a_judge_that_does_not_help_leaves_peoples_labels_as_they_are(right, opinion):
    found = powered_accuracy(right, opinion, G)
    assert found.accuracy == found.alone == wilson(np.mean(right), len(right))
    assert (found.weight, found.worth, found.narrower) == (0, len(right), 0)
    assert "too little" in in_words(found)


def test_one_weak_label_is_no_help():
    assert powered_accuracy(Y, F, [0.5]).accuracy == wilson(0.7, 10)


def test_the_words_say_what_it_is_worth():
    right = np.repeat([1.0, 0.0], [24, 6])
    opinion = np.where(right, 0.9, 0.1) + np.tile([-0.05, 0.05], 15)
    found = powered_accuracy(right, opinion, np.tile([0.9, 0.9, 0.1], 100))
    low, high = 100 * found.accuracy.low, 100 * found.accuracy.high
    assert in_words(found) == (
        "With the query model's opinion of 300 more random texts the accuracy is estimated at "
        f"{100 * found.accuracy.value:.0f} % ({low:.0f} to {high:.0f} %), an interval "
        f"{100 * found.narrower:.0f} % narrower than the 30 hold-out texts alone give, as if "
        f"people had labelled {found.worth:.0f}."
    )
    assert found.worth > 60


@pytest.mark.parametrize(
    ("right", "opinion", "weak"),
    [
        ([], [], G),
        (Y, F, []),
        (Y, F[:9], G),
        (Y * 0.5, F, G),
        (Y, F * 2, G),
        (Y, F, [np.nan]),
        (Y[:, None], F[:, None], G),
    ],
)
def test_what_is_no_sample_is_refused(right, opinion, weak):
    with pytest.raises(UsageError):
        powered_accuracy(right, opinion, weak)


def test_right_and_opinions_of_single_and_multi_label_answers():
    shares = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    assert opinion_of(np.array([0, 1]), shares).tolist() == [0.7, 0.3]
    assert right_answers(np.array([0, 1]), np.array([0, 2])).tolist() == [1, 0]
    sets = np.array([[1, 1, 0], [0, 0, 0]])
    assert opinion_of(sets, shares).tolist() == pytest.approx([0.45, 0])
    assert right_answers(sets, np.array([[1, 1, 0], [0, 0, 1]])).tolist() == [1, 0]


def simulated(accuracy, people, sure, doubt, repetitions=1500, weak=200, seed=0):
    """Coverage, width beside Wilson's, and bias in points; the judge's mean log-odds of the true
    one of two labels are `sure` where the classifier is right, and `doubt` where it is wrong."""
    rng = np.random.default_rng(seed)

    def draw(texts):
        right = rng.random(texts) < accuracy
        told = 1 / (1 + np.exp(-rng.normal(np.where(right, sure, doubt), 1.5)))
        return right.astype(float), np.where(right, told, 1 - told)

    held, widths, off = [], [], []
    for _ in range(repetitions):
        found = powered_accuracy(*draw(people), draw(weak)[1])
        one = found.accuracy
        held.append(one.low <= accuracy <= one.high)
        widths.append((one.high - one.low, found.alone.high - found.alone.low))
        off.append(one.value - accuracy)
    width, alone = np.mean(widths, axis=0)
    return np.mean(held), width / alone, 100 * np.mean(off)


@pytest.mark.parametrize(
    ("accuracy", "people", "sure", "doubt", "widest"),
    [
        (0.6, 30, 0, 0, 1.0),  # a judge that knows nothing
        (0.6, 20, 3, 3, 0.55),
        (0.8, 30, 1, 1, 0.98),
        (0.8, 30, 6, 6, 0.50),
        (0.8, 50, 3, -3, 1.0),  # one that makes the classifier's mistakes
        (0.95, 30, 3, 3, 0.85),
        (0.95, 100, 6, 6, 0.75),
    ],
)
def test_intervals_hold_as_often_as_they_say(accuracy, people, sure, doubt, widest):
    """Of 1,500 intervals that hold in 95 % of cases, 93.3 to 96.7 % do, with three standard errors;
    Wilson's own for few texts are between 92 and 97 %. A normal interval for 95 % accuracy and 30
    texts would hold in three of four."""
    covered, width, _ = simulated(accuracy, people, sure, doubt)
    assert 0.925 <= covered <= 0.985
    assert width <= widest


def test_a_judge_that_shares_mistakes_does_not_pull_the_estimate():
    """Three standard errors of the mean are 0.6 points. The judge's own opinion of the classifier
    is 20 points too high."""
    for sure, doubt in ((2, -1), (6, 6)):
        assert abs(simulated(0.7, 30, sure, doubt)[2]) < 0.6
