"""Stop when the classifier is sure of nearly all texts."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from activellm.stopping.contract import History, Probabilities, Verdict
from activellm.stopping.options import check_number
from activellm.stopping.predictions import successive
from activellm.stopping.words import cannot_say, plural


class OverallUncertainty:
    """The mean entropy of the last classifier's predictions is low.

    Entropy is divided by its highest possible value, so 0 is sure and 1 is a guess. The paper
    looks at all unlabelled texts, we at the stop set. Multi-label: the mean over all cells of
    texts and labels, each a yes or no. It trusts the classifier's probabilities: one that is sure
    of what is wrong stops too early, and a cautious one never.

    Args:
        threshold: Mean entropy below which to stop, from 0 to 1.

    Raises:
        UsageError: If the threshold is out of its range.
    """

    name: ClassVar[str] = "overall-uncertainty"
    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})
    source: ClassVar[str] = (
        "Zhu, Wang and Hovy 2008, Multi-criteria-based strategy to stop active learning for data "
        "annotation, overall-uncertainty; entropy over its maximum and 0.05 as in Schröder et al. "
        "2023, small-text"
    )

    def __init__(self, threshold: float = 0.05) -> None:
        self.threshold = check_number(self.name, "threshold", threshold, high=1)

    def judge(self, history: History) -> Verdict:
        """See `StoppingCriterion.judge`."""
        found = successive(history, 1)
        if found.lacking:
            return cannot_say(self.name, found.lacking, self.threshold)
        last = found.probabilities[-1]
        value = float(_entropies(last, multi=history.task.multi).mean())
        return Verdict(
            self.name,
            "stop" if value < self.threshold else "go on",
            value,
            self.threshold,
            f"The mean uncertainty of {plural(len(last), 'text')} of the pool is {value:.3f} "
            f"(0: sure of all, 1: guesses); sure enough means below {self.threshold:g}.",
        )


def _entropies(probabilities: Probabilities, *, multi: bool) -> Probabilities:
    """Entropy over its highest value: shape (texts,), or (texts, labels) if multi-label."""
    from scipy.special import entr

    if multi:
        return np.asarray((entr(probabilities) + entr(1 - probabilities)) / np.log(2))
    return np.asarray(entr(probabilities).sum(axis=1) / np.log(probabilities.shape[1]))
