"""Greedy core-set: each pick is the candidate farthest from all that is labelled or picked."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from activellm.selection.blocks import (
    DIGITS,
    Distances,
    blocks,
    mean_vector,
    nearest,
    squared_norms,
)
from activellm.selection.context import SelectionContext, Vectors, check_request
from activellm.selection.contract import Health, Pick, Selection
from activellm.selection.greedy import Chooser
from activellm.threads import one_thread


class Coreset:
    """Greedy k-centre: whatever is left, each pick lies farthest from what is there already.

    Distances are Euclidean between unit vectors. With nothing labelled, the first pick is the
    candidate nearest the mean of all, so that only ties are left to the seed. Takes memory for a
    few numbers a candidate beyond the vectors, and reads all vectors once a pick.
    """

    name: ClassVar[str] = "coreset"
    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    source: ClassVar[str] = (
        "Sener and Savarese, Active Learning for Convolutional Neural Networks: A Core-Set "
        "Approach (ICLR 2018), Algorithm 1, on sentence embeddings"
    )

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose n candidates, each the farthest from the labelled and from those before it.

        Raises:
            UsageError: If n does not fit the candidates, or there is no encoder.
        """
        check_request(context, n)
        labelled = context.labelled_vectors if context.labelled else None
        search = _Search(context.vectors, labelled, context.rng)
        picks = []
        for done in range(n):
            context.progress("Looking for the farthest candidate", done, n)
            with one_thread():
                row, distance = search.farthest()
            picks.append(Pick(context.candidates[row].id, _reason(distance), distance))
        return Selection(
            strategy=self.name,
            picks=tuple(picks),
            explanation=f"Of {len(context.candidates)} candidates, one after the other the one "
            "that is least like everything labelled or picked before it.",
            health=Health(tied=tuple(context.candidates[row].id for row in search.chooser.tied)),
        )


class _Search:
    """How far each candidate is from all that is labelled or picked."""

    def __init__(
        self, vectors: Vectors, labelled: Vectors | None, rng: np.random.Generator
    ) -> None:
        self.chooser = Chooser(len(vectors), rng)
        self._vectors = vectors
        self._far = None if labelled is None else nearest(vectors, labelled).squared

    def farthest(self) -> tuple[int, float | None]:
        """The next pick, and its distance from all before it; None if there is nothing before."""
        if self._far is None:
            from_mean = _squared_from(self._vectors, mean_vector(self._vectors))
            row, distance = self.chooser.pick(-from_mean), None
            self._far = np.full(len(self._vectors), np.inf, dtype=np.float32)
        else:
            row = self.chooser.pick(np.round(self._far, DIGITS))
            distance = float(np.sqrt(self._far[row]))
        np.minimum(self._far, _squared_from(self._vectors, self._vectors[row]), out=self._far)
        return row, distance


def _squared_from(vectors: Vectors, one: Vectors) -> Distances:
    """Squared distances of all rows from one vector, rounded, shape (rows,)."""
    found = np.empty(len(vectors), dtype=np.float32)
    for part in blocks(*vectors.shape):
        found[part] = squared_norms(vectors[part]) + one @ one - 2 * (vectors[part] @ one)
    return np.maximum(np.round(found, DIGITS), 0)


def _reason(distance: float | None) -> str:
    if distance is None:
        return "nearest the middle of all candidates"
    return f"far from all labelled or picked before it (distance {distance:.2f})"
