"""Labels that a classifier strongly doubts: candidates for a second look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that is doubted.

    Attributes:
        row: Which of the texts.
        label: The position of the label that the classifier would give.
        margin: By how much it is more probable than the given one, 0 to 1.
    """

    row: int
    label: int
    margin: float


def doubted(labels: Ints, probabilities: Floats) -> list[Doubt]:
    """The texts whose label a classifier doubts, the most doubted first.

    A label is confident for a text if its probability reaches the mean that it has over the texts
    that were given it. A text is doubted if the most probable of its confident labels is another
    than the given one, and more probable than that.

    Source: Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset
    Labels (JAIR 70, 2021), section 3: thresholds, and what is off the confident joint's diagonal.

    Args:
        labels: Shape (texts,): positions of the given labels.
        probabilities: Shape (texts, labels), by a classifier that did not learn from these texts.
    """
    count = probabilities.shape[1]
    given = np.bincount(labels, minlength=count)
    own = probabilities[np.arange(len(labels)), labels]
    sums = np.bincount(labels, own, minlength=count)
    thresholds = np.divide(sums, given, out=np.full(count, np.inf), where=given > 0)
    confident = np.where(probabilities >= thresholds - 1e-9, probabilities, -1.0)
    best = confident.argmax(axis=1)
    leads = probabilities[np.arange(len(labels)), best] - own
    rows = np.flatnonzero((confident.max(axis=1) >= 0) & (leads > 0))
    margins = leads[rows]
    order = np.argsort(-margins, kind="stable")
    return [Doubt(int(rows[at]), int(best[rows[at]]), float(margins[at])) for at in order]
