"""Class-balanced variants: the best by another strategy's score, from each expected label alike."""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import ClassVar

import numpy as np

from activellm.errors import UsageError
from activellm.selection.bald import PASSES, checked_passes, mutual_information
from activellm.selection.breaking_ties import margins
from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Health, Pick, Selection
from activellm.selection.coverage import fair_shares, labels_given
from activellm.selection.entropy import entropies
from activellm.selection.least_confidence import doubts
from activellm.selection.ranking import Ranking, Rows, Scores, best

SOURCE = (
    "Idea: Bengar et al., Class-Balanced Active Learning for Image Classification (WACV 2022), "
    "who solve for it together with the scores; this variant shares the picks out among the labels "
    "that the classifier expects"
)


class _Balanced:
    """What the variants have in common; each gives the score."""

    name: ClassVar[str]

    def _scores(self, context: SelectionContext) -> Scores:
        raise NotImplementedError

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose n candidates, from each expected label those of the highest scores.

        Labels given so far count against a label's share.

        Raises:
            UsageError: If n does not fit the candidates, nothing is trained, or the task is
                multi-label, where a text has no one expected label.
        """
        check_request(context, n)
        if context.task.multi:
            raise UsageError(
                f"The strategy {self.name!r} shares picks among labels of which a text has one, "
                "and this task is multi-label.",
                where="--strategy",
                remedy=f"Use {self.name.removeprefix('balanced-')!r}.",
            )
        scores, expected = self._scores(context), context.probabilities.argmax(axis=1)
        members = [np.flatnonzero(expected == label) for label in range(len(context.task.labels))]
        available = [len(rows) for rows in members]
        shares = fair_shares(n, available, labels_given(context.task, context.labelled))
        ranked = [
            _best_of(scores, rows, share, context.rng)
            for rows, share in zip(members, shares, strict=True)
        ]
        in_turn = chain.from_iterable(zip_longest(*(one.rows.tolist() for one in ranked)))
        return Selection(
            strategy=self.name,
            picks=tuple(
                self._pick(context, row, expected[row], scores[row])
                for row in in_turn
                if row is not None
            ),
            explanation=_explain(context, available, shares),
            health=Health(
                tied=tuple(context.candidates[row].id for one in ranked for row in one.tied)
            ),
        )

    def _pick(self, context: SelectionContext, row: int, label: int, score: float) -> Pick:
        name = context.task.label_names[label]
        return Pick(
            context.candidates[row].id,
            f"expected label {name}, among those the classifier is least sure of",
            float(score),
        )


class BalancedLeastConfidence(_Balanced):
    """From each expected label alike, the candidates of least confidence."""

    name: ClassVar[str] = "balanced-least-confidence"
    needs: ClassVar[frozenset[str]] = frozenset({"successor"})
    source: ClassVar[str] = SOURCE

    def _scores(self, context: SelectionContext) -> Scores:
        return doubts(context.probabilities, multi=False)


class BalancedEntropy(_Balanced):
    """From each expected label alike, the candidates of highest entropy."""

    name: ClassVar[str] = "balanced-entropy"
    needs: ClassVar[frozenset[str]] = frozenset({"successor"})
    source: ClassVar[str] = SOURCE

    def _scores(self, context: SelectionContext) -> Scores:
        return entropies(context.probabilities, multi=False)


class BalancedBreakingTies(_Balanced):
    """From each expected label alike, the candidates of smallest margin."""

    name: ClassVar[str] = "balanced-breaking-ties"
    needs: ClassVar[frozenset[str]] = frozenset({"successor"})
    source: ClassVar[str] = SOURCE

    def _scores(self, context: SelectionContext) -> Scores:
        return -margins(context.probabilities, multi=False)


class BalancedBald(_Balanced):
    """From each expected label alike, the candidates on which draws of the classifier disagree.

    Args:
        passes: How many draws.

    Raises:
        UsageError: If there are fewer than two.
    """

    name: ClassVar[str] = "balanced-bald"
    needs: ClassVar[frozenset[str]] = frozenset({"successor", "samples"})
    source: ClassVar[str] = SOURCE

    def __init__(self, passes: int = PASSES) -> None:
        self.passes = checked_passes(passes)

    def _scores(self, context: SelectionContext) -> Scores:
        return mutual_information(context.sampled_probabilities(self.passes), multi=False)


def _best_of(scores: Scores, rows: Rows, n: int, rng: np.random.Generator) -> Ranking:
    """The n best of some rows; none if n is 0."""
    if n == 0:
        return Ranking(rows[:0], rows[:0])
    found = best(scores[rows], n, rng)
    return Ranking(rows[found.rows], rows[found.tied])


def _explain(context: SelectionContext, available: list[int], shares: list[int]) -> str:
    parts = [
        f"{share} of {count} expected to be {name}"
        for name, share, count in zip(context.task.label_names, shares, available, strict=True)
    ]
    return (
        "Each label that the classifier expects got its share of the picks, those given so far "
        f"included, and inside each the least sure candidates were taken: {', '.join(parts)}."
    )
