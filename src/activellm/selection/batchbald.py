"""BatchBALD: a batch whose labels together would tell most about the classifier's weights."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.selection.bald import PASSES, checked_passes, mutual_information
from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Pick, Selection
from activellm.selection.entropy import entropies
from activellm.selection.fitted import Probabilities
from activellm.selection.ranking import Rows, Scores, best

CONFIGURATIONS = 1000
"""Combinations of the picks' labels that are counted at most; beyond, so many are drawn."""

SHORT_LIST = 20
"""Candidates a pick that are looked at: those with the highest BALD scores."""

_NUMBERS = 4_000_000
"""Numbers held at a time while scores are computed."""


class BatchBald:
    """Picks one after the other, each with what it tells beyond the picks before it.

    Two texts that tell the same count once, which BALD does not see. The entropy of the picks'
    labels together is exact for as many combinations of labels as `configurations`; beyond, it is
    estimated from drawn ones. Only the candidates with the highest BALD scores are looked at, 20
    for each pick.

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
        rows, gains = greedy(sampled[:, short], n, self.configurations, context.rng)
        return Selection(
            strategy=self.name,
            picks=tuple(
                Pick(
                    context.candidates[short[row]].id,
                    f"tells {gain:.3f} nats beyond the picks before it",
                    float(gain),
                )
                for row, gain in zip(rows, gains, strict=True)
            ),
            explanation=f"Of {len(context.candidates)} candidates, the {n} whose labels together "
            f"would tell most about the classifier, by {self.passes} draws of it.",
        )


def greedy(
    sampled: Probabilities, n: int, configurations: int, rng: np.random.Generator
) -> tuple[Rows, Scores]:
    """N rows, each with the highest joint mutual information together with those before it.

    Args:
        sampled: Shape (passes, rows, labels).
        n: From 1 to the number of rows.
        configurations: See `BatchBald`.
        rng: Draws configurations, and orders equals.

    Returns:
        The rows, and by how many nats each raised the joint mutual information.
    """
    by_row = np.ascontiguousarray(sampled.transpose(1, 0, 2), dtype=np.float64)
    conditional = entropies(sampled, multi=False).mean(axis=0)
    joint = _Joint(by_row, configurations, rng)
    rows: list[int] = []
    gains: list[float] = []
    known = 0.0
    while len(rows) < n:
        information = joint.entropies() - conditional - conditional[rows].sum()
        information[rows] = -np.inf
        row = int(best(information, 1, rng).rows[0])
        gains.append(float(information[row]) - known)
        known = float(information[row])
        rows.append(row)
        joint.add(row)
    return np.array(rows, dtype=np.int64), np.array(gains)


class _Joint:
    """The distribution of the chosen rows' labels together, under each pass.

    Attributes:
        table: Shape (configurations, passes): the probability of each configuration under each
            pass, each line divided by its largest entry, whose logarithm is in `scale`.
        drawn: Whether configurations are drawn, each standing for as many, and not counted.
    """

    def __init__(self, by_row: Probabilities, most: int, rng: np.random.Generator) -> None:
        self._by_row, self._most, self._rng = by_row, most, rng
        self._rows: list[int] = []
        passes = by_row.shape[1]
        self.table = np.ones((1, passes))
        self.scale = np.zeros(1)
        self.drawn = False
        self._pass_of = np.arange(most) % passes

    def add(self, row: int) -> None:
        """Choose one more row."""
        self._rows.append(row)
        labels = self._by_row.shape[2]
        if not self.drawn and len(self.table) * labels <= self._most:
            self._extend(
                self.table[:, None, :] * self._by_row[row].T[None], np.repeat(self.scale, labels)
            )
            return
        if not self.drawn:
            self.drawn = True
            self.table = np.ones((self._most, self.table.shape[1]))
            self.scale = np.zeros(self._most)
            for earlier in self._rows[:-1]:
                self._draw(earlier)
        self._draw(row)

    def _draw(self, row: int) -> None:
        """Draw a label of the row for each configuration, from the pass that it belongs to."""
        p = self._by_row[row]
        borders = p[self._pass_of].cumsum(axis=1)
        label = (self._rng.random((self._most, 1)) * borders[:, -1:] >= borders).sum(axis=1)
        label = np.minimum(label, p.shape[1] - 1)
        self._extend(self.table * p[:, label].T, self.scale)

    def _extend(self, table: npt.NDArray[np.float64], scale: npt.NDArray[np.float64]) -> None:
        table = table.reshape(-1, table.shape[-1])
        largest = np.maximum(table.max(axis=1), 1e-300)
        self.table, self.scale = table / largest[:, None], scale + np.log(largest)

    def entropies(self) -> Scores:
        """The entropy of the chosen rows' labels together with each row's, shape (rows,)."""
        rows, passes, labels = self._by_row.shape
        size = max(1, _NUMBERS // (len(self.table) * labels))
        found = np.empty(rows)
        for start in range(0, rows, size):
            block = self._by_row[start : start + size]
            flat = block.transpose(1, 0, 2).reshape(passes, -1)
            found[start : start + size] = self._entropies_of(flat).reshape(-1, labels).sum(axis=1)
        return found

    def _entropies_of(self, probabilities: Probabilities) -> Scores:
        """Each column's part of its row's entropy, shape (columns,)."""
        passes = len(probabilities)
        together = self.table @ probabilities / passes
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(together) + self.scale[:, None]
            surprise = np.where(together > 0, -together * logs, 0.0)
        if self.drawn:
            weights = 1 / (len(self.table) * self.table.mean(axis=1))
        else:
            weights = np.exp(self.scale)
        return np.asarray(weights @ surprise)
