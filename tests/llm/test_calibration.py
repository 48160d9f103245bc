"""Calibrating a query model's label probabilities, with and without answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from activellm.llm import calibration
from activellm.llm.calibration import (
    Calibration,
    calibrate,
    calibrate_by_answers,
    calibration_of_batch,
    log_odds,
)


def opinions(labels: int = 3, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(labels)
    answers = rng.integers(labels, size=n)
    odds = 2 * np.eye(labels)[answers] + rng.normal(size=(n, labels)) + np.arange(labels)
    return np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True), answers


def test_a_kept_bias_is_batch_calibration() -> None:
    raw, _ = opinions()
    kept = calibration_of_batch(raw, multi=False)
    np.testing.assert_allclose(kept.probabilities(raw), calibrate(np.log(raw)), atol=1e-9)
    np.testing.assert_allclose(kept.probabilities(raw[:1]), calibrate(np.log(raw))[:1], atol=1e-9)


def test_texts_without_liking_hold_a_small_batch_back() -> None:
    raw, _ = opinions(n=1)
    whole, half = (calibration_of_batch(raw, multi=False, texts=k).bias for k in (0.0, 1.0))
    np.testing.assert_allclose(half, whole / 2)
    nothing = calibration_of_batch(np.zeros((0, 3)), multi=False)
    np.testing.assert_array_equal(nothing.bias, 0)


def test_of_several_labels_the_mean_over_labels_stays() -> None:
    raw, _ = opinions()
    odds = [log_odds(table, multi=True) for table in (raw, raw)]
    bias = calibration_of_batch(raw, multi=True).bias
    assert (odds[0] + bias).mean() == pytest.approx(odds[1].mean())
    np.testing.assert_allclose((odds[0] + bias).mean(axis=0), odds[1].mean(), atol=1e-9)


@pytest.mark.parametrize("multi", [False, True])
def test_the_answers_are_fitted_as_well_as_the_prior_lets_them(multi: bool) -> None:
    """The same sum minimised without a gradient, written out anew."""
    raw, answers = opinions()
    weights = np.linspace(0.5, 2, len(raw))
    start = calibration_of_batch(raw, multi=multi)
    goals = np.eye(3, dtype=np.int64)[answers]
    given = goals if multi else answers
    found = calibrate_by_answers(raw, given, weights, start)

    def cost(point: np.ndarray) -> float:
        shifted = np.exp(point[0]) * (log_odds(raw, multi=multi) + start.bias) + point[1:]
        if multi:
            likely = -np.logaddexp(0, np.where(goals, -shifted, shifted)).sum(axis=1)
        else:
            likely = (goals * shifted).sum(axis=1) - np.logaddexp.reduce(shifted, axis=1)
        prior = point[0] ** 2 / 0.5**2 + (point[1:] ** 2).sum() / calibration.BIAS_SPREAD**2
        return float(-weights @ likely + prior / 2)

    best = minimize(cost, np.zeros(4), method="Powell", options={"xtol": 1e-6, "ftol": 1e-10}).x
    slope = np.exp(best[0])
    np.testing.assert_allclose(found.slope, slope, rtol=1e-3)
    np.testing.assert_allclose(found.bias, slope * start.bias + best[1:], atol=2e-3)


def test_no_answers_change_nothing() -> None:
    start = Calibration(np.array([0.5, -0.5]), 2.0, multi=False)
    nothing = np.zeros(0, dtype=np.int64)
    found = calibrate_by_answers(np.zeros((0, 2)), nothing, np.zeros(0), start)
    np.testing.assert_allclose(found.bias, start.bias)
    assert found.slope == pytest.approx(2.0)


def test_certain_opinions_stay_finite() -> None:
    raw, answers = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1, 1])
    for multi, given in ((False, answers), (True, np.eye(2, dtype=np.int64)[answers])):
        start = calibration_of_batch(raw, multi=multi)
        found = calibrate_by_answers(raw, given, np.ones(2), start).probabilities(raw)
        assert ((found > 0) & (found < 1)).all()
