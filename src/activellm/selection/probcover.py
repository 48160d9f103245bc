"""ProbCover: picks whose neighbourhoods cover as many candidates as possible."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.selection.blocks import Rows, blocks, squared_distances
from activellm.selection.clusters import cluster
from activellm.selection.context import SelectionContext, Vectors, check_request
from activellm.selection.contract import Health, Pick, Selection
from activellm.selection.greedy import Chooser

Counts: TypeAlias = npt.NDArray[np.int64]

PURE = 0.95
"""So many of all balls shall hold texts of one k-means cluster only (section 4.2)."""

MOST_TO_COVER = 20_000
"""Of more candidates so many, drawn by the seed, are those to be covered; any can be picked."""

MOST_BALLS = 2_000
"""So many balls, drawn by the seed, estimate which radius is pure."""

WIDEST = 2.0
"""Unit vectors are never farther apart."""


class ProbCover:
    """Greedy cover: each pick has the most candidates around it that nothing covers yet.

    A labelled or picked text covers what lies less than `delta` away. Without `delta`, it is the
    largest radius at which 95 % of all balls hold one cluster only, with as many k-means clusters
    as the task has labels in place of the labels. Where all is covered, the seed draws the rest.

    Takes memory for a few numbers a candidate beyond the vectors: neighbours are counted in
    blocks, and counted down as they get covered, so no graph is kept. The time grows with
    candidates times candidates up to 20,000, and with candidates times 20,000 beyond.

    Args:
        delta: The radius, above 0 and at most 2 (Euclidean distance of unit vectors); None: it
            is estimated.

    Raises:
        UsageError: If `delta` is no such number.
    """

    name: ClassVar[str] = "probcover"
    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    source: ClassVar[str] = (
        "Yehuda, Dekel, Hacohen and Weinshall, Active Learning Through a Covering Lens (NeurIPS "
        "2022), Algorithm 1 and section 4.2, on sentence embeddings"
    )

    def __init__(self, delta: float | None = None) -> None:
        if delta is not None and not 0 < delta <= WIDEST:
            raise UsageError(f"delta must be above 0 and at most {WIDEST:g}, not {delta}.")
        self.delta = delta

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose n candidates that cover as many others as possible.

        Raises:
            UsageError: If n does not fit the candidates, or there is no encoder.
        """
        check_request(context, n)
        context.progress("Counting neighbours", 0, None)
        vectors, rng = context.vectors, context.rng
        delta = self.delta or pure_radius(vectors, len(context.task.labels), rng)
        cover = _Cover(vectors, some_rows(len(vectors), MOST_TO_COVER, rng), delta)
        if context.labelled:
            cover.take(context.labelled_vectors)
        chooser = Chooser(len(vectors), rng)
        picks = []
        for done in range(n):
            context.progress("Covering the candidates", done, n)
            row = chooser.pick(cover.gains)
            gain = int(cover.gains[row])
            cover.take(vectors[[row]])
            picks.append(Pick(context.candidates[row].id, _reason(gain), float(gain)))
        return Selection(
            strategy=self.name,
            picks=tuple(picks),
            explanation=f"Texts nearer than {delta:.2f} count as covered. One after the other, the "
            f"candidate with the most uncovered ones around it: {cover.share:.0%} are covered now.",
            health=Health(tied=tuple(context.candidates[row].id for row in chooser.tied)),
        )


class _Cover:
    """What is covered, and how much each candidate would add.

    Args:
        vectors: The candidates', shape (candidates, d).
        rows: Those of them that are to be covered.
        delta: What is nearer than this is covered.

    Attributes:
        gains: How many of `rows` each candidate would newly cover, shape (candidates,).
    """

    def __init__(self, vectors: Vectors, rows: Rows, delta: float) -> None:
        self._vectors, self._delta = vectors, delta
        self._open, self._all = rows, len(rows)
        self.gains = neighbours(vectors, vectors[rows], delta)

    @property
    def share(self) -> float:
        """How much is covered, 0 to 1."""
        return 1 - len(self._open) / self._all

    def take(self, centres: Vectors) -> None:
        """Cover what is around these."""
        near = neighbours(self._vectors[self._open], centres, self._delta) > 0
        if near.any():
            covered = self._vectors[self._open[near]]
            self.gains -= neighbours(self._vectors, covered, self._delta)
            # A distance of just delta can round to either side in blocks of another shape.
            np.maximum(self.gains, 0, out=self.gains)
            self._open = self._open[~near]


def neighbours(vectors: Vectors, others: Vectors, delta: float) -> Counts:
    """How many of the others lie less than delta away, shape (vectors,)."""
    found = np.zeros(len(vectors), dtype=np.int64)
    for part in blocks(len(vectors), max(others.shape)):
        near = squared_distances(vectors[part], others) < delta**2
        found[part] = np.count_nonzero(near, axis=1)
    return found


def pure_radius(vectors: Vectors, labels: int, rng: np.random.Generator) -> float:
    """The largest radius at which 95 % of all balls hold texts of one cluster only.

    A ball is pure up to the distance of the nearest text of another cluster, so the radius is the
    5 % quantile of these distances. Where all texts are the same it is 2.

    Args:
        vectors: Shape (texts, d). Of more than 2,000 so many balls are looked at, and of more
            than 20,000 so many texts in them, drawn by the seed.
        labels: How many clusters stand for the labels.
        rng: Seeds the clusters and the draws.
    """
    of = cluster(vectors, labels, rng).of
    texts = some_rows(len(vectors), MOST_TO_COVER, rng)
    balls = texts[some_rows(len(texts), MOST_BALLS, rng)]
    nearest_other = np.empty(len(balls), dtype=np.float32)
    for part in blocks(len(balls), len(texts)):
        squared = squared_distances(vectors[balls[part]], vectors[texts])
        squared[of[balls[part], None] == of[texts]] = np.inf
        nearest_other[part] = squared.min(axis=1)
    impure = int((1 - PURE) * len(balls) + 1e-9)
    return min(WIDEST, float(np.sqrt(np.partition(nearest_other, impure)[impure])))


def some_rows(rows: int, most: int, rng: np.random.Generator) -> Rows:
    """All rows, or as many as allowed, drawn without repeats, in their order."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(rng.choice(rows, most, replace=False))


def _reason(gain: int) -> str:
    if gain == 0:
        return "everything was covered already: drawn by the seed"
    return f"covers {gain} {'text' if gain == 1 else 'texts'} that nothing covered before"
