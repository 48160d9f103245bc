"""A classifier's accuracy from a few human labels and a query model's opinion of many more texts.

Sources: Angelopoulos, Bates, Fannjiang, Jordan and Zrnic, Prediction-powered inference (Science
382, 2023); Angelopoulos, Duchi and Zrnic, PPI++: Efficient Prediction-Powered Inference (arXiv
2311.01453, 2023), for the weight ("power tuning").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from activellm.errors import UsageError
from activellm.evaluation.intervals import LEVEL, Estimate, wilson
from activellm.evaluation.metrics import FloatArray
from activellm.task import Targets
from activellm.wilson import wilson as wilson_interval

_NOTHING = 1e-12
"""Variances below it are rounding errors."""

_LEAST = 3
"""Texts that a variance can be had from after two numbers were fitted to them."""


@dataclass(frozen=True, slots=True)
class Powered:
    """An accuracy estimated from people's labels and weak labels together.

    Attributes:
        accuracy: The estimate; method "powered", or "wilson" where the weak labels did not help.
        alone: What people's labels say without them.
        texts: Texts of the random sample that people labelled.
        weak: Further random texts that only the query model judged.
        weight: How far its opinion was followed; 0 is not at all, 1 is in full, and a timid judge
            may get more.
        worth: How many random texts people would have to label for an interval as narrow.
    """

    accuracy: Estimate
    alone: Estimate
    texts: int
    weak: int
    weight: float
    worth: float

    @property
    def narrower(self) -> float:
        """By which part the interval is narrower than with people's labels alone, 0 to 1."""
        width, before = (one.high - one.low for one in (self.accuracy, self.alone))
        return 1 - width / before


def powered_accuracy(
    right: npt.ArrayLike,
    opinion: npt.ArrayLike,
    weak_opinion: npt.ArrayLike,
    *,
    level: float = LEVEL,
) -> Powered:
    """Combine whether people say that the classifier is right with a judge's opinion of that.

    The accuracy on people's texts is corrected by the weight times how much better (or worse) the
    judge thinks of the classifier on the many texts than on those few. The estimate is as good as
    unbiased however bad the judge, because both samples are random draws from the same texts. So
    people's texts must not have been picked by a strategy, and neither sample may have been trained
    on. A judge whose opinion says nothing gets weight 0.

    The interval is Wilson's for as many texts as give the estimate's variance; for fewer than 100
    texts, and accuracies near 1, the normal interval of the papers is far too short. How well the
    opinion explains the outcome is known only as well as the rarer outcome is: its part of the
    variance is widened by Student's t with two degrees of freedom for each text of that outcome.
    docs/design/powered-estimates.md shows how often both hold.

    Args:
        right: Whether the classifier is right according to people, shape (n,), 0 or 1.
        opinion: How probable that is according to the judge, shape (n,), 0 to 1.
        weak_opinion: The same for the texts that people did not label, shape (m,).
        level: The interval's level.

    Raises:
        UsageError: If a sample is empty, shapes differ, or values are outside 0 to 1.
    """
    y, f, g = (np.asarray(one, dtype=np.float64) for one in (right, opinion, weak_opinion))
    _check(y, f, g)
    n, share = len(y), float(y.mean())
    alone = wilson(share, n, level)
    weight = weight_of(y, f, g)
    rarer = int(min(y.sum(), n - y.sum()))
    if weight == 0 or rarer == 0 or n < _LEAST:
        return Powered(alone, alone, n, len(g), 0.0, float(n))
    people, judge = variance_parts(y, f, g, weight)
    quantiles = stdtrit([2 * rarer, np.inf], (1 + level) / 2)
    variance = people * float(quantiles[0] / quantiles[1]) ** 2 + judge
    before = float(y.var(ddof=1)) / n
    if variance >= before:
        return Powered(alone, alone, n, len(g), 0.0, float(n))
    value = float(np.clip(share + weight * (g.mean() - f.mean()), 0, 1))
    worth = n * before / max(variance, _NOTHING)
    low, high = wilson_interval(value, worth, level)
    return Powered(Estimate(value, low, high, level, "powered"), alone, n, len(g), weight, worth)


