"""k-means clusters of embeddings, of a few texts or of millions."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from activellm.selection.blocks import Distances, Rows, blocks, fingerprints, nearest
from activellm.selection.context import Vectors
from activellm.threads import one_thread

SMALL = 4096
"""Up to so many vectors all are clustered by scikit-learn, the best of four starts. Of more, a
sample gives the first centres, which passes over all vectors then move."""

SAMPLE = 2048
"""The sample holds at least so many vectors."""

PER_CENTRE = 16
"""And at least so many for each centre."""

PASSES = 2
"""Passes over all vectors; more would lower the inertia by another 0.3 % at most."""


@dataclass(frozen=True)
class Clusters:
    """Clusters of like vectors, none of them empty.

    Attributes:
        centres: Shape (clusters, d).
        of: The cluster of each vector, shape (vectors,).
        sizes: How many vectors each cluster holds, shape (clusters,).
        nearest: The row that is nearest the centre of its cluster, shape (clusters,).
    """

    centres: Vectors
    of: Rows
    sizes: Rows
    nearest: Rows


def cluster(vectors: Vectors, k: int, rng: np.random.Generator) -> Clusters:
    """k-means clusters by Euclidean distance.

    Identical vectors make one point; k or fewer points are a cluster each. Besides the vectors
    it takes memory for a few numbers a row and for a sample of max(2048, 16 k) vectors.

    Args:
        vectors: Shape (vectors, d), at least one.
        k: How many clusters, at least 1; there can be fewer.
        rng: Seeds the clustering.
    """
    return _of_few(vectors, k, rng) if len(vectors) <= SMALL else _of_many(vectors, k, rng)


def _of_few(vectors: Vectors, k: int, rng: np.random.Generator) -> Clusters:
    # Sorted points: the clusters do not depend on the order in which texts come.
    points, point_of, copies = np.unique(vectors, axis=0, return_inverse=True, return_counts=True)
    point_of = point_of.ravel()
    first_row = _first_rows(point_of, len(points))
    if len(points) <= k:
        return Clusters(points, point_of, copies, first_row)
    means = _fitted(points, k, rng, starts=4, weights=copies)
    with one_thread():
        distances = means.transform(points)
    used, of_point = np.unique(means.labels_, return_inverse=True)
    own = distances[np.arange(len(points)), means.labels_]
    return Clusters(
        centres=means.cluster_centers_[used],
        of=of_point[point_of],
        sizes=np.bincount(of_point, weights=copies).astype(np.int64),
        nearest=first_row[_lowest_of_each(of_point, own)],
    )


def _of_many(vectors: Vectors, k: int, rng: np.random.Generator) -> Clusters:
    _, first_row, point_of, copies = np.unique(
        fingerprints(vectors), return_index=True, return_inverse=True, return_counts=True
    )
    if len(first_row) <= k:
        return Clusters(vectors[first_row], point_of, copies, first_row)
    del point_of
    centres = _first_centres(vectors, first_row, k, rng)
    with one_thread():
        for _ in range(PASSES):
            centres = _moved(vectors, centres)
        found = nearest(vectors, centres)
    used, of, sizes = np.unique(found.which, return_inverse=True, return_counts=True)
    return Clusters(centres[used], of, sizes, _lowest_of_each(of, found.squared))


def _first_centres(vectors: Vectors, rows: Rows, k: int, rng: np.random.Generator) -> Vectors:
    """The centres of a sample of unlike vectors."""
    size = min(len(rows), max(SAMPLE, PER_CENTRE * k))
    sample = np.sort(rng.choice(rows, size, replace=False))
    return np.asarray(_fitted(vectors[sample], k, rng).cluster_centers_, dtype=np.float32)


def _fitted(
    points: Vectors, k: int, rng: np.random.Generator, starts: int = 1, weights: Rows | None = None
) -> Any:
    """scikit-learn's k-means of more than k points, the best of some starts."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    means = KMeans(n_clusters=k, n_init=starts, random_state=int(rng.integers(2**31 - 1)))
    with one_thread(), warnings.catch_warnings():
        # Points that differ in their last digit only can fall together: fewer clusters, no harm.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return means.fit(points, sample_weight=weights)


def _moved(vectors: Vectors, centres: Vectors) -> Vectors:
    """The means of what is nearest each centre; a centre to which nothing is near stays."""
    sums = np.zeros(centres.shape, dtype=np.float64)
    sizes = np.zeros(len(centres), dtype=np.int64)
    for part in blocks(len(vectors), max(centres.shape)):
        which = nearest(vectors[part], centres).which
        member = np.zeros((len(which), len(centres)), dtype=np.float32)
        member[np.arange(len(which)), which] = 1
        sums += member.T @ vectors[part]
        sizes += np.bincount(which, minlength=len(centres))
    filled = sizes > 0
    moved = centres.copy()
    moved[filled] = sums[filled] / sizes[filled, None]
    return moved


def _first_rows(point_of: Rows, points: int) -> Rows:
    found = np.full(points, len(point_of), dtype=np.int64)
    np.minimum.at(found, point_of, np.arange(len(point_of)))
    return found


def _lowest_of_each(of: Rows, distances: Distances) -> Rows:
    """For each cluster the index of its lowest distance, the first of equals."""
    order = np.lexsort((distances, of))
    starts = np.flatnonzero(np.diff(of[order], prepend=-1))
    return np.asarray(order[starts])
