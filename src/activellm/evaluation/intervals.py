"""How far a measured number can be trusted: intervals that hold for few texts as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from activellm.evaluation.metrics import FloatArray, Indicators, count
from activellm.wilson import wilson as wilson_interval

LEVEL = 0.95
"""How often an interval should hold the true value."""

RESAMPLES = 2000
"""Bootstrap resamples; the ends of a 95 % interval then move by some tenths of a point."""

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured number with its interval.

    Attributes:
        value: The number measured, 0 to 1.
        low: Lower end of the interval.
        high: Upper end of the interval.
        level: How often such an interval holds the true value.
        method: How the interval was made: "wilson", "bootstrap" or "powered" (see `powered`).
    """

    value: float
    low: float
    high: float
    level: float = LEVEL
    method: str = "wilson"


def wilson(value: float, texts: int, level: float = LEVEL) -> Estimate:
    """A share with Wilson's score interval, which never has zero width.

    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".

    Args:
        value: The share, 0 to 1; it may be a mean of shares over repeats on the same texts.
        texts: Texts it was measured on, at least 1.
        level: The interval's level.
    """
    low, high = wilson_interval(value, texts, level)
    return Estimate(value, low, high, level, "wilson")


def macro_f1_interval(
    truth: Indicators,
    repeats: Sequence[Indicators],
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Estimate:
    """Macro-F1 with its BCa bootstrap interval over texts.

    Texts are resampled together with all their repeated predictions. Resampling texts is the same
    as drawing how often each distinct (truth, predictions) pattern occurs, which is fast. Where
    no resample differs (all right, say), the bootstrap knows nothing and Wilson's interval stands
    in. Source: Efron (1987), "Better bootstrap confidence intervals".

    Args:
        truth: Shape (texts, labels), at least one text.
        repeats: One array of predictions for each repeat, of the same shape.
        rng: Draws the resamples.
        resamples: How many.
        level: The interval's level.
    """
    texts = len(truth)
    patterns, times = np.unique(np.hstack([truth, *repeats]), axis=0, return_counts=True)
    parts = np.split(patterns, 1 + len(repeats), axis=1)

    def mean_f1(weights: FloatArray) -> FloatArray:
        f1 = [count(parts[0], predicted, weights).macro_f1() for predicted in parts[1:]]
        return np.asarray(np.mean(f1, axis=0))

    value = float(mean_f1(times.astype(np.float64)))
    drawn = mean_f1(rng.multinomial(texts, times / texts, size=resamples).astype(np.float64))
    if texts < 2 or np.ptp(drawn) < 1e-12:
        return wilson(value, texts, level)
    left_out = np.repeat(mean_f1(times - np.eye(len(times))), times)
    low, high = np.quantile(drawn, _bca_levels(value, drawn, left_out, level))
    return Estimate(value, min(value, float(low)), max(value, float(high)), level, "bootstrap")


def _bca_levels(
    value: float, drawn: FloatArray, left_out: FloatArray, level: float
) -> tuple[float, float]:
    """The quantiles of the resamples that are the interval's ends, corrected for bias and skew."""
    below = (np.sum(drawn < value - 1e-12) + 0.5 * np.sum(abs(drawn - value) <= 1e-12)) / len(drawn)
    bias = _NORMAL.inv_cdf(float(np.clip(below, 1 / len(drawn), 1 - 1 / len(drawn))))
    influence = left_out.mean() - left_out
    spread = float(np.sum(influence**2))
    skew = float(np.sum(influence**3)) / (6 * spread**1.5) if spread > 0 else 0.0

    def corrected(probability: float) -> float:
        shifted = bias + _NORMAL.inv_cdf(probability)
        return _NORMAL.cdf(bias + shifted / (1 - skew * shifted))

    return corrected((1 - level) / 2), corrected((1 + level) / 2)
