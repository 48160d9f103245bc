"""Choose one of many settings, and promise no more than it gives where it was not chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

HALVINGS = 50
"""How often the units are halved: one halving would make the promise depend on its luck."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What choosing the best setting gives, on units that had no part in the choice.

    Attributes:
        gain: Mean difference against the default, in points.
        low: What it gives at least, by the same units.
        high: What the chosen setting gives at most, by all units: a choice of all is better than
            one of half of them, and luck only raises this end.
        units: How many draws, or data sets, there were.
        naive: What the chosen setting gained where it was chosen: too much, by luck.
        agreed: The share of halves that chose what all units together choose.
    """

    gain: float
    low: float
    high: float
    units: int
    naive: float
    agreed: float

    @property
    def sure(self) -> bool:
        """Whether the spread does not hide the gain."""
        return self.low > 0


def best(differences: Floats) -> int:
    """The column of the highest mean; the first, the default, where none is above it."""
    means = differences.mean(axis=0)
    return int(np.argmax(means)) if means.max() > means[0] + 1e-9 else 0


def promise(
    differences: Floats, rng: np.random.Generator, *, level: float = 0.95, shared: float = 0.0
) -> Promise:
    """What the best of some settings gains on units that it was not chosen by.

    The highest of many means is high by luck too. So the units are halved: each half chooses, and
    its choice is measured on the other half (Stone 1974, Cross-validatory choice and assessment of
    statistical predictions, section 3). The halving is repeated and a unit's values averaged.

    Args:
        differences: Against the default, in points, shape (units, settings); at least 4 units. The
            first column is the default itself: zeros.
        rng: Halves.
        level: How often the interval is to hold the gain.
        shared: How much two units have in common, as a correlation: the interval is widened for it.
    """
    chosen = best(differences)
    values, agreed = held_out(differences, differences, rng)
    low, high = interval(values, level=level, shared=shared)
    most = interval(differences[:, chosen], level=level, shared=shared)[1]
    return Promise(
        gain=float(values.mean()),
        low=low,
        high=max(high, most),
        units=len(values),
        naive=float(differences[:, chosen].mean()),
        agreed=agreed,
    )


def held_out(choosing: Floats, telling: Floats, rng: np.random.Generator) -> tuple[Floats, float]:
    """What the choices of halves of the units show on the units of the other halves.

    Args:
        choosing: Differences that a half chooses by, shape (units, settings).
        telling: What is told of the chosen setting, the same shape.
        rng: Halves.

    Returns:
        One value a unit, shape (units,), and the share of halves that chose as all units do.
    """
    units, chosen = len(choosing), best(choosing)
    found, agreed = np.zeros(units), 0
    for _ in range(HALVINGS):
        order = rng.permutation(units)
        halves = order[: units // 2], order[units // 2 :]
        for own, other in (halves, halves[::-1]):
            column = best(choosing[own])
            agreed += column == chosen
            found[other] += telling[other, column]
    return found / HALVINGS, agreed / (2 * HALVINGS)


def interval(values: Floats, *, level: float = 0.95, shared: float = 0.0) -> tuple[float, float]:
    """Student's interval of the mean of values that may have something in common.

    Source: Nadeau and Bengio 2003, Inference for the generalization error, Machine Learning 52,
    section 3: the variance of a mean of J values is (1/J + r/(1-r)) times theirs. The studentised
    bootstrap's ends are wild where many settings ask for 99.9 % of ten values.

    Args:
        values: One a unit, at least 2.
        level: How often it is to hold the true mean.
        shared: Two units' correlation r.
    """
    from scipy.special import stdtrit

    n, mean = len(values), float(values.mean())
    error = float(values.std(ddof=1)) * math.sqrt(1 / n + shared / (1 - shared))
    half = float(stdtrit(n - 1, (1 + level) / 2)) * error
    return mean - half, mean + half
