"""More candidates than one prompt can show: lists side by side, winners meeting winners.

How many lists that takes is known before anything is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from activellm.errors import UsageError

LARGEST_KEEP = 4
"""At most one in so many of a list goes on, so that each stage is much smaller than the last."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: every candidate that is left stands in exactly one list.

    Attributes:
        sizes: Candidates in each list.
        keep: How many each list may choose, as many numbers as there are lists.
    """

    sizes: tuple[int, ...]
    keep: tuple[int, ...]

    @property
    def final(self) -> bool:
        """Whether one list decides alone."""
        return len(self.sizes) == 1


def stages(candidates: int, n: int, shown: int) -> tuple[Stage, ...]:
    """Plan the way from many candidates to n picks.

    Ten thousand candidates with 200 shown and 32 wanted take 50 + 8 + 2 + 1 lists.

    Args:
        candidates: How many there are.
        n: Picks wanted, from 1 to `candidates`.
        shown: The longest list, at least 2.

    Raises:
        UsageError: If lists of fewer than two candidates are asked for.
    """
    if shown < 2:
        raise UsageError("A list needs at least two candidates.", where="--shown")
    plan: list[Stage] = []
    left = candidates
    while left > shown:
        lists = ceil(left / shown)
        keep = min(n, max(1, shown // LARGEST_KEEP))
        if lists * keep <= n:  # so many picks that the lists share them out
            return (*plan, Stage(split(left, lists), split(n, lists)))
        plan.append(Stage(split(left, lists), (keep,) * lists))
        left = lists * keep
    return (*plan, Stage((left,), (n,)))


def split(total: int, parts: int) -> tuple[int, ...]:
    """`total` in so many whole parts that differ by one at most, larger ones first."""
    return tuple(total // parts + (part < total % parts) for part in range(parts))


def deal(rows: Sequence[int], sizes: Sequence[int], rng: np.random.Generator) -> list[list[int]]:
    """Shuffle rows into lists of the given sizes."""
    mixed = rng.permutation(np.asarray(rows, dtype=np.int64)).tolist()
    ends = np.cumsum(sizes).tolist()
    return [mixed[end - size : end] for size, end in zip(sizes, ends, strict=True)]
