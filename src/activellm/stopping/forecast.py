"""What a learning curve says of the next labels, and how sure that is.

A measured number y after n labels is taken to be

    y(n) = level - rise * (n^-c - N^-c) / (n1^-c - N^-c) + noise,    rise >= 0,

an inverse power law that goes from `level - rise` at the first number of labels n1 to `level` at
the last one N. What a classifier learns from one sample of texts differs from what it learns from
another, less so with more labels, and rounds share their labels: noise of covariance
_LUCK^2 / max(n, m), as for a mean over the labels. Measuring adds its own, a part of which (the
test texts' difficulty) is the same in all rounds and does no harm. For each exponent c, level, rise
and the noise's scale have a posterior in closed form (Student's t); exponents are weighed by how
well they explain the curve. No randomness is needed. Why so: docs/design/stopping.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EXPONENTS = (0.1, 0.3, 0.5, 0.8, 1.2)
"""From nearly logarithmic to soon flat; all are as likely before the curve is seen."""

_LUCK = 0.5
"""Standard deviation of macro-F1 by the luck of the texts, times the root of the labels: 0.10 at
25 labels, 0.03 at 300. Only a start: the curve's own scatter corrects it."""

_OWN = 0.4
"""Part of a measurement's error that is not the same in all rounds."""

_TRUST = 4.0
"""How many points the two numbers above are worth against the curve's own scatter."""

_LEAST_ERROR = 1e-3


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement.

    Attributes:
        labels: How many labels the classifier learned from, at least 1.
        value: What was measured, 0 to 1.
        error: The measurement's standard error.
    """

    labels: int
    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What further labels would probably bring.

    Attributes:
        gain: The middle value (median) of what the curve rises by.
        low: Lower end of its interval.
        high: Upper end of its interval.
        measured_low: Lower end of the interval for the next measurement, which also holds its luck.
        measured_high: Upper end of that.
        level: The level of both intervals.
        falls: How probable the points make it that the curve falls, if curves could fall.
    """

    gain: float
    low: float
    high: float
    measured_low: float
    measured_high: float
    level: float
    falls: float


@dataclass(frozen=True)
class _Posterior:
    """Student's t for each exponent: of the gain, and of the next measured value."""

    log_weight: float
    gain: tuple[float, float]
    measured: tuple[float, float]
    freedom: float


def forecast(points: Sequence[Point], more: int, level: float = 0.8) -> Forecast:
    """Say what `more` labels would bring.

    Args:
        points: At least 3, of different numbers of labels, in that order.
        more: How many labels, at least 1.
        level: The intervals' level, between 0 and 1.
    """
    labels = np.array([one.labels for one in points] + [points[-1].labels + more], dtype=float)
    values = np.array([one.value for one in points])
    errors = np.array([max(one.error, _LEAST_ERROR) for one in points])
    noise = _LUCK**2 / np.maximum.outer(labels, labels)
    noise += np.diag((_OWN * np.append(errors, errors[-1])) ** 2)
    found = [_posterior(labels, values, noise, exponent) for exponent in EXPONENTS]
    freedom = np.array([one.freedom for one in found])
    gain, spread = np.array([one.gain for one in found]).T
    measured, width = np.array([one.measured for one in found]).T
    rises = _student(gain / spread, freedom)
    prior = np.exp([one.log_weight - max(each.log_weight for each in found) for one in found])
    weights = prior * rises / (prior @ rises)

    def gains(at: float) -> float:
        beyond = _student((gain - at) / spread, freedom) / rises
        return float(weights @ (1 - np.minimum(beyond, 1)))

    def measurements(at: float) -> float:
        return float(weights @ _student((at - measured) / width, freedom))

    most = 1 - max(0.0, points[-1].value - 2 * float(errors[-1]))
    tails = ((1 - level) / 2, (1 + level) / 2)
    middle, low, high = (_quantile(gains, share, most) for share in (0.5, *tails))
    measured_low, measured_high = (_quantile(measurements, share, 1.0) for share in tails)
    falls = float(1 - (prior @ rises) / prior.sum())
    return Forecast(middle, low, high, measured_low, measured_high, level, falls)


def _posterior(labels: Floats, values: Floats, noise: Floats, exponent: float) -> _Posterior:
    """Weighted least squares with noise of unknown scale, flat prior on level and rise.

    Args:
        labels: Of all points and, last, of the next one.
        values: Of all points.
        noise: Covariance of all points and the next one.
        exponent: c.
    """
    powers = labels**-exponent
    drop = (powers - powers[-2]) / (powers[0] - powers[-2])
    design = np.stack([np.ones(len(labels)), -drop], axis=1)
    known, following = design[:-1], design[-1]
    precision = np.linalg.inv(noise[:-1, :-1])
    information = known.T @ precision @ known
    spread = np.linalg.inv(information)
    best = spread @ known.T @ precision @ values
    residuals = values - known @ best
    misfit = float(residuals @ precision @ residuals) + _TRUST
    freedom = len(values) - 2 + _TRUST
    scale = misfit / freedom
    pull = precision @ noise[:-1, -1]
    left = following - known.T @ pull
    unknown = noise[-1, -1] - noise[:-1, -1] @ pull + left @ spread @ left
    return _Posterior(
        log_weight=-0.5 * (np.linalg.slogdet(information)[1] + freedom * np.log(misfit)),
        gain=(best[1] * following[1], np.sqrt(scale * spread[1, 1]) * following[1]),
        measured=(following @ best + residuals @ pull, np.sqrt(scale * unknown)),
        freedom=freedom,
    )


def _student(at: Floats, freedom: Floats) -> Floats:
    """Student's distribution function; never quite 0, so that it can be divided by."""
    from scipy.special import stdtr

    return np.asarray(np.maximum(stdtr(freedom, at), 1e-300))


def _quantile(below: Callable[[float], float], share: float, high: float) -> float:
    """Where a function that rises from 0 to 1 reaches `share`: between 0 and `high`."""
    low = 0.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < share else (low, middle)
    return (low + high) / 2
