"""Temperatures, calibration error, Brier score: by hand, in simulation, beside scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.metrics import brier_score_loss

from activellm.errors import UsageError
from activellm.evaluation import cross_validate
from activellm.evaluation.calibration import (
    COLDEST,
    HOTTEST,
    fit_temperature,
    left_out_temperatures,
    reliability,
)
from activellm.evaluation.cross_validation import OutOfFold, out_of_fold
from activellm.evaluation.runs import Predicted
from activellm.successors.tempering import tempered
from activellm.task import Label, Task

TASK = Task(description="d", labels=tuple(Label(name=n) for n in "abc"))
TWO = Task(description="d", labels=tuple(Label(name=n) for n in "ab"))
MULTI = TASK.model_copy(update={"kind": "multi"})


def softmax(odds):
    powers = np.exp(odds - odds.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def drawn(n, heat, seed=0, labels=3):
    """True probabilities drawn, answers by them, and what a classifier of that heat says."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.5, (n, labels))
    true = softmax(odds)
    targets = np.array([rng.choice(labels, p=row) for row in true])
    return softmax(odds * heat), targets


@pytest.mark.parametrize("heat", [0.4, 1.0, 3.0])
def test_the_temperature_that_was_there_is_found(heat):
    said, targets = drawn(6000, heat)
    assert fit_temperature(TASK, said, targets) == pytest.approx(heat, rel=0.06)


def test_without_a_prior_it_is_the_maximum_of_the_likelihood():
    said, targets = drawn(60, 2.5)

    def loss(logarithm):
        chances = softmax(np.log(said) / np.exp(logarithm[0]))
        return -np.log(chances[np.arange(60), targets]).sum()

    best = np.exp(minimize(loss, [0.0], method="Nelder-Mead").x[0])
    found = fit_temperature(TASK, said, targets, prior=np.inf)
    assert found == pytest.approx(best, rel=1e-3)
    with_prior = fit_temperature(TASK, said, targets)
    assert 1 < with_prior < found


def test_ten_texts_that_are_all_right_do_not_freeze_it():
    said = np.tile([0.6, 0.3, 0.1], (10, 1))
    targets = np.zeros(10, dtype=int)
    assert fit_temperature(TASK, said, targets, prior=np.inf) == pytest.approx(COLDEST, rel=0.01)
    assert 0.6 < fit_temperature(TASK, said, targets) < 1
    assert 1 < fit_temperature(TASK, said, targets + 2) < 2
    assert fit_temperature(TASK, said, targets + 2, prior=np.inf) == pytest.approx(
        HOTTEST, rel=0.01
    )


def test_a_label_that_was_never_learned_says_nothing_of_the_temperature():
    said, targets = drawn(200, 2.0)
    expected = fit_temperature(TASK, said, targets)
    never = np.tile([0.9, 0.1, 0.0], (50, 1))
    more = np.concatenate([said, never]), np.concatenate([targets, np.full(50, 2)])
    assert fit_temperature(TASK, *more) == pytest.approx(expected, rel=1e-3)
    assert fit_temperature(TASK, never, np.full(50, 2)) == 1.0
    certain = np.tile([1.0, 0.0, 0.0], (5, 1))
    assert fit_temperature(TASK, certain, np.zeros(5, dtype=int)) == 1.0


