"""Representatives of k clusters: spread over what the candidates are about, without any LLM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from activellm.selection.context import SelectionContext, Vectors, check_request
from activellm.selection.contract import Pick, Selection
from activellm.threads import one_thread


@dataclass(frozen=True, slots=True)
class Representative:
    """The text nearest the centre of a cluster.

    Attributes:
        index: Its row among the vectors.
        size: How many texts its cluster holds, itself included.
    """

    index: int
    size: int


class KMeans:
    """One cluster a pick: the candidate nearest the centre of each, large clusters first."""

    name: ClassVar[str] = "kmeans"
    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    source: ClassVar[str] = (
        "Baseline BERT-KM of Yuan, Lin and Boyd-Graber, Cold-start Active Learning through "
        "Self-supervised Language Modeling (EMNLP 2020), with sentence embeddings"
    )

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose the representatives of n clusters of the candidates' embeddings.

        Raises:
            UsageError: If n does not fit the candidates, or there is no encoder.
        """
        check_request(context, n)
        context.progress("Grouping the candidates", 0, None)
        chosen = representatives(context.vectors, n, context.rng)
        picks = tuple(
            Pick(context.candidates[one.index].id, resemblance(one.size), float(one.size))
            for one in chosen
        )
        return Selection(
            strategy=self.name,
            picks=picks,
            explanation=(
                f"The {len(context.candidates)} candidates were put into {n} groups of like texts; "
                "the most typical text of each group was picked."
            ),
        )


def resemblance(size: int) -> str:
    """What the size of a cluster says about its representative, for people."""
    like_it = size - 1
    if like_it == 0:
        return "unlike the other texts"
    return f"represents {like_it} {'text' if like_it == 1 else 'texts'} like it"


def representatives(
    vectors: Vectors, n: int, rng: np.random.Generator
) -> tuple[Representative, ...]:
    """The texts nearest the centres of n k-means clusters, the largest cluster first.

    Identical vectors make one point. Where there are fewer points than n, each point gives one
    text, and the rest is drawn from what is left.

    Args:
        vectors: Shape (texts, d).
        n: From 1 to the number of texts.
        rng: Seeds the clustering and draws the rest.
    """
    points, group_of, copies = np.unique(vectors, axis=0, return_inverse=True, return_counts=True)
    first_row = np.full(len(points), len(vectors), dtype=np.int64)
    np.minimum.at(first_row, group_of.ravel(), np.arange(len(vectors)))
    if len(points) <= n:
        found = [
            Representative(int(row), int(size)) for row, size in zip(first_row, copies, strict=True)
        ]
    else:
        found = [
            Representative(int(first_row[point]), size)
            for point, size in _nearest_to_centres(points, copies, n, rng)
        ]
    found.sort(key=lambda one: (-one.size, one.index))
    rest = np.setdiff1d(np.arange(len(vectors)), [one.index for one in found])
    drawn = rng.permutation(rest)[: n - len(found)]
    return (*found, *(Representative(int(row), 1) for row in drawn))


def _nearest_to_centres(
    points: Vectors, weights: npt.NDArray[np.int64], n: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """For each of n clusters: the point nearest its centre, and how many texts it holds."""
    from sklearn.cluster import KMeans as Clustering

    clusters = Clustering(n_clusters=n, n_init=4, random_state=int(rng.integers(2**31 - 1)))
    with one_thread():
        distances = clusters.fit(points, sample_weight=weights).transform(points)
    found = []
    for cluster in range(n):
        members = np.flatnonzero(clusters.labels_ == cluster)
        if len(members):
            nearest = members[np.argmin(distances[members, cluster])]
            found.append((int(nearest), int(weights[members].sum())))
    return found
