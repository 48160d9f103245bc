"""Stop when a round changes no prediction."""

from __future__ import annotations

from typing import ClassVar

from activellm.stopping.contract import History, Verdict
from activellm.stopping.options import check_number
from activellm.stopping.predictions import successive
from activellm.stopping.words import cannot_say, percent, plural


class ClassificationChange:
    """The last round changed the predictions of (nearly) no text.

    Multi-label: a text changes with any of its labels.

    Args:
        threshold: Share of texts that may change and still count as none, 0 to 1; the paper's 0.

    Raises:
        UsageError: If the threshold is out of its range.
    """

    name: ClassVar[str] = "classification-change"
    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})
    source: ClassVar[str] = (
        "Zhu, Wang and Hovy 2008, Multi-criteria-based strategy to stop active learning for data "
        "annotation, classification-change; a share that may change as in Schröder et al. 2023, "
        "small-text"
    )

    def __init__(self, threshold: float = 0.0) -> None:
        self.threshold = check_number(self.name, "threshold", threshold, high=1)

    def judge(self, history: History) -> Verdict:
        """See `StoppingCriterion.judge`."""
        found = successive(history, 2)
        if found.lacking:
            return cannot_say(self.name, found.lacking, self.threshold)
        before, now = found.decided[-2:]
        texts = len(now)
        changed = int((before != now).reshape(texts, -1).any(axis=1).sum())
        share = changed / texts
        return Verdict(
            self.name,
            "stop" if share <= self.threshold else "go on",
            share,
            self.threshold,
            f"The last round changed the answer to {changed} of {plural(texts, 'text')} of the "
            f"pool ({percent(share)}); settled is {percent(self.threshold)} or less.",
        )
