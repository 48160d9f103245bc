"""Representatives of k clusters: spread over what the candidates are about, without any LLM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from activellm.selection.clusters import cluster
from activellm.selection.context import SelectionContext, Vectors, check_request
from activellm.selection.contract import Pick, Selection


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
    """One cluster a pick: the candidate nearest the centre of each, large clusters first.

    What is labelled already plays no part. A million candidates need little memory beyond their
    vectors (see `clusters.cluster`).
    """

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
    groups = cluster(vectors, n, rng)
    found = [
        Representative(int(row), int(size))
        for row, size in zip(groups.nearest, groups.sizes, strict=True)
    ]
    found.sort(key=lambda one: (-one.size, one.index))
    rest = np.setdiff1d(np.arange(len(vectors)), [one.index for one in found])
    drawn = rng.permutation(rest)[: n - len(found)]
    return (*found, *(Representative(int(row), 1) for row in drawn))
