"""Discriminative active learning: the candidates that are most unlike the labelled ones."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from activellm.errors import UsageError
from activellm.selection.blocks import Rows
from activellm.selection.context import SelectionContext, Vectors, check_request
from activellm.selection.contract import Health, Pick, Selection
from activellm.selection.ranking import Ranking, Scores, best
from activellm.threads import one_thread

ROUNDS = 10
"""In so many parts the picks are made: after each, its picks count as labelled (section 3.3)."""

UNLABELLED_FOR_LABELLED = 10
"""So many unlabelled examples for each labelled one train the classifier, as in the paper."""


class Discriminative:
    """The candidates of which a classifier is surest that they are not labelled yet.

    The classifier tells labelled from unlabelled embeddings, knows nothing of the labels, and is
    trained anew for each part of the picks. The paper learns it on the task model's own
    representation with a small network; here it is logistic regression on the frozen embeddings,
    both sides weighing the same.

    Args:
        rounds: In how many parts the picks are made; a part has at least one pick.

    Raises:
        UsageError: If `rounds` is below 1.
    """

    name: ClassVar[str] = "discriminative"
    needs: ClassVar[frozenset[str]] = frozenset({"embeddings", "labels"})
    source: ClassVar[str] = (
        "Gissin and Shalev-Shwartz, Discriminative Active Learning (2019), section 3, on frozen "
        "sentence embeddings"
    )

    def __init__(self, rounds: int = ROUNDS) -> None:
        if rounds < 1:
            raise UsageError(f"rounds must be at least 1, not {rounds}.")
        self.rounds = rounds

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose n candidates in parts, each part those that are surest to be unlabelled.

        Raises:
            UsageError: If n does not fit the candidates, nothing is labelled, or there is no
                encoder.
        """
        check_request(context, n)
        if not context.labelled:
            raise UsageError(
                "This query strategy looks for what is unlike the labelled texts, and nothing is "
                "labelled yet.",
                where="--strategy",
                remedy="Schedule another one before it, such as --schedule "
                "'coverage, discriminative'.",
            )
        picks: list[Pick] = []
        rows = tied = np.empty(0, dtype=np.int64)
        for part in np.array_split(np.arange(n), min(self.rounds, n)):
            context.progress("Looking for unlike candidates", len(rows), n)
            ranking, scores = _part(context, rows, len(part))
            picks += [
                Pick(
                    context.candidates[row].id,
                    f"unlike what is labelled (probability {scores[row]:.2f} of being unlabelled)",
                    float(scores[row]),
                )
                for row in ranking.rows
            ]
            rows, tied = np.append(rows, ranking.rows), ranking.tied
        return Selection(
            strategy=self.name,
            picks=tuple(picks),
            explanation=f"Of {len(context.candidates)} candidates, the {n} that are least like the "
            f"{len(context.labelled)} labelled texts.",
            health=Health(tied=tuple(context.candidates[row].id for row in tied)),
        )


def _part(context: SelectionContext, picked: Rows, size: int) -> tuple[Ranking, Scores]:
    """The next picks, and for all candidates the probability of being unlabelled."""
    from scipy.special import expit

    vectors, rng = context.vectors, context.rng
    left = np.setdiff1d(np.arange(len(vectors)), picked)
    labelled = np.concatenate([context.labelled_vectors, vectors[picked]])
    some = min(len(left), UNLABELLED_FOR_LABELLED * len(labelled))
    unlabelled = vectors[np.sort(rng.choice(left, some, replace=False))]
    odds = unlabelled_odds(labelled, unlabelled, vectors)
    ranking = best(odds[left], size, rng)
    return Ranking(left[ranking.rows], left[ranking.tied]), expit(odds)


def unlabelled_odds(labelled: Vectors, unlabelled: Vectors, vectors: Vectors) -> Scores:
    """How surely each vector is unlabelled: log odds, shape (vectors,).

    Args:
        labelled: What the classifier shall know as labelled, shape (labelled, d).
        unlabelled: And as unlabelled, shape (unlabelled, d).
        vectors: What it is asked about, shape (vectors, d).
    """
    from sklearn.linear_model import LogisticRegression

    given = np.concatenate([labelled, unlabelled]).astype(np.float64)
    sides = np.repeat([0, 1], [len(labelled), len(unlabelled)])
    classifier = LogisticRegression(class_weight="balanced", max_iter=1000)
    with one_thread():
        classifier.fit(given, sides)
    direction = classifier.coef_[0].astype(np.float32)
    return np.asarray(vectors @ direction + classifier.intercept_, dtype=np.float64)
