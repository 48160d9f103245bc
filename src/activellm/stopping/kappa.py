"""Stop when successive classifiers agree."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import numpy as np

from activellm.stopping.contract import History, Verdict
from activellm.stopping.options import check_number
from activellm.stopping.predictions import successive
from activellm.stopping.words import cannot_say, percent, plural
from activellm.task import Targets


class KappaAverage:
    """The average kappa between the predictions of successive classifiers is high.

    Cohen's kappa is the agreement beyond what chance gives. Multi-label: over all cells of texts
    and labels, each a yes or no.

    Args:
        threshold: Average kappa from which to stop; the paper's 0.99.
        window: How many of the last kappas to average, at least 1; the paper's 3, for which four
            classifiers are needed.

    Raises:
        UsageError: If an option is out of its range.
    """

    name: ClassVar[str] = "kappa"
    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})
    source: ClassVar[str] = (
        "Bloodgood and Vijay-Shanker 2009, A method for stopping active learning based on "
        "stabilizing predictions and the need for user-adjustable stopping, section 3"
    )

    def __init__(self, threshold: float = 0.99, window: int = 3) -> None:
        self.threshold = check_number(self.name, "threshold", threshold, high=1)
        self.window = int(check_number(self.name, "window", window, low=1, whole=True))

    def judge(self, history: History) -> Verdict:
        """See `StoppingCriterion.judge`."""
        found = successive(history, self.window + 1)
        if found.lacking:
            return cannot_say(self.name, found.lacking, self.threshold)
        last = found.decided[-self.window - 1 :]
        kappas = [kappa(one, two) for one, two in pairwise(last)]
        average = float(np.mean(kappas))
        return Verdict(
            self.name,
            "stop" if average >= self.threshold else "go on",
            average,
            self.threshold,
            f"The last two classifiers agree on {percent(float((last[-1] == last[-2]).mean()))} of "
            f"the answers to {plural(len(last[-1]), 'text')} of the pool (kappa {kappas[-1]:.2f}). "
            f"The average of the last {plural(self.window, 'kappa')} is {average:.3f}; stable is "
            f"{self.threshold:g} or more.",
        )


def kappa(one: Targets, two: Targets) -> float:
    """Cohen's kappa between two sets of predictions; 1.0 where they are equal.

    Source: Cohen 1960, A coefficient of agreement for nominal scales.

    Args:
        one: Predictions in the form of `Task.targets`.
        two: Others of the same texts, same shape.
    """
    if np.array_equal(one, two):
        return 1.0
    observed = float((one == two).mean())
    answers = np.union1d(one, two)
    shares = [(each.ravel()[:, None] == answers).mean(axis=0) for each in (one, two)]
    expected = float(shares[0] @ shares[1])
    return (observed - expected) / (1 - expected)
