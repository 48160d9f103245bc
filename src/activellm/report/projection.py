"""The pool on a plane: embeddings in two dimensions, for looking, not for measuring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]
Plane: TypeAlias = npt.NDArray[np.float64]

MOST_POINTS = 2000
"""More points make a map slow and no clearer."""

_ENOUGH_FOR_NEIGHBOURS = 30
_PCA_FIRST = 50


@dataclass(frozen=True, slots=True)
class Projection:
    """Points on a plane.

    Attributes:
        points: Shape (n, 2), each coordinate 0 to 1; both axes have the same scale.
        method: How they were made, a sentence for people.
    """

    points: Plane
    method: str


def choose_points(
    size: int,
    keep: Sequence[int] | npt.NDArray[np.int64],
    rng: np.random.Generator,
    *,
    most: int = MOST_POINTS,
) -> npt.NDArray[np.int64]:
    """Which rows of a pool to show: all of `keep`, and a random part of the others, ascending.

    Args:
        size: Rows in the pool.
        keep: Rows that must be on the map (picks, candidates, hold-out).
        rng: Draws the others.
        most: Points in all, unless `keep` alone has more.
    """
    kept = np.unique(np.asarray(keep, dtype=np.int64))
    others = size - len(kept)
    free = min(others, max(0, most - len(kept)))
    ranks = rng.choice(others, size=free, replace=False)
    # The k-th of the others stands after as many kept ones as begin at or before it.
    rows = ranks + np.searchsorted(kept - np.arange(len(kept)), ranks, side="right")
    return np.sort(np.concatenate([kept, rows]))


def project_2d(vectors: Vectors, *, seed: int) -> Projection:
    """Lay embeddings out on a plane so that similar texts stand close together.

    Seeded t-SNE from principal components; for a few texts principal components alone. Source:
    van der Maaten and Hinton (2008), "Visualizing Data using t-SNE".

    Args:
        vectors: Shape (n, d), at most some 2,000 rows (a few seconds).
        seed: The same seed and vectors give the same plane on one machine.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    rows = rows - rows.mean(axis=0) if len(rows) else rows
    if len(rows) < _ENOUGH_FOR_NEIGHBOURS or len(np.unique(rows, axis=0)) < _ENOUGH_FOR_NEIGHBOURS:
        return Projection(_unit(_components(rows, 2)), "Principal components of the embeddings.")
    from sklearn.manifold import TSNE

    reduced = _components(rows, _PCA_FIRST)
    start = reduced[:, :2] / reduced[:, 0].std() * 1e-4
    layout = TSNE(
        init=start,
        perplexity=min(30.0, len(rows) / 4),
        max_iter=500,
        learning_rate="auto",
        random_state=seed,
        n_jobs=1,
    ).fit_transform(reduced)
    return Projection(
        _unit(layout),
        "Similar texts stand close together (t-SNE of the embeddings); distances between far "
        "groups mean little.",
    )


def _components(rows: Plane, most: int) -> Plane:
    """The rows in their first principal components, at least two columns; signs are fixed."""
    if len(rows) == 0:
        return np.zeros((0, 2))
    left, sizes, right = np.linalg.svd(rows, full_matrices=False)
    turn = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])
    scores = (left * sizes * turn)[:, :most]
    return np.pad(scores, ((0, 0), (0, max(0, 2 - scores.shape[1]))))


def _unit(points: Plane) -> Plane:
    """Shift and scale into the unit square, keeping proportions, centred."""
    points = np.asarray(points, dtype=np.float64)
    if len(points) == 0:
        return points
    low, high = points.min(axis=0), points.max(axis=0)
    size = float((high - low).max())
    if size <= 0:
        return np.full_like(points, 0.5)
    return np.asarray((points - (low + high) / 2) / size + 0.5)
