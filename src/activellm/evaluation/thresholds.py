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

_GRID = np.linspace(-3.0, 3.0, 25)
"""Logarithms of the thresholds that are tried for labels that exclude each other."""

_SWEEPS = 3


def choose_thresholds(probabilities: FloatArray, targets: Targets) -> tuple[float, ...]:
    """One threshold for each label, for `decide`.

    Multi-label: the one from which on giving the label has the highest F1, shrunk towards 0.5.
    Single-label: those by which probabilities are divided before the highest is taken, so that
    macro-F1 is highest, shrunk towards 1 each. Both are shrunk where a label has few texts, since
    the best threshold for a few texts is hardly that for others.

    Source: Lipton, Elkan and Narayanaswamy 2014, Optimal Thresholding of Classifiers to Maximize
    F1 Measure, section 4; Koyejo et al. 2014, Consistent Binary Classification with Generalized
    Performance Metrics, algorithm 1 (thresholds from probabilities of texts with known answers).

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
    """Coordinate ascent on macro-F1; of equals the one nearest to no threshold at all."""
    labels = probabilities.shape[1]
    odds = np.log(np.clip(probabilities, 1e-300, None))
    counts = np.bincount(targets, minlength=labels)
    taken = np.zeros(labels)
    for _ in range(_SWEEPS):
        before = taken.copy()
        for label in np.flatnonzero(counts):
            scores = []
            for value in _GRID:
                tried = np.where(np.arange(labels) == label, value, taken)
                scores.append(_macro_f1((odds - tried).argmax(axis=1), targets, labels))
            best = _GRID[np.array(scores) >= max(scores) - 1e-12]
            taken[label] = best[np.abs(best).argmin()]
        if (before == taken).all():
            break
    return tuple(np.exp(taken * counts / (counts + SHRINKAGE)).tolist())


def _macro_f1(found: Targets, targets: Targets, labels: int) -> float:
    table = np.bincount(labels * targets + found, minlength=labels**2).reshape(labels, labels)
    sizes = table.sum(axis=0) + table.sum(axis=1)
    occurs = sizes > 0
    return float((2 * np.diag(table)[occurs] / sizes[occurs]).mean())
