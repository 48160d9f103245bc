"""Breaking ties: the candidates whose two most probable labels are nearly equally probable."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Selection
from activellm.selection.fitted import Probabilities
from activellm.selection.ranking import Scores, select_best


class BreakingTies:
    """The candidates whose two most probable labels are closest to each other.

    Multi-label: the mean over labels of how close yes and no are.
    """

    name: ClassVar[str] = "breaking-ties"
    needs: ClassVar[frozenset[str]] = frozenset({"successor"})
    source: ClassVar[str] = (
        "Luo et al., Active Learning to Recognize Multiple Types of Plankton (JMLR 6, 2005); "
        "Scheffer, Decomain and Wrobel, Active Hidden Markov Models for Information "
        "Extraction (IDA 2001)"
    )

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose the n candidates of smallest margin.

        Raises:
            UsageError: If n does not fit the candidates, or nothing is trained.
        """
        check_request(context, n)
        found = margins(context.probabilities, multi=context.task.multi)
        return select_best(
            context,
            -found,
            n,
            strategy=self.name,
            explanation=f"Of {len(context.candidates)} candidates, the {n} whose two most probable "
            "labels are closest to each other.",
            reason=lambda row: f"two labels are nearly as probable (margin {found[row]:.2f})",
        )


def margins(probabilities: Probabilities, *, multi: bool) -> Scores:
    """The most probable label's lead over the second, shape (texts,), 0 is a tie.

    Args:
        probabilities: Shape (texts, labels). Of multi-label tasks each entry is a probability by
            itself; there it is the mean over labels of the lead of yes over no, or of no over yes.
        multi: Whether they are.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if multi:
        return np.asarray(np.abs(2 * p - 1).mean(axis=1))
    second, first = np.partition(p, -2, axis=1)[:, -2:].T
    return np.asarray(first - second)
