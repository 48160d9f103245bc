"""Several ballots on the same candidates become one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from activellm.selection.contract import Ballot


@dataclass(frozen=True, slots=True)
class Elected:
    """One named candidate.

    Attributes:
        id: Which.
        votes: How many ballots named it.
        rank: Its mean place in the answers that named it, 1 is the first.
    """

    id: str
    votes: int
    rank: float


def elect(ballots: Sequence[Ballot], rng: np.random.Generator) -> tuple[Elected, ...]:
    """All that was named: most votes first, then named earliest in the mean, then by lot.

    Args:
        ballots: Each names an example once at most.
        rng: Decides where votes and ranks are equal.
    """
    ranks: dict[str, list[int]] = {}
    for ballot in ballots:
        for rank, id in enumerate(ballot.named, start=1):
            ranks.setdefault(id, []).append(rank)
    lots = dict(zip(sorted(ranks), rng.permutation(len(ranks)).tolist(), strict=True))
    elected = [Elected(id, len(given), float(np.mean(given))) for id, given in ranks.items()]
    return tuple(sorted(elected, key=lambda one: (-one.votes, one.rank, lots[one.id])))


def counted(ballots: Sequence[Ballot]) -> tuple[Ballot, ...]:
    """The ballots that may be a choice; all of them if none may."""
    sound = tuple(ballot for ballot in ballots if not ballot.flaw)
    return sound or tuple(ballots)
