"""Prediction entropy: the candidates whose label the classifier knows least."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Selection
from activellm.selection.fitted import Probabilities
from activellm.selection.ranking import Scores, select_best


class Entropy:
    """The candidates whose label probabilities have the highest entropy.

    Multi-label: the sum over labels of each label's own entropy (yes or no).
    """

    name: ClassVar[str] = "entropy"
    needs: ClassVar[frozenset[str]] = frozenset({"successor"})
    source: ClassVar[str] = (
        "Holub, Perona and Burl, Entropy-based active learning for object recognition (CVPR "
        "workshops 2008); Settles, Active Learning Literature Survey (2009), section 3.1"
    )

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose the n candidates of highest entropy.

        Raises:
            UsageError: If n does not fit the candidates, or nothing is trained.
        """
        check_request(context, n)
        scores = entropies(context.probabilities, multi=context.task.multi)
        return select_best(
            context,
            scores,
            n,
            strategy=self.name,
            explanation=f"Of {len(context.candidates)} candidates, the {n} whose label the "
            "classifier knows least (highest entropy).",
            reason=lambda row: (
                f"the classifier does not know its label (entropy {scores[row]:.2f})"
            ),
        )


def entropies(probabilities: Probabilities, *, multi: bool) -> Scores:
    """Entropy of each row in nats, shape (...,).

    Args:
        probabilities: Shape (..., labels). Of multi-label tasks each entry is a probability by
            itself.
        multi: Whether they are.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if not multi:
        return _entropies(p)
    yes = np.clip(p, 0.0, 1.0)  # rounding may leave a little more than 1
    return _entropies(yes) + _entropies(1 - yes)


def _entropies(p: Probabilities) -> Scores:
    logs = np.log(np.maximum(p, np.finfo(np.float64).tiny))
    return np.asarray(0.0 - np.einsum("...l,...l->...", p, logs))
