"""Which part of the pool one query looks at: the candidates."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Protocol

import numpy as np

from activellm.errors import UsageError
from activellm.pool.pool import Pool
from activellm.registry import Registry


class CandidateSampler(Protocol):
    """A way to draw candidates from a pool. Never draws what `Pool.taken` holds.

    Attributes:
        name: How the user asks for it.
        source: Where the method comes from: paper and section.
    """

    name: ClassVar[str]
    source: ClassVar[str]

    def draw(
        self, pool: Pool, n: int, rng: np.random.Generator, exclude: Collection[str] = ()
    ) -> tuple[str, ...]:
        """The ids of `n` distinct examples, fewer if fewer are left.

        The same pool, n, excluded ids and an equally seeded generator give the same ids.

        Args:
            pool: Where to draw from.
            n: How many, at least 1.
            rng: The only source of randomness.
            exclude: Ids that must not be drawn: those labelled already.

        Raises:
            UsageError: If n is below 1, or nothing is left to draw.
            DataError: If an excluded id is not in the pool.
        """
        ...


class RandomSampler:
    """Every remaining text with the same probability, in random order: the paper's way."""

    name: ClassVar[str] = "random"
    source: ClassVar[str] = "ActiveLLM (Bayer, Lutz and Reuter, TACL 14, 2026)"

    def draw(
        self, pool: Pool, n: int, rng: np.random.Generator, exclude: Collection[str] = ()
    ) -> tuple[str, ...]:
        """As `CandidateSampler.draw` says; memory grows with n and the excluded ids only."""
        taken = pool.taken(exclude)
        left = len(pool) - len(taken)
        if n < 1:
            raise UsageError(f"At least 1 candidate is needed, not {n}.", where="--candidates")
        if not left:
            raise UsageError("No text is left to choose from: all are labelled.")
        ranks = rng.choice(left, size=min(n, left), replace=False)
        # The k-th remaining text stands after as many taken ones as begin at or before it.
        positions = ranks + np.searchsorted(taken - np.arange(len(taken)), ranks, side="right")
        return tuple(pool.ids_at(positions))


SAMPLERS: Registry[type[CandidateSampler]] = Registry(
    "candidate sampler",
    "activellm.samplers",
    {"random": "activellm.pool.sampling:RandomSampler"},
    wants=("name", "source", "draw"),
)
"""The candidate samplers by name."""


def draw_for_round(
    pool: Pool,
    sampler: CandidateSampler,
    rng: np.random.Generator,
    *,
    candidates: int,
    select: int,
    exclude: Collection[str],
    kept: Collection[str] = (),
) -> tuple[str, ...]:
    """The ids of the examples that one round looks at.

    Args:
        pool: Where to draw from.
        sampler: How to draw.
        rng: The only source of randomness.
        candidates: How many to draw.
        select: How many are to be picked of them.
        exclude: Ids that must not be among them.
        kept: Ids to go on with. What is left of them are the candidates, filled up with new ones
            where less than `select` is left. Empty to draw all anew.

    Raises:
        UsageError: If fewer than `select` are left in the pool.
    """
    left = tuple(id_ for id_ in kept if id_ not in exclude)
    available = pool.left(exclude)
    if available < select:
        raise UsageError(
            f"{select} picks were asked for, and {available} unlabelled texts are left.",
            where="--select",
            remedy="Ask for fewer picks, or give a larger pool.",
        )
    wanted = select if left else min(max(candidates, select), available)
    if len(left) >= wanted:
        return left
    return left + sampler.draw(pool, wanted - len(left), rng, {*exclude, *left})
