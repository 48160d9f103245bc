"""TypiClust: the most typical text of each of the largest clusters that hold no label yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from activellm.errors import UsageError
from activellm.selection.blocks import Rows, blocks, nearest, squared_distances
from activellm.selection.clusters import SMALL, cluster
from activellm.selection.context import SelectionContext, Vectors, check_request
from activellm.selection.contract import Pick, Selection
from activellm.selection.ranking import Scores, best

NEIGHBOURS = 20
"""Neighbours whose mean distance says how typical a text is (section 3.2)."""

MOST_CLUSTERS = 500
"""No more clusters than this, as in the paper; then clusters give several picks in turn."""

MOST_MEMBERS = 10_000
"""Of a larger cluster so many, drawn by the seed, stand for all."""

CLOSEST = 1e-5
"""Added to a mean distance: identical texts are not infinitely typical."""


class TypiClust:
    """The most typical candidates of as many clusters as there are labels and picks.

    Clusters without a label come first, large ones before small ones. A text is typical if its
    nearest neighbours in the cluster are near. Unlike the published code, which passes over
    clusters of five or fewer, small clusters count too: with 200 candidates and 32 picks most are
    small. Never holds all distances: 10,000 members of a cluster at most, in blocks.

    Args:
        neighbours: How many nearest neighbours say how typical a text is.

    Raises:
        UsageError: If `neighbours` is below 1.
    """

    name: ClassVar[str] = "typiclust"
    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    source: ClassVar[str] = (
        "Hacohen, Dekel and Weinshall, Active Learning on a Budget: Opposite Strategies Suit High "
        "and Low Budgets (ICML 2022), Algorithm 1, with k-means on sentence embeddings"
    )

    def __init__(self, neighbours: int = NEIGHBOURS) -> None:
        if neighbours < 1:
            raise UsageError(f"neighbours must be at least 1, not {neighbours}.")
        self.neighbours = neighbours

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose n candidates, in turn the most typical one of each cluster.

        Raises:
            UsageError: If n does not fit the candidates, or there is no encoder.
        """
        check_request(context, n)
        context.progress("Grouping the candidates", 0, None)
        waiting = deque(
            self._typical_first(context.vectors, members, context.rng)
            for members in groups_in_turn(context, len(context.labelled) + n)
        )
        picks: list[Pick] = []
        while len(picks) < n:
            context.progress("Looking for typical candidates", len(picks), n)
            group = waiting.popleft()
            for row, typical, size in group:
                picks.append(Pick(context.candidates[row].id, _reason(size), typical))
                waiting.append(group)
                break
        return Selection(
            strategy=self.name,
            picks=tuple(picks),
            explanation=f"The {len(context.candidates)} candidates were put into groups of like "
            f"texts; groups without a label gave their most typical text, large groups first.",
        )

    def _typical_first(
        self, vectors: Vectors, members: Rows, rng: np.random.Generator
    ) -> Iterator[tuple[int, float, int]]:
        """Rows of one cluster, the most typical first, with typicality and the cluster's size."""
        known = members
        if len(members) > MOST_MEMBERS:
            known = np.sort(rng.choice(members, MOST_MEMBERS, replace=False))
        scores = typicality(vectors[known], self.neighbours)
        for place in best(scores, len(known), rng).rows:
            yield int(known[place]), float(scores[place]), len(members)
        for row in rng.permutation(np.setdiff1d(members, known)):
            yield int(row), 0.0, len(members)


def groups_in_turn(context: SelectionContext, k: int) -> list[Rows]:
    """The candidates' rows in each of at most k clusters, in the order in which they give picks.

    Those with the fewest labels first, then the larger ones, equals by the seed. The labelled
    examples are clustered with the candidates; where these are more than 4,096 the labelled
    change no centre, and are put to the nearest one.
    """
    labelled, vectors = context.labelled_vectors if context.labelled else None, context.vectors
    few = labelled is not None and len(vectors) <= SMALL
    given = np.concatenate([vectors, labelled]) if few and labelled is not None else vectors
    groups = cluster(given, min(k, MOST_CLUSTERS), context.rng)
    of = groups.of[: len(vectors)]
    labels = np.zeros(len(groups.centres), dtype=np.int64)
    if labelled is not None:
        theirs = groups.of[len(vectors) :] if few else nearest(labelled, groups.centres).which
        labels += np.bincount(theirs, minlength=len(labels))
    sizes = np.bincount(of, minlength=len(labels))
    order = np.lexsort((context.rng.permutation(len(sizes)), -sizes, labels))
    by_group = np.split(np.argsort(of, kind="stable"), np.cumsum(sizes)[:-1])
    return [by_group[group] for group in order if sizes[group]]


def typicality(members: Vectors, neighbours: int = NEIGHBOURS) -> Scores:
    """One by the mean distance to the nearest neighbours, shape (members,); 0 for one alone.

    Args:
        members: The vectors of one cluster, shape (members, d).
        neighbours: How many, at most all others.
    """
    count = min(neighbours, len(members) - 1)
    if count == 0:
        return np.zeros(len(members))
    exact = members.astype(np.float64)
    means = np.empty(len(members))
    for part in blocks(len(members), max(members.shape)):
        squared = squared_distances(exact[part], exact)
        rows = np.arange(part.start, part.stop)
        squared[rows - part.start, rows] = np.inf
        near = np.partition(squared, count - 1, axis=1)[:, :count]
        means[part] = np.sqrt(near).mean(axis=1)
    return 1 / (means + CLOSEST)


def _reason(size: int) -> str:
    if size == 1:
        return "unlike the other texts"
    return f"the most typical left of {size} texts that are alike"
