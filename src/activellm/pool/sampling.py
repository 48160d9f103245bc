"""Which part of the pool one query looks at: the candidates."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection
from typing import Any, ClassVar, Protocol

import numpy as np

from activellm.errors import UsageError
from activellm.named import NAMED, check_kinds, read_options
from activellm.pool.pool import Pool, Positions
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
        taken = barred(pool, n, exclude)
        left = len(pool) - len(taken)
        ranks = rng.choice(left, size=min(n, left), replace=False)
        # The k-th remaining text stands after as many taken ones as begin at or before it.
        positions = ranks + np.searchsorted(taken - np.arange(len(taken)), ranks, side="right")
        return tuple(pool.ids_at(positions))


SAMPLERS: Registry[type[CandidateSampler]] = Registry(
    "candidate sampler",
    "activellm.samplers",
    {
        "random": "activellm.pool.sampling:RandomSampler",
        "spread": "activellm.spread.sampler:SpreadSampler",
    },
    wants=("name", "source", "draw"),
)
"""The candidate samplers by name."""


def barred(pool: Pool, n: int, exclude: Collection[str]) -> Positions:
    """Where the texts stand that may not be drawn, in ascending order: `Pool.taken`, and checks.

    Args:
        pool: Where to draw from.
        n: How many are wanted.
        exclude: Ids that must not be drawn.

    Raises:
        UsageError: If n is below 1, or nothing is left to draw.
        DataError: If an excluded id is not in the pool.
    """
    taken = pool.taken(exclude)
    if n < 1:
        raise UsageError(f"At least 1 candidate is needed, not {n}.", where="--candidates")
    if len(taken) == len(pool):
        raise UsageError("No text is left to choose from: all are labelled.")
    return taken


def read_sampler(written: str) -> tuple[str, dict[str, Any]]:
    """A sampler's name and its own settings, from `spread(clusters=500)`.

    Raises:
        UsageError: If it is written in another way, or has no such settings.
        UnknownNameError: If there is no such sampler.
    """
    found = re.fullmatch(NAMED, written.strip())
    options = read_options(found[2]) if found else None
    if found is None or options is None:
        raise UsageError(
            f"{written!r} is no candidate sampler.",
            where="--sampler",
            remedy="Write its name, with settings of its own in brackets: 'spread(clusters=500)'.",
        )
    name = found[1]
    SAMPLERS.check(name, where="--sampler")
    known = _settings(SAMPLERS.get(name, where="--sampler")) - OFFERED if options else set()
    if unknown := sorted(options.keys() - known):
        raise UsageError(
            f"The candidate sampler {name!r} has no setting {unknown[0]!r}.",
            where="--sampler",
            remedy=f"Its settings: {', '.join(sorted(known)) or 'none'}.",
        )
    if options:
        check_kinds(SAMPLERS.get(name), options, "--sampler")
    return name, dict(options)


OFFERED = frozenset(
    {"folder", "candidates", "seed", "encoder", "device", "size", "executor", "progress"}
)
"""What every sampler is offered; each takes those that its constructor names."""


def open_sampler(written: str, **offered: Any) -> CandidateSampler:
    """Make a candidate sampler.

    Args:
        written: Its name, perhaps with settings of its own in brackets.
        offered: Of `OFFERED`: the folder for what it keeps, how many candidates a round looks at,
            the project's seed, encoder and device, the executor of `activellm.blocks` and the size
            of its blocks, and whom to tell how far it is.

    Raises:
        UsageError: As `read_sampler`, or if it refuses a setting.
        UnknownNameError: If there is no such sampler.
    """
    name, options = read_sampler(written)
    kind = SAMPLERS.get(name, where="--sampler")
    takes = _settings(kind)
    return kind(**{key: value for key, value in offered.items() if key in takes}, **options)


def _settings(kind: type[CandidateSampler]) -> set[str]:
    found = inspect.signature(kind).parameters.values()
    return {one.name for one in found if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)}


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