def test_several_labels_have_one_temperature():
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 1.5, (3000, 3))
    targets = (rng.random(odds.shape) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    said = 1 / (1 + np.exp(-2.0 * odds))
    said[:, 2] = 0.0
    targets[:, 2] = rng.integers(2, size=3000)
    assert fit_temperature(MULTI, said, targets) == pytest.approx(2.0, rel=0.06)
    after = tempered(said, 2.0, multi=True)
    np.testing.assert_allclose(after[:, :2], 1 / (1 + np.exp(-odds[:, :2])), rtol=1e-9)
    assert (after[:, 2] == 0).all()


def test_a_texts_own_answer_has_no_say_in_its_temperature():
    said, targets = drawn(30, 2.0)
    fold_of = np.arange(30) % 5
    predicted = OutOfFold((Predicted(said),), fold_of)
    found = left_out_temperatures(TASK, predicted, targets)
    own = fold_of == 3
    heat = fit_temperature(TASK, said[~own], targets[~own])
    np.testing.assert_allclose(found[own], tempered(said[own], heat, multi=False))
    other = targets.copy()
    other[own] = (other[own] + 1) % 3
    again = left_out_temperatures(TASK, predicted, other)
    np.testing.assert_array_equal(again[own], found[own])
    assert (again[~own] != found[~own]).any()


def test_the_calibration_error_by_hand():
    said = np.array([[0.9, 0.1]] * 10 + [[0.6, 0.4]] * 10)
    targets = np.array([0] * 6 + [1] * 4 + [0] * 8 + [1] * 2)
    found = reliability(TWO, said, targets)
    assert [one.answers for one in found.bins] == [10, 10]
    assert [one.probability for one in found.bins] == pytest.approx([0.6, 0.9])
    assert [one.right.value for one in found.bins] == pytest.approx([0.8, 0.6])
    assert found.ece.value == pytest.approx((0.2 + 0.3) / 2)
    assert found.brier.value == pytest.approx(2 * brier_score_loss(targets, said[:, 1]))
    assert found.ece.low < 0.25 < found.ece.high
    assert found.brier.low < found.brier.value < found.brier.high


def test_the_calibration_error_of_several_labels_by_hand():
    said = np.tile([0.2, 0.7, 0.7], (10, 1))
    targets = np.array([[0, 1, 1]] * 5 + [[1, 1, 1]] * 5)
    found = reliability(MULTI, said, targets)
    assert [one.answers for one in found.bins] == [30]
    assert found.ece.value == pytest.approx(abs(25 / 30 - 16 / 30))
    assert found.brier.value == pytest.approx(np.mean((said - targets) ** 2))


def test_scaling_mends_a_classifier_that_is_too_sure():
    said, targets = drawn(2000, 3.0)
    after = tempered(said, fit_temperature(TASK, said, targets), multi=False)
    before, mended = reliability(TASK, said, targets), reliability(TASK, after, targets)
    assert before.ece.low > 0.1
    assert mended.ece.value < 0.04
    assert mended.brier.high < before.brier.low


def test_intervals_hold_what_many_texts_show():
    """Of a classifier that is too sure; the error's true value is that of the same bins."""
    said, targets = drawn(40_000, 2.5, seed=1)
    true = reliability(TASK, said, targets, resamples=2)
    kept = {"ece": 0, "brier": 0}
    for seed in range(60):
        found = reliability(TASK, *drawn(150, 2.5, seed=100 + seed), seed=seed, resamples=400)
        for name in kept:
            one = getattr(found, name)
            kept[name] += one.low <= getattr(true, name).value <= one.high
    assert kept["brier"] >= 52
    assert kept["ece"] >= 48


def test_one_text_and_none():
    found = reliability(TWO, np.array([[1.0, 0.0]]), np.array([0]))
    assert (found.ece.value, found.brier.value) == (0.0, 0.0)
    assert found.ece.high > 0.5, "one text says next to nothing"
    with pytest.raises(UsageError, match="0 texts"):
        reliability(TWO, np.zeros((0, 2)), np.zeros(0, dtype=int))
    with pytest.raises(UsageError, match="1 texts"):
        reliability(TWO, np.array([[1.0, 0.0]]), np.array([0, 1]))


def test_out_of_fold_probabilities_stand_in_the_order_of_the_texts(letters, texts_of):
    rng = np.random.default_rng(0)
    targets = rng.permutation(np.repeat([0, 1, 2], [9, 7, 6]))
    contents = texts_of(targets, rng)

    def make(seed):
        return letters(TASK, seed)

    found = out_of_fold(make, TASK, contents, targets, seed=3)
    for fold in range(5):
        own = np.flatnonzero(found.fold_of == fold)
        others = np.flatnonzero(found.fold_of != fold)
        model = letters(TASK).fit([contents[row] for row in others], targets[others])
        expected = model.predict_proba([contents[row] for row in own])
        np.testing.assert_allclose(found.mean.probabilities[own], expected, atol=1e-6)
    measured = cross_validate(make, TASK, contents, targets, seed=3)
    right = (found.mean.probabilities.argmax(axis=1) == targets).mean()
    assert measured.accuracy.value == pytest.approx(right)


def test_repeats_are_averaged_and_kept(letters, texts_of):
    rng = np.random.default_rng(0)
    targets = rng.permutation(np.repeat([0, 1, 2], 6))
    contents = texts_of(targets, rng)
    made, kept = [], {}

    def make(seed):
        made.append(letters(TASK, seed, noise=0.05))
        return made[-1]

    options = {"repeats": 3, "seed": 3, "done": kept}
    found = out_of_fold(make, TASK, contents, targets, **options)
    mean = np.mean([one.probabilities for one in found.repeats], axis=0)
    np.testing.assert_allclose(found.mean.probabilities, mean)
    assert len(found.repeats) == 3
    assert sum(one.fitted for one in made) == 15
    again = out_of_fold(make, TASK, contents, targets, **options)
    np.testing.assert_array_equal(again.mean.probabilities, mean)
    assert sum(one.fitted for one in made) == 15


def test_predictions_kept_by_an_older_version_are_done_again(letters, texts_of):
    rng = np.random.default_rng(0)
    targets = np.repeat([0, 1, 2], 4)
    contents = texts_of(targets, rng)
    kept: dict[str, object] = {}

    def make(seed):
        return letters(TASK, seed)

    whole = out_of_fold(make, TASK, contents, targets, seed=1, done=kept)
    from activellm.evaluation.runs import LabelledTexts, Run, predict_each

    older: dict[str, object] = {}
    for fold in range(5):
        labelled = LabelledTexts(contents, targets)
        train, test = np.flatnonzero(whole.fold_of != fold), np.flatnonzero(whole.fold_of == fold)
        run = Run(0, labelled.take(train), labelled.take(test).contents)
        predict_each(make, [run], older)
    assert not set(older) & set(kept)
    again = out_of_fold(make, TASK, contents, targets, seed=1, done=older)
    np.testing.assert_array_equal(again.mean.probabilities, whole.mean.probabilities)
