"""The smallest number of labels that reaches a macro-F1 in simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from activellm.bench.tuning.points import Point


@dataclass(frozen=True, slots=True)
class Reached:
    """How many labels it takes, of the numbers that were simulated.

    Attributes:
        target: Macro-F1, in per cent.
        labels: The smallest number whose mean reaches it; None if none does.
        low, high: The 95 % interval of that number; None for more than were simulated.
        tried: The numbers that were simulated.
    """

    target: float
    labels: int | None
    low: int | None
    high: int | None
    tried: tuple[int, ...]


def labels_for(target: float, curve: Sequence[Point]) -> Reached:
    """Read the smallest number off a curve, and off its pointwise intervals.

    More labels are taken not to harm: a number counts where no larger one falls below it (isotonic
    regression). Between the simulated numbers nothing is guessed. The number is at least the one
    whose upper end reaches the target and at most the one whose lower end does.
    """
    tried = tuple(point.labels for point in curve)
    ends = [
        _first(target, tried, [getattr(point, name) for point in curve])
        for name in ("value", "high", "low")
    ]
    return Reached(target, ends[0], ends[1], ends[2], tried)


def _first(target: float, tried: Sequence[int], heights: Sequence[float]) -> int | None:
    from sklearn.isotonic import isotonic_regression

    rising = isotonic_regression(np.asarray(heights, dtype=np.float64))
    return next((n for n, at in zip(tried, rising, strict=True) if at >= target - 1e-9), None)
