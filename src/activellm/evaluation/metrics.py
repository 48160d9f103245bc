"""How right predictions are: accuracy, macro-F1, and what happens to each label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.task import Targets, Task

FloatArray: TypeAlias = npt.NDArray[np.float64]
Indicators: TypeAlias = npt.NDArray[np.bool_]
"""Shape (texts, labels): whether the text has the label. Single-label rows hold one True."""


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How one label fares. None stands for a ratio with nothing in its denominator.

    Attributes:
        label: The label's name.
        precision: Share of right ones among the texts that were given the label.
        recall: Share that was found of the texts that have the label.
        f1: Harmonic mean of both; None if the label is neither in the truth nor predicted.
        support: Texts that have the label.
        predicted: Texts that were given the label; a mean where predictions were repeated.
    """

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    predicted: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What accuracy and macro-F1 are made of, for one set of texts or for many at once.

    Attributes:
        right: Texts with exactly the right answer, shape (...).
        hits: Right positives by label, shape (..., labels).
        extra: Wrong positives by label, shape (..., labels).
        missed: Wrong negatives by label, shape (..., labels).
        texts: Texts in all, shape (...).
    """

    right: FloatArray
    hits: FloatArray
    extra: FloatArray
    missed: FloatArray
    texts: FloatArray

    def accuracy(self) -> FloatArray:
        """Share of texts with exactly the right answer, shape (...)."""
        return np.asarray(self.right / np.maximum(self.texts, 1))

    def macro_f1(self) -> FloatArray:
        """Mean F1 over the labels that occur in the truth or in the predictions, shape (...).

        A label that occurs in neither is left out. Where no label occurs at all (possible in a
        multi-label task), nothing was to be found and nothing was: 1.0.
        """
        size = 2 * self.hits + self.extra + self.missed
        occurs = size > 0
        f1 = np.divide(2 * self.hits, size, out=np.zeros_like(size), where=occurs)
        labels = occurs.sum(axis=-1)
        mean = f1.sum(axis=-1) / np.maximum(labels, 1)
        return np.asarray(np.where(labels == 0, 1.0, mean), dtype=np.float64)


def indicators(task: Task, targets: Targets) -> Indicators:
    """Targets of either kind as one matrix, shape (texts, labels).

    Raises:
        UsageError: If the targets have not the shape of the task's.
    """
    labels = len(task.label_names)
    if task.multi:
        if targets.ndim != 2 or targets.shape[1] != labels:
            raise UsageError(f"Targets of shape (texts, {labels}) are needed.")
        return np.asarray(targets, dtype=np.bool_)
    if targets.ndim != 1:
        raise UsageError("Targets of shape (texts,) are needed.")
    return np.asarray(targets[:, None] == np.arange(labels), dtype=np.bool_)


def count(truth: Indicators, predicted: Indicators, weights: FloatArray | None = None) -> Counts:
    """Count what is right and wrong.

    Args:
        truth: Shape (texts, labels).
        predicted: Shape (texts, labels).
        weights: How often each text counts, shape (..., texts); once each by default.
    """
    weights = np.ones(len(truth)) if weights is None else weights
    return Counts(
        right=weights @ (truth == predicted).all(axis=1).astype(np.float64),
        hits=weights @ (truth & predicted).astype(np.float64),
        extra=weights @ (predicted & ~truth).astype(np.float64),
        missed=weights @ (truth & ~predicted).astype(np.float64),
        texts=weights.sum(axis=-1),
    )


def label_scores(task: Task, truth: Indicators, repeats: list[Indicators]) -> list[LabelScore]:
    """Precision, recall and F1 of each label, from the counts of all repeats together."""
    hits, extra, missed = (
        sum(getattr(count(truth, predicted), name) for predicted in repeats)
        for name in ("hits", "extra", "missed")
    )
    return [
        LabelScore(
            label=name,
            precision=_ratio(hits[i], hits[i] + extra[i]),
            recall=_ratio(hits[i], hits[i] + missed[i]),
            f1=_ratio(2 * hits[i], 2 * hits[i] + extra[i] + missed[i]),
            support=int(truth[:, i].sum()),
            predicted=float(hits[i] + extra[i]) / len(repeats),
        )
        for i, name in enumerate(task.label_names)
    ]


def confusion(truth: Indicators, repeats: list[Indicators]) -> tuple[tuple[float, ...], ...]:
    """How often texts of each true label (rows) were given each label (columns), single-label.

    With repeated predictions the mean over the repeats.
    """
    total = sum(truth.T.astype(np.float64) @ predicted for predicted in repeats)
    return tuple(tuple(float(cell) for cell in row) for row in np.asarray(total) / len(repeats))


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
