"""Are the probabilities true? Temperature scaling, calibration error, Brier score.

Which choices were measured, and how: docs/design/trust.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.evaluation.cross_validation import OutOfFold
from activellm.evaluation.intervals import RESAMPLES, Estimate, mean_interval, wilson
from activellm.evaluation.measure import Texts
from activellm.evaluation.metrics import FloatArray, indicators
from activellm.seeding import generator
from activellm.successors.contract import Probabilities
from activellm.successors.tempering import tempered
from activellm.task import Targets, Task

COLDEST, HOTTEST = 0.1, 10.0
"""Bounds of the search for a temperature."""

PRIOR = 0.25
"""Standard deviation of the logarithm of the temperature before any text is seen."""

MOST_BINS, BIN_TEXTS = 10, 10
"""Bins of a reliability diagram at most, and texts in each at least."""

_FLOOR = 1e-6
"""Probabilities that are kept are rounded to this."""

Rows: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same probability.

    Attributes:
        answers: How many.
        probability: Mean of what the classifier gave them, 0 to 1.
        right: Share that was right, with Wilson's interval.
    """

    answers: int
    probability: float
    right: Estimate


@dataclass(frozen=True, slots=True)
class Reliability:
    """How true probabilities are, on some texts.

    Attributes:
        ece: Expected calibration error (see `reliability`).
        brier: Brier score, 0 is best.
        bins: The reliability diagram, least sure answers first.
    """

    ece: Estimate
    brier: Estimate
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a temperature does to the probabilities, on texts that it was not fitted on.

    Attributes:
        texts: On which texts.
        size: How many.
        before: The probabilities as trained.
        after: With the temperature.
    """

    texts: Texts
    size: int
    before: Reliability
    after: Reliability


def fit_temperature(
    task: Task, probabilities: Probabilities, targets: Targets, *, prior: float = PRIOR
) -> float:
    """The temperature under which what was right is most probable.

    Maximum likelihood by a bounded search over its logarithm, with a weak normal prior around
    temperature 1: with ten texts, all answered rightly, the likelihood alone would go to infinity.
    In a multi-label task there is one temperature over all entries. An answer of probability 0
    belongs to a label that the classifier never saw; no temperature changes it, so it is left out.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2; the prior is
    ours.

    Args:
        task: The task.
        probabilities: Of texts that the classifier did not learn from, shape (texts, labels).
        targets: Their answers.
        prior: Standard deviation of the logarithm; infinity for none.
    """
    from scipy.optimize import minimize_scalar

    right = indicators(task, targets)
    of_right = np.where(right, probabilities, 1 - probabilities if task.multi else 0.0)
    open_ = (of_right > _FLOOR / 2) & (of_right < 1 - _FLOOR / 2)
    if task.multi:
        probabilities = np.where(open_, probabilities, 0.5)
    else:
        rows = open_.any(axis=1)
        probabilities, right, open_ = probabilities[rows], right[rows], right[rows]
    if not open_.any():
        return 1.0

    def cost(logarithm: float) -> float:
        chances = tempered(probabilities, np.exp(logarithm), multi=task.multi)
        told = np.where(right, chances, 1 - chances)[open_]
        return float(-np.log(np.maximum(told, 1e-300)).sum() + 0.5 * (logarithm / prior) ** 2)

    found = minimize_scalar(
        cost, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded", options={"xatol": 1e-4}
    )
    return float(np.exp(found.x))


def left_out_temperatures(
    task: Task, predicted: OutOfFold, targets: Targets, *, prior: float = PRIOR
) -> Probabilities:
    """Out-of-fold probabilities, each fold's under a temperature fitted on the other folds.

    So no text helps to choose the temperature that it is judged under.

    Args:
        task: The task.
        predicted: Probabilities of the labelled texts.
        targets: Their answers.
        prior: As in `fit_temperature`.
    """
    given = predicted.mean.probabilities
    found = given.copy()
    for fold in np.unique(predicted.fold_of):
        own = predicted.fold_of == fold
        temperature = fit_temperature(task, given[~own], targets[~own], prior=prior)
        found[own] = tempered(given[own], temperature, multi=task.multi)
    return found


def reliability(
    task: Task,
    probabilities: Probabilities,
    targets: Targets,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Reliability:
    """Expected calibration error, Brier score, and the diagram's bins.

    The expected calibration error is the mean distance, weighted by answers, between a bin's mean
    probability and its share of right answers; in a single-label task the answer is the most
    probable label, in a multi-label task every label of every text is one (given or not). Bins
    hold equally many answers, at least 10 and at most 10 bins. It is biased: even true
    probabilities show an error, because shares of few texts scatter (0.11 at 32 texts, 0.10 at
    100, 0.04 at 600 in simulation), and its interval does not reach 0 then. So compare it only
    between probabilities of the same texts. The Brier score, the
    mean squared distance of the probabilities from 1 for the right label and 0 for the others
    (0 to 2 in sum over a text's labels; multi-label: 0 to 1 in mean), has no such bias, but
    judges accuracy, too. Intervals are bootstraps over texts, the bins' borders staying.

    Sources: Naeini, Cooper and Hauskrecht 2015, Obtaining Well Calibrated Probabilities Using
    Bayesian Binning, section 4.1 (error); Nguyen and O'Connor 2015, Posterior Calibration and
    Exploratory Analysis for NLP Models, section 3 (bins of equal size); Kumar, Liang and Ma 2019,
    Verified Uncertainty Calibration, section 4 (bias); Brier 1950, Verification of Forecasts.

    Args:
        task: The task.
        probabilities: Shape (texts, labels).
        targets: The right answers, at least one.
        seed: Decides the resamples.
        resamples: How many for each interval.

    Raises:
        UsageError: If there are no texts, or numbers differ.
    """
    if len(targets) == 0 or len(probabilities) != len(targets):
        raise UsageError(
            f"Cannot look at the calibration of {len(probabilities)} texts with "
            f"{len(targets)} answers."
        )
    truth = indicators(task, targets)
    squares = (probabilities - truth) ** 2
    losses = squares.mean(axis=1) if task.multi else squares.sum(axis=1)
    sure, right, text_of = _answers(task, probabilities, truth)
    parts = _equal_parts(sure, len(targets))
    gaps = np.zeros((len(targets), len(parts)))
    for column, part in enumerate(parts):
        np.add.at(gaps[:, column], text_of[part], sure[part] - right[part])
    of_text = len(sure) / len(targets)

    def error(weights: FloatArray) -> FloatArray:
        return np.asarray(np.abs(weights @ gaps).sum(axis=-1) / (weights.sum(axis=-1) * of_text))

    def score(weights: FloatArray) -> FloatArray:
        return np.asarray(weights @ losses / weights.sum(axis=-1))

    def interval(name: str, statistic: Callable[[FloatArray], FloatArray]) -> Estimate:
        rng = generator(seed, "calibration", name)
        return mean_interval(statistic, len(targets), rng, resamples=resamples)

    return Reliability(
        ece=interval("ece", error),
        brier=interval("brier", score),
        bins=tuple(
            Bin(
                len(part),
                float(sure[part].mean()),
                wilson(float(right[part].mean()), len(part)),
            )
            for part in parts
        ),
    )


def _answers(
    task: Task, probabilities: Probabilities, truth: npt.NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray, Rows]:
    """Each answer's probability, whether it was right (0 or 1), and the text it belongs to."""
    texts, labels = probabilities.shape
    if task.multi:
        return (
            probabilities.ravel(),
            truth.ravel().astype(np.float64),
            np.arange(texts).repeat(labels),
        )
    chosen = probabilities.argmax(axis=1)
    rows = np.arange(texts)
    return probabilities[rows, chosen], truth[rows, chosen].astype(np.float64), rows


def _equal_parts(sure: FloatArray, texts: int) -> list[Rows]:
    order = np.argsort(sure, kind="stable")
    return np.array_split(order, int(np.clip(texts // BIN_TEXTS, 1, MOST_BINS)))
