"""Ballots as the report shows them: whose each is, and stage by stage how many were left."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from activellm.report.words import GAP
from activellm.selection.contract import Ballot, Health
from activellm.selection.voting import counted


@dataclass(frozen=True, slots=True)
class CastBallot:
    """A ballot with its name for people.

    Attributes:
        number: Its place among the ballots on the last list, 1 is the first; 0 for one in a heat.
        name: Whose it is, and which ("openai/gpt-4o, order 2").
        order: Which of its model's ballots on this list it is, 1 is the first.
        ballot: What was shown and named.
        counts: Whether its votes were counted.
    """

    number: int
    name: str
    order: int
    ballot: Ballot
    counts: bool


def cast_ballots(health: Health) -> tuple[CastBallot, ...]:
    """All ballots that stand, in order."""
    final = final_ballots(health)
    counting = counted(final)
    found: list[CastBallot] = []
    for heat, stage in groupby(health.ballots, key=lambda ballot: ballot.heat):
        lists = list(stage)
        together = len(final) > 0 and heat == final[0].heat
        for place, ballot in enumerate(lists):
            order = sum(other.model == ballot.model for other in lists[: place + 1])
            several = sum(other.model == ballot.model for other in lists) > 1
            if together:
                name = f"{ballot.model}, order{GAP}{order}" if several else ballot.model
                name += ", last list" if heat else ""
            else:
                name = f"{ballot.model}, heat{GAP}{heat}, list{GAP}{place + 1}"
            counts = not together or ballot in counting
            number = place + 1 if together else 0
            found.append(CastBallot(number, name, order, ballot, counts))
    return tuple(found)


def final_ballots(health: Health) -> tuple[Ballot, ...]:
    """The ballots on the one last list; empty where several lists shared the picks out."""
    last = max((ballot.heat for ballot in health.ballots), default=0)
    final = tuple(ballot for ballot in health.ballots if ballot.heat == last)
    return final if len({frozenset(ballot.shown) for ballot in final}) == 1 else ()


def counted_ballots(health: Health) -> tuple[CastBallot, ...]:
    """The ballots on the last list whose votes were counted."""
    final = final_ballots(health)
    return tuple(cast for cast in cast_ballots(health) if cast.counts and cast.ballot in final)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a selection in heats.

    Attributes:
        name: "Heat 1", or "Last list".
        lists: How many lists were shown.
        texts: How many candidates they showed together.
        longest: The most texts in one list.
    """

    name: str
    lists: int
    texts: int
    longest: int


def stages(health: Health) -> tuple[Stage, ...]:
    """The stages of a selection in heats, the first one first; empty where there were no heats."""
    if not any(ballot.heat for ballot in health.ballots):
        return ()
    final = final_ballots(health)
    repeated = _repeated(health)
    found = []
    for heat, ballots in groupby(health.ballots, key=lambda ballot: ballot.heat):
        lists = list(ballots)
        together = len(final) > 0 and heat == final[0].heat
        found.append(
            Stage(
                name="Last list" if together else f"Heat {heat}",
                lists=1 if together else len(lists),
                texts=len({id for ballot in lists for id in ballot.shown} - repeated),
                longest=max(len(ballot.shown) for ballot in lists),
            )
        )
    return tuple(found)


def _repeated(health: Health) -> frozenset[str]:
    """What every list of a heat shows: labelled examples that a recap repeats, no candidates."""
    first = [frozenset(ballot.shown) for ballot in health.ballots if ballot.heat == 1]
    return frozenset.intersection(*first) if len(first) > 1 else frozenset()
