"""ALPS: texts that surprise a language model in different ways."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from activellm.errors import UsageError
from activellm.selection.blocks import blocks
from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Pick, Selection
from activellm.selection.fitted import Features
from activellm.selection.kmeans import representatives, resemblance

SHARE = 0.15
"""The part of each text's tokens whose surprise counts (section 3.1)."""


class Alps:
    """Representatives of n clusters of surprisal vectors: how surprising which token is.

    Of each text a random part of the tokens counts, at least one; the others are 0. The vectors
    get length 1, and the candidate nearest the centre of each k-means cluster is picked.

    Args:
        share: The part of the tokens that counts, above 0 and at most 1.

    Raises:
        UsageError: If `share` is no such number.
    """

    name: ClassVar[str] = "alps"
    needs: ClassVar[frozenset[str]] = frozenset({"surprisals"})
    source: ClassVar[str] = (
        "Yuan, Lin and Boyd-Graber, Cold-start Active Learning through Self-supervised Language "
        "Modeling (EMNLP 2020), Algorithm 1"
    )

    def __init__(self, share: float = SHARE) -> None:
        if not 0 < share <= 1:
            raise UsageError(f"share must be above 0 and at most 1, not {share}.")
        self.share = share

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose the representatives of n clusters of surprisal vectors.

        Raises:
            UsageError: If n does not fit the candidates, or there is no language model.
        """
        check_request(context, n)
        vectors = surprisal_vectors(context.surprisals, self.share, context.rng)
        context.progress("Grouping the candidates", 0, None)
        picks = tuple(
            Pick(
                context.candidates[one.index].id,
                f"surprises the language model in its own way, {resemblance(one.size)}",
                float(one.size),
            )
            for one in representatives(vectors, n, context.rng)
        )
        return Selection(
            strategy=self.name,
            picks=picks,
            explanation=f"The {len(context.candidates)} candidates were put into {n} groups that "
            "surprise a language model alike; the most typical text of each was picked.",
        )


def surprisal_vectors(surprisals: Features, share: float, rng: np.random.Generator) -> Features:
    """Unit-length rows that keep some of each text's surprisals, the others 0.

    Args:
        surprisals: Shape (texts, longest), 0 beyond a text.
        share: The part of each text's tokens to keep, rounded up.
        rng: Draws them.
    """
    found = np.zeros(surprisals.shape, dtype=np.float32)
    for part in blocks(*surprisals.shape):
        values = surprisals[part]
        draws = np.where(values != 0, rng.random(values.shape, dtype=np.float32), np.inf)
        place = draws.argsort(axis=1).argsort(axis=1)
        kept = np.ceil(share * np.count_nonzero(values, axis=1, keepdims=True) - 1e-9)
        found[part] = np.where(place < kept, values, 0)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    np.divide(found, lengths, out=found, where=lengths > 0)
    return found
