"""Texts against their controls: the difference, its interval, and what chance does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from activellm.contamination.report import Finding, Method
from activellm.llm.protocol import FloatArray

LEAST_TEXTS = 20
"""With fewer texts nothing is tested: an interval would say nothing."""

LEVEL = 0.95
DRAWS = 9999
"""Random sign patterns, and bootstrap resamples."""

_TIE = 1e-12


def sign_flip_p(differences: FloatArray, rng: np.random.Generator, *, draws: int = DRAWS) -> float:
    """How often random signs give a mean as high as the differences have, one-sided.

    Exact if text and control are exchangeable, whatever the distribution. Source: Fisher (1935),
    "The Design of Experiments", section 21; the observed signs count as one of the draws.

    Args:
        differences: Shape (texts,): text minus control.
        rng: Draws the signs.
        draws: How many patterns.
    """
    as_high = 0
    for _ in range(draws):
        signs = rng.integers(0, 2, size=len(differences)) * 2 - 1
        as_high += float(signs @ differences) >= float(differences.sum()) - _TIE
    return (1 + as_high) / (1 + draws)


def mean_interval(values: FloatArray, rng: np.random.Generator) -> tuple[float, float]:
    """The percentile bootstrap interval of a mean, at `LEVEL`; shape (units,)."""
    shares = rng.multinomial(len(values), np.full(len(values), 1 / len(values)), size=DRAWS)
    low, high = np.quantile(shares @ values / len(values), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def compare(
    method: Method,
    statistic: str,
    observed: Sequence[float],
    control: Sequence[float],
    rng: np.random.Generator,
    *,
    unusable: int = 0,
    margin: float = 0.0,
) -> Finding:
    """The finding of a method that has a control for each text.

    Args:
        method: Which.
        statistic: What was measured, in words.
        observed: With each text as it is.
        control: With its control.
        rng: For test and interval.
        unusable: Texts left out.
        margin: What the effect must exceed to count.
    """
    one, other = np.asarray(observed, dtype=np.float64), np.asarray(control, dtype=np.float64)
    low, high = mean_interval(one - other, rng)
    return Finding(
        method=method,
        statistic=statistic,
        texts=len(one),
        unusable=unusable,
        observed=float(one.mean()),
        control=float(other.mean()),
        effect=float((one - other).mean()),
        low=low,
        high=high,
        level=LEVEL,
        margin=margin,
        p=sign_flip_p(one - other - margin, rng),
    )
