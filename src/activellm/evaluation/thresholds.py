"""From which probability on a label is given: chosen for the F1 of rare labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.evaluation.metrics import FloatArray
from activellm.successors.checks import decide
from activellm.task import Targets

__all__ = ["choose_thresholds", "decide"]

SHRINKAGE = 10.0
"""With so many texts of a label, its threshold goes half the way to the best one."""

_POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the labels' shares, as thresholds of labels that exclude each other: from none to all of it.
One number is chosen, not one a label: that many texts with answers there are not."""


def choose_thresholds(probabilities: FloatArray, targets: Targets) -> tuple[float, ...]:
    """One threshold for each label, for `decide`.

    Multi-label: the one from which on giving the label has the highest F1, shrunk towards 0.5
    where the label has few texts, since the best threshold for a few is hardly that for others.

    Single-label: what probabilities are divided by before the highest is taken, a power of the
    labels' shares: the one of highest macro-F1, and of equals the least.

    Source: Lipton, Elkan and Narayanaswamy 2014, Optimal Thresholding of Classifiers to Maximize
    F1 Measure, section 4 (multi-label); Menon et al. 2021, Long-tail Learning via Logit Adjustment,
    section 4.1, post-hoc (single-label; the power is its tau).

    Args:
        probabilities: Of texts that the classifier was not trained on (out-of-fold), shape
            (n, labels).
        targets: Their answers, shape (n,), or of 0 and 1, shape (n, labels).

    Raises:
        UsageError: If there is no text, or lengths differ.
    """
    if not len(targets) or len(probabilities) != len(targets):
        raise UsageError(
            f"Thresholds need texts with answers: {len(targets)} answers, "
            f"{len(probabilities)} texts with probabilities."
        )
    if targets.ndim == 2:
        columns = zip(probabilities.T, targets.T == 1, strict=True)
        return tuple(_of_label(chances, has) for chances, has in columns)
    return _dividing(probabilities, targets)


def _of_label(chances: FloatArray, has: npt.NDArray[np.bool_]) -> float:
    """The threshold of highest F1, halfway between two neighbours, shrunk towards 0.5."""
    positives = int(has.sum())
    if not 0 < positives < len(has):
        return 0.5
    order = np.argsort(-chances, kind="stable")
    ranked, given = chances[order], np.arange(1, len(has) + 1)
    f1 = 2 * np.cumsum(has[order]) / (given + positives)
    f1[:-1][ranked[:-1] == ranked[1:]] = -1  # no threshold parts texts of one probability
    following = np.append(ranked[1:], 0.0)
    found = (ranked + following) / 2
    best = found[f1 >= f1.max() - 1e-12]
    nearest = float(best[np.abs(best - 0.5).argmin()])
    return 0.5 + (nearest - 0.5) * positives / (positives + SHRINKAGE)


def _dividing(probabilities: FloatArray, targets: Targets) -> tuple[float, ...]:
    labels = probabilities.shape[1]
    counts = np.bincount(targets, minlength=labels) + 1
    shares = counts / counts.mean()
    tried = [shares**power for power in _POWERS]
    found = [(probabilities / limits).argmax(axis=1) for limits in tried]
    scores = [_macro_f1(one, targets, labels) for one in found]
    return tuple(tried[int(np.argmax(scores))].tolist())


def _macro_f1(found: Targets, targets: Targets, labels: int) -> float:
    table = np.bincount(labels * targets + found, minlength=labels**2).reshape(labels, labels)
    sizes = table.sum(axis=0) + table.sum(axis=1)
    occurs = sizes > 0
    return float((2 * np.diag(table)[occurs] / sizes[occurs]).mean())
