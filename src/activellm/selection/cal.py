"""CAL: the candidates that the classifier sees unlike the labelled texts nearest to them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Selection
from activellm.selection.fitted import Features, Probabilities
from activellm.selection.ranking import Scores, select_best

LEAST = 1e-7
"""Probabilities are at least this: a divergence from 0 would be infinite."""


class Cal:
    """The candidates whose prediction differs most from those of their labelled neighbours.

    Neighbours are nearest in what the classifier's last layer reads. The score is the mean
    Kullback-Leibler divergence of the candidate's prediction from its neighbours'. Multi-label: the
    sum over labels.

    Args:
        neighbours: How many labelled texts are looked at.

    Raises:
        UsageError: If there is none.
    """

    name: ClassVar[str] = "cal"
    needs: ClassVar[frozenset[str]] = frozenset({"labels", "successor", "features"})
    source: ClassVar[str] = (
        "Margatina et al., Active Learning by Acquiring Contrastive Examples (EMNLP 2021), "
        "algorithm 1"
    )

    def __init__(self, neighbours: int = 10) -> None:
        if neighbours < 1:
            raise UsageError(f"neighbours must be at least 1, not {neighbours}.")
        self.neighbours = neighbours

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose the n candidates of highest mean divergence.

        Raises:
            UsageError: If n does not fit the candidates, nothing is labelled or trained, or the
                successor has no last layer to look into.
        """
        check_request(context, n)
        if not context.labelled:
            raise UsageError(
                "This query strategy compares candidates with labelled texts, and there are none.",
                where="--strategy",
                remedy="Schedule another one before it, such as --schedule 'coverage*2, cal'.",
            )
        near = nearest(context.features, context.labelled_features, self.neighbours)
        known = context.labelled_probabilities
        scores = divergences(context.probabilities, known, near, multi=context.task.multi)
        return select_best(
            context,
            scores,
            n,
            strategy=self.name,
            explanation=f"Of {len(context.candidates)} candidates, the {n} whose prediction "
            f"differs most from those of the labelled texts nearest to each ({near.shape[1]}).",
            reason=lambda row: f"predicted unlike its labelled neighbours ({scores[row]:.2f} nats)",
        )


def nearest(features: Features, labelled: Features, count: int) -> npt.NDArray[np.int64]:
    """The nearest labelled rows of each row, shape (rows, neighbours).

    Args:
        features: Shape (rows, d).
        labelled: Shape (labelled, d).
        count: How many neighbours; no more than there are.
    """
    from sklearn.neighbors import NearestNeighbors

    count = min(count, len(labelled))
    index = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(labelled)
    return np.asarray(index.kneighbors(features, return_distance=False), dtype=np.int64)


def divergences(
    probabilities: Probabilities,
    labelled: Probabilities,
    near: npt.NDArray[np.int64],
    *,
    multi: bool,
) -> Scores:
    """The mean divergence of each candidate's prediction from its neighbours', in nats.

    Args:
        probabilities: The candidates', shape (candidates, labels).
        labelled: The labelled texts', shape (labelled, labels).
        near: Each candidate's neighbours among the labelled, shape (candidates, neighbours).
        multi: Whether each entry is a probability by itself.
    """
    ours, theirs = _outcomes(probabilities, multi), _outcomes(labelled, multi)
    # The mean over neighbours of sum p log(p / q), without a number per neighbour and label.
    certainty = (theirs * np.log(theirs)).sum(axis=1)[near].mean(axis=1)
    mean = sum(theirs[column] for column in near.T) / near.shape[1]
    return np.asarray(certainty - (mean * np.log(ours)).sum(axis=1))


def _outcomes(probabilities: Probabilities, multi: bool) -> Probabilities:
    """Distributions without zeros; of multi-label tasks yes and no of each label, side by side."""
    p = np.asarray(probabilities, dtype=np.float64)
    if multi:
        yes = np.clip(p, LEAST, 1 - LEAST)
        return np.hstack([yes, 1 - yes])
    p = np.maximum(p, LEAST)
    return np.asarray(p / p.sum(axis=1, keepdims=True))
