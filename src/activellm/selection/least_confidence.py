"""Least confidence: the candidates whose most probable label is least probable."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Selection
from activellm.selection.fitted import Probabilities
from activellm.selection.ranking import Scores, select_best


class LeastConfidence:
    """The candidates whose most probable label is least probable.

    Multi-label: the mean over labels of how improbable each label's likelier side is.
    """

    name: ClassVar[str] = "least-confidence"
    needs: ClassVar[frozenset[str]] = frozenset({"successor"})
    source: ClassVar[str] = (
        "Lewis and Gale, A Sequential Algorithm for Training Text Classifiers (SIGIR 1994); "
        "Culotta and McCallum, Reducing Labeling Effort for Structured Prediction Tasks (AAAI "
        "2005)"
    )

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose the n candidates of least confidence.

        Raises:
            UsageError: If n does not fit the candidates, or nothing is trained.
        """
        check_request(context, n)
        scores = doubts(context.probabilities, multi=context.task.multi)
        return select_best(
            context,
            scores,
            n,
            strategy=self.name,
            explanation=f"Of {len(context.candidates)} candidates, the {n} of whose label the "
            "classifier is least confident.",
            reason=lambda row: f"the classifier is {100 * (1 - scores[row]):.0f} % confident",
        )


def doubts(probabilities: Probabilities, *, multi: bool) -> Scores:
    """1 minus the probability of the likeliest answer, shape (texts,), 0 is sure.

    Args:
        probabilities: Shape (texts, labels). Of multi-label tasks each entry is a probability by
            itself; there it is the mean over labels.
        multi: Whether they are.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if multi:
        return np.asarray(np.minimum(p, 1 - p).mean(axis=1))
    return np.asarray(1 - p.max(axis=1))
