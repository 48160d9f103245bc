"""BatchBALD: a batch whose labels together would tell most about the classifier's weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.selection.bald import PASSES, checked_passes, mutual_information
from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Health, Pick, Selection
from activellm.selection.entropy import entropies
from activellm.selection.fitted import Probabilities
from activellm.selection.ranking import Rows, Scores, best

CONFIGURATIONS = 1000
"""Combinations of the picks' labels that are counted at most; beyond, so many are drawn."""

SHORT_LIST = 20
"""Candidates a pick that are looked at: those with the highest BALD scores."""

NEARLY_ALL = 0.95
"""Where the picks tell so much of what the passes can tell, the last picks tell hardly anything."""

_NUMBERS = 4_000_000
"""Numbers held at a time while scores are computed."""


class BatchBald:
    """Picks one after the other, each with what it tells beyond the picks before it.

    Two texts that tell the same count once, which BALD does not see. What the picks tell is exact
    for as many combinations of their labels as `configurations`; beyond, it is estimated from drawn
    ones. Only the candidates with the highest BALD scores are looked at, 20 for each pick.

    The labels of any number of texts can tell no more than which of the passes is right, the
    logarithm of `passes` in nats. Where the picks come near it, the selection says so.

    Args:
        passes: Draws of the classifier's weights.
        configurations: Combinations of labels that are counted or drawn.

    Raises:
        UsageError: If there are fewer than two passes or configurations.
    """

    name: ClassVar[str] = "batchbald"
    needs: ClassVar[frozenset[str]] = frozenset({"successor", "samples"})
    source: ClassVar[str] = (
        "Kirsch, van Amersfoort and Gal, BatchBALD: Efficient and Diverse Batch Acquisition for "
        "Deep Bayesian Active Learning (NeurIPS 2019), sections 3.2 and 3.3"
    )

    def __init__(self, passes: int = PASSES, configurations: int = CONFIGURATIONS) -> None:
        self.passes = checked_passes(passes)
        if configurations < 2:
            raise UsageError(f"configurations must be at least 2, not {configurations}.")
        self.configurations = configurations

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose n candidates greedily by their joint mutual information.

        Raises:
            UsageError: If n does not fit the candidates, nothing is trained, the successor cannot
                draw, or the task is multi-label.
        """
        check_request(context, n)
        if context.task.multi:
            raise UsageError(
                "The strategy 'batchbald' counts combinations of labels of which a text has one, "
                "and this task is multi-label.",
                where="--strategy",
                remedy="Use 'bald'.",
            )
        sampled = context.sampled_probabilities(self.passes)
        single = mutual_information(sampled, multi=False)
        short = best(single, min(len(single), SHORT_LIST * n), context.rng).rows
        batch = greedy(sampled[:, short], n, self.configurations, context.rng)
        return Selection(
            strategy=self.name,
            picks=tuple(
                Pick(
                    context.candidates[short[row]].id,
                    f"tells {gain:.3f} nats beyond the picks before it",
                    float(gain),
                )
                for row, gain in zip(batch.rows, batch.gains, strict=True)
            ),
            explanation=f"Of {len(context.candidates)} candidates, the {n} whose labels together "
            f"would tell most about the classifier, by {self.passes} draws of it.",
            health=Health(
                tied=tuple(context.candidates[short[row]].id for row in batch.tied),
                warnings=_warnings(batch.gains, self.passes),
            ),
        )


@dataclass(frozen=True)
class Batch:
    """Rows that tell much together.

    Attributes:
        rows: In the order in which they were chosen.
        gains: By how many nats each raised what they tell together.
        tied: All rows that would have told as much as the last one, if it is not the only one.
    """

    rows: Rows
    gains: Scores
    tied: Rows


def greedy(sampled: Probabilities, n: int, configurations: int, rng: np.random.Generator) -> Batch:
    """N rows, each the one that tells most about the weights beyond those before it.

    A row's gain is the mutual information between its label and the weights, given the labels of
    the rows before it: the difference of the paper's joint scores with and without it.

    Args:
        sampled: Shape (passes, rows, labels).
        n: From 1 to the number of rows.
        configurations: See `BatchBald`.
        rng: Draws configurations, and orders equals.
    """
    conditional = entropies(sampled, multi=False)
    beliefs = Beliefs(np.full((1, len(sampled)), 1 / len(sampled)), np.ones(1))
    rows: list[int] = []
    gains: list[float] = []
    while True:
        scores = np.maximum(beliefs.entropies(sampled) - beliefs.mean @ conditional, 0.0)
        scores[rows] = -np.inf
        ranking = best(scores, 1, rng)
        rows.append(int(ranking.rows[0]))
        gains.append(float(scores[rows[-1]]))
        if len(rows) == n:
            return Batch(np.array(rows, dtype=np.int64), np.array(gains), ranking.tied)
        beliefs = beliefs.after(sampled[:, rows[-1]], configurations, rng)


@dataclass(frozen=True)
class Beliefs:
    """Which pass would be right, for each configuration of the chosen rows' labels.

    Bayes' rule: a pass is as probable as it finds the configuration. The paper keeps the
    configurations' probabilities instead, which shrink with every row, and subtracts large numbers
    that are estimated apart; the gains from beliefs are the same, but never below 0.

    Attributes:
        passes: Shape (configurations, passes), lines sum to 1.
        weights: How probable each configuration is, shape (configurations,), sum 1.
    """

    passes: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """Which pass is right over all configurations, shape (passes,)."""
        return np.asarray(self.weights @ self.passes)

    def entropies(self, sampled: Probabilities) -> Scores:
        """The entropy of each row's label in nats, where the configuration is known.

        Args:
            sampled: Shape (passes, rows, labels).
        """
        _, rows, labels = sampled.shape
        size = max(1, _NUMBERS // (len(self.weights) * labels))
        found = np.empty(rows)
        for start in range(0, rows, size):
            block = sampled[:, start : start + size].reshape(len(sampled), -1)
            p = self.passes @ block
            p *= np.log(np.maximum(p, np.finfo(np.float64).tiny))
            found[start : start + size] = -(self.weights @ p).reshape(-1, labels).sum(axis=1)
        return found

    def after(self, chances: Probabilities, most: int, rng: np.random.Generator) -> Beliefs:
        """The beliefs with one more row's label in the configurations.

        Args:
            chances: The row's probabilities, shape (passes, labels).
            most: Beyond so many configurations, so many are drawn.
            rng: Draws them, each as often as it is probable but for rounding.
        """
        joint = (self.weights[:, None] * (self.passes @ chances)).ravel()
        cells = np.flatnonzero(joint)
        weights = joint[cells]
        if len(cells) > most:
            places = (np.arange(most) + rng.random(most)) / most
            ends = weights.cumsum()
            found = np.searchsorted(ends, places * ends[-1], side="right")
            cells = cells[np.minimum(found, len(cells) - 1)]
            weights = np.ones(most)
        line, label = np.divmod(cells, chances.shape[1])
        passes = self.passes[line] * chances[:, label].T
        return Beliefs(passes / passes.sum(axis=1, keepdims=True), weights / weights.sum())


def _warnings(gains: Scores, passes: int) -> tuple[str, ...]:
    enough = np.flatnonzero(gains.cumsum() >= NEARLY_ALL * math.log(passes))
    if len(enough) == 0 or enough[0] == len(gains) - 1:
        return ()
    return (
        f"The first {enough[0] + 1} picks tell nearly all that {passes} draws of the classifier "
        f"can: more passes would choose the other {len(gains) - enough[0] - 1} better.",
    )