def in_words(found: Powered) -> str:
    """What the weak labels brought, as one sentence for people."""
    weak, texts = f"{found.weak:,} more random texts", f"{found.texts:,} hold-out texts"
    if found.weight == 0:
        return (
            f"The query model's opinion of {weak} says too little about where the classifier is "
            f"right: the accuracy is known only as well as the {texts} tell it."
        )
    return (
        f"With the query model's opinion of {weak} the accuracy is estimated at "
        f"{_percent(found.accuracy.value)} ({100 * found.accuracy.low:.0f} to "
        f"{_percent(found.accuracy.high)}), an interval {_percent(found.narrower)} narrower than "
        f"the {texts} alone give, as if people had labelled {found.worth:.0f}."
    )


def weight_of(y: FloatArray, f: FloatArray, g: FloatArray) -> float:
    """The weight of the judge's opinion that makes the variance least, at least 0.

    It is the slope of the outcome on the opinion, times m / (n + m). The slope is taken from
    people's texts alone. The paper divides the same covariance by the opinion's variance over all
    texts; with few of them that gives a small weight just when few mistakes were drawn, and so too
    high an accuracy.

    Args:
        y: Outcomes, shape (n,).
        f: Opinions of the same texts, shape (n,).
        g: Opinions of the other texts, shape (m,).
    """
    spread = float(f.var())
    if spread < _NOTHING:
        return 0.0
    slope = float(np.mean((y - y.mean()) * (f - f.mean()))) / spread
    return max(0.0, slope * len(g) / (len(f) + len(g)))


def variance_parts(
    y: FloatArray, f: FloatArray, g: FloatArray, weight: float
) -> tuple[float, float]:
    """The estimate's variance: what comes from people's texts, and what from the others.

    Args:
        y: Outcomes, shape (n,), n at least 3: two numbers are fitted to them.
        f: Opinions of the same texts, shape (n,).
        g: Opinions of the other texts, shape (m,).
        weight: Of the opinions.
    """
    n, m = len(y), len(g)
    left = float((y - weight * f).var()) / (n - 2)
    return left, weight**2 * float(g.var(ddof=1)) / m if m > 1 else np.inf


def right_answers(predicted: Targets, truth: Targets) -> FloatArray:
    """1 where an answer is exactly right, else 0, shape (n,); both as `Task.targets` makes them."""
    same = np.asarray(predicted == truth)
    return np.asarray(same if same.ndim == 1 else same.all(axis=1), dtype=np.float64)


def opinion_of(predicted: Targets, probabilities: FloatArray) -> FloatArray:
    """How probable it is, according to a judge, that predictions are right, shape (n,).

    In a multi-label task, where a judge spreads its probability over the labels, it is the mean
    over the predicted ones, and 0 where none is predicted. That is no probability, but the estimate
    needs none: the weight sets its scale.

    Args:
        predicted: As `Task.targets` makes them.
        probabilities: The judge's label probabilities, shape (n, labels).
    """
    if predicted.ndim == 1:
        return np.asarray(probabilities[np.arange(len(predicted)), predicted])
    given = predicted.sum(axis=1)
    return np.asarray((probabilities * predicted).sum(axis=1) / np.maximum(given, 1))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _check(y: FloatArray, f: FloatArray, g: FloatArray) -> None:
    if y.ndim != 1 or g.ndim != 1 or y.shape != f.shape or not len(y) or not len(g):
        raise UsageError(
            f"Estimating accuracy needs an opinion for each outcome and some more: "
            f"{y.shape} outcomes, {f.shape} opinions of them, {g.shape} others were given."
        )
    if not np.isin(y, (0, 1)).all():
        raise UsageError("Whether a classifier is right is 0 or 1.")
    if not all(((one >= 0) & (one <= 1)).all() for one in (f, g)):
        raise UsageError("A judge's opinions are probabilities, 0 to 1.")
