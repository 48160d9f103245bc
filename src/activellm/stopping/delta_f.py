"""Stop when F1 can hardly have changed in the last rounds."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import numpy as np

from activellm.stopping.contract import History, Verdict
from activellm.stopping.options import check_number
from activellm.stopping.predictions import successive
from activellm.stopping.words import cannot_say, listed, plural
from activellm.task import Targets, Task


class DeltaF:
    """F1 between successive classifiers' predictions stays near 1, so F1 against the truth stays.

    The paper is about one positive label. Named by `positive`, that label counts alone. By
    default we take the mean over all labels, which predicts the change of macro-F1; a label that
    neither classifier gives is left out. Multi-label: each label by itself, the same mean.

    Args:
        threshold: Predicted change below which to stop, 0 to 1; the paper's 0.05, five points.
        window: For how many rounds in a row, at least 1; the paper's 3.
        positive: The label whose F1 counts; empty for the mean over all.

    Raises:
        UsageError: If an option is out of its range.
    """

    name: ClassVar[str] = "delta-f"
    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})
    source: ClassVar[str] = (
        "Altschuler and Bloodgood 2019, Stopping active learning based on predicted change of F "
        "measure for text classification (arXiv 1901.09118), predicted change of F; the mean over "
        "labels is ours"
    )

    def __init__(self, threshold: float = 0.05, window: int = 3, positive: str = "") -> None:
        self.threshold = check_number(self.name, "threshold", threshold, high=1)
        self.window = int(check_number(self.name, "window", window, low=1, whole=True))
        self.positive = str(positive)

    def judge(self, history: History) -> Verdict:
        """See `StoppingCriterion.judge`."""
        names = history.task.label_names
        if self.positive and self.positive not in names:
            why = f"The task has no label {self.positive!r}; it has {listed(names)}."
            return cannot_say(self.name, why, self.threshold)
        found = successive(history, self.window + 1)
        if found.lacking:
            return cannot_say(self.name, found.lacking, self.threshold)
        given = [self._given(decided, history.task) for decided in found.decided]
        changes = [_change(one, two) for one, two in pairwise(given[-self.window - 1 :])]
        if any(change is None for change in changes):
            why = "In the last rounds no text got a label whose F1 could change."
            return cannot_say(self.name, why, self.threshold)
        worst = max(change for change in changes if change is not None)
        of = f"the F1 of {self.positive!r}" if self.positive else "macro-F1"
        return Verdict(
            self.name,
            "stop" if worst < self.threshold else "go on",
            worst,
            self.threshold,
            f"Judging by how the predictions changed, {of} moved by {100 * worst:.1f} points or "
            f"less in each of the last {plural(self.window, 'round')}; settled is less than "
            f"{100 * self.threshold:g}.",
        )

    def _given(self, decided: Targets, task: Task) -> Targets:
        """Which text got which of the labels that count: 0 and 1, shape (texts, labels)."""
        table = decided if task.multi else decided[:, None] == np.arange(len(task.label_names))
        if self.positive:
            table = table[:, [task.label_names.index(self.positive)]]
        return np.asarray(table, dtype=np.int64)


def _change(one: Targets, two: Targets) -> float | None:
    """1 minus the mean F1 of labels between two predictions; None if no label is given in either.

    Args:
        one: 0 and 1, shape (texts, labels).
        two: Of the same shape.
    """
    given = one.sum(axis=0) + two.sum(axis=0)
    both = (one & two).sum(axis=0)
    if not given.any():
        return None
    return float(1 - np.mean(2 * both[given > 0] / given[given > 0]))
