"""Learning curves: their area, and how many labels a method saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError

Floats = npt.NDArray[np.float64]

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class LabelsSaved:
    """How many fewer labels a method needs than random picking for the same quality.

    Attributes:
        at: Labels that the method had.
        random: Random labels that reach the same mean quality; None if none on the curve do.
        saved: `random` minus `at`; None where `random` is.
        low, high: The 95 % interval of `saved`; an end is None where random labels do not reach
            the quality within the curve ("more than") or do so before its start.
        unreached: Share of resamples in which no number of random labels on the curve reaches it.
        draws: Draws that both curves are averaged over.
    """

    at: int
    random: float | None
    saved: float | None
    low: float | None
    high: float | None
    unreached: float
    draws: int


def area_under_curve(labels: Sequence[int], curve: Floats) -> Floats:
    """Mean height of learning curves between their first and last number of labels.

    Trapezoids, divided by the width: in the metric's own unit, so that curves of other widths are
    comparable.

    Args:
        labels: Numbers of labels, rising; at least 2.
        curve: Shape (..., numbers).

    Returns:
        Shape (...).
    """
    from scipy.integrate import trapezoid

    numbers = _rising(labels, curve)
    area: Floats = trapezoid(curve, numbers, axis=-1) / (numbers[-1] - numbers[0])
    return area


def labels_saved(
    labels: Sequence[int],
    method: Floats,
    random: Floats,
    at: int,
    rng: np.random.Generator,
) -> LabelsSaved:
    """How many random labels reach what a method reaches with `at` labels.

    The random curve is averaged over draws, made monotone (isotonic regression: more labels are
    taken not to harm) and read between its points. The interval resamples draws, of both curves
    together, since they share their candidates.

    Args:
        labels: Numbers of labels of both curves, rising.
        method: Shape (draws, numbers).
        random: The same shape, the same draws.
        at: One of `labels`.
        rng: Draws resamples.

    Raises:
        UsageError: If `at` is none of the numbers, or the shapes differ.
    """
    numbers = _rising(labels, method)
    if at not in labels or method.shape != random.shape or method.ndim != 2:
        raise UsageError(
            f"{at} labels on curves of shapes {method.shape} and {random.shape} at {list(labels)}: "
            "both need the same draws and numbers, and the number must be among them."
        )
    place = list(labels).index(at)
    draws = len(method)
    needed = float(_needed(numbers, random.mean(axis=0), method[:, place].mean()))
    rows = rng.integers(draws, size=(RESAMPLES if draws > 1 else 0, draws))
    found = _needed(numbers, random[rows].mean(axis=1), method[rows, place].mean(axis=1))
    low, high = _ends(found, numbers)
    return LabelsSaved(
        at=at,
        random=needed if np.isfinite(needed) else None,
        saved=needed - at if np.isfinite(needed) else None,
        low=None if low is None else low - at,
        high=None if high is None else high - at,
        unreached=float(np.isinf(found).mean()) if len(found) else float(np.isinf(needed)),
        draws=draws,
    )


def _ends(found: Floats, numbers: Floats) -> tuple[float | None, float | None]:
    """The middle 95 % of resampled numbers; None beyond the curve or before it."""
    if not len(found):
        return None, None
    low, high = np.quantile(found, (0.025, 0.975), method="inverted_cdf")
    return (
        float(low) if numbers[0] < low < np.inf else None,
        float(high) if np.isfinite(high) else None,
    )


def _needed(numbers: Floats, curves: Floats, quality: Floats) -> Floats:
    """The first number of labels at which curves reach a quality; infinite where they do not.

    Args:
        numbers: Shape (m,).
        curves: Shape (..., m).
        quality: Shape (...).
    """
    rising = _monotone(curves)
    aim = np.asarray(quality)[..., None]
    after = (rising < aim - 1e-12).sum(axis=-1)
    place = np.clip(after, 1, len(numbers) - 1)
    below = np.take_along_axis(rising, place[..., None] - 1, axis=-1)[..., 0]
    above = np.take_along_axis(rising, place[..., None], axis=-1)[..., 0]
    step = np.where(above > below, above - below, 1.0)
    between = numbers[place - 1] + (quality - below) / step * np.diff(numbers)[place - 1]
    found = np.where(after == 0, numbers[0], np.minimum(between, numbers[place]))
    return np.where(aim[..., 0] > rising[..., -1] + 1e-12, np.inf, found)


def _monotone(curves: Floats) -> Floats:
    """The nearest curves that never fall (isotonic regression), by the min-max formula.

    The value at a point is the highest, over stretches' beginnings up to it, of the lowest mean
    over their ends from it on. Source: Robertson, Wright and Dykstra 1988, Order Restricted
    Statistical Inference, theorem 1.4.4.

    Args:
        curves: Shape (..., m); m is small, so that all stretches can be tried at once.
    """
    m = curves.shape[-1]
    sums = np.concatenate([np.zeros((*curves.shape[:-1], 1)), curves.cumsum(axis=-1)], axis=-1)
    first, last = np.arange(m)[:, None], np.arange(m)[None, :]
    width = np.maximum(last - first + 1, 1)
    means = (sums[..., None, 1:] - sums[..., :-1, None]) / width  # [beginning, end]
    means = np.where(last >= first, means, np.inf)
    lowest = np.minimum.accumulate(means[..., ::-1], axis=-1)[..., ::-1]  # over ends from here on
    rising: Floats = np.where(last >= first, lowest, -np.inf).max(axis=-2)
    return rising


def _rising(labels: Sequence[int], curve: Floats) -> Floats:
    numbers = np.asarray(labels, dtype=np.float64)
    if len(numbers) < 2 or (np.diff(numbers) <= 0).any() or curve.shape[-1] != len(numbers):
        raise UsageError(
            f"A curve needs two rising numbers of labels at least and one value for each, not "
            f"{list(labels)} with {curve.shape[-1]} values."
        )
    return numbers
