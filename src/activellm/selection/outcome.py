"""From the ballots of a listwise selection to exactly n picks, and how sound they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeAlias

from activellm.llm.protocol import Usage
from activellm.selection.context import SelectionContext
from activellm.selection.contract import Ballot, Health, Pick, Selection
from activellm.selection.stability import agreement, evenness, quarters
from activellm.selection.suspicion import suspicious
from activellm.selection.voting import Elected, counted, elect

Cast: TypeAlias = tuple[Ballot, ...]
"""What came of one question: the last ballot counts, those before it were set aside."""

SUSPICIOUS = 0.01
"""Below this p-value the places of the picks are called uneven."""


def winners(
    context: SelectionContext, cast: Sequence[Cast], rows: Sequence[int], n: int
) -> list[int]:
    """The rows that go on to the next stage; drawn at random where fewer than n were named."""
    row_of = {context.candidates[row].id: row for row in rows}
    named = [row_of[id] for ballots in cast for id in ballots[-1].named]
    rest = [row for row in rows if row not in set(named)]
    drawn = context.rng.permutation(len(rest))[: max(0, n - len(named))]
    return [*named, *(rest[index] for index in drawn)]


def outcome(
    context: SelectionContext, n: int, heats: Sequence[Cast], final: Sequence[Cast]
) -> Selection:
    """The selection that the ballots make.

    Args:
        context: Its candidates, and its generator for lots and for what must be drawn.
        n: How many picks are wanted.
        heats: All questions of the stages before the last list.
        final: The questions on the last list; empty where the lists of the last stage have shared
            the picks out.
    """
    last = [ballots[-1] for ballots in final]
    voting = counted(last) if last else tuple(ballots[-1] for ballots in heats)
    elected = elect(voting, context.rng)[:n]
    filled = _fill(context, n, [one.id for one in elected])
    everything = tuple(chain.from_iterable((*heats, *final)))
    return Selection(
        strategy="listwise",
        picks=(*_picks(elected, voting, several=len(last) > 1), *_drawn(filled, everything)),
        explanation=_explanation(context, heats, last, len(elected)),
        health=_health(context, heats, final, voting, [one.id for one in elected], filled),
        usage=sum((ballot.usage for ballot in everything), start=Usage()),
        recordings=tuple(key for ballot in everything for key in ballot.recordings),
    )


def _fill(context: SelectionContext, n: int, named: Sequence[str]) -> tuple[str, ...]:
    """Draw what is missing from the candidates that were not named."""
    rest = [example.id for example in context.candidates if example.id not in set(named)]
    drawn = context.rng.permutation(len(rest))[: n - len(named)]
    return tuple(rest[index] for index in drawn)


def _picks(
    elected: Sequence[Elected], voting: Sequence[Ballot], *, several: bool
) -> Iterable[Pick]:
    for one in elected:
        own = next(ballot for ballot in voting if one.id in ballot.named)
        words = next((ballot.reasons[one.id] for ballot in voting if one.id in ballot.reasons), "")
        reason = words or f"chosen by {own.model} from {len(own.shown)} shown"
        if several:
            vote = f"{one.votes} of {len(voting)} votes"
            yield Pick(
                one.id, f"{vote}: {words}" if words else vote, one.votes / len(voting), one.votes
            )
        else:
            yield Pick(one.id, reason)


def _drawn(filled: Sequence[str], ballots: Sequence[Ballot]) -> Iterable[Pick]:
    names = " and ".join(dict.fromkeys(ballot.model for ballot in ballots))
    for id in filled:
        yield Pick(id, f"drawn at random, because {names} named too few")


def _explanation(
    context: SelectionContext, heats: Sequence[Cast], last: Sequence[Ballot], named: int
) -> str:
    models = " and ".join(
        dict.fromkeys(ballot.model for ballot in (*last, *(cast[-1] for cast in heats)))
    )
    words = ""
    if heats:
        words = f"{models} judged {len(context.candidates)} candidates in {len(heats)} lists. "
    if len(last) > 1:
        ballots = len(counted(last))
        return f"{words}{models} cast {ballots} ballots on {len(last[0].shown)} candidates."
    if last:
        return f"{words}{models} was shown {len(last[0].shown)} candidates and chose {named}."
    return f"{words}Each list gave its share of the {named} picks."


def _health(
    context: SelectionContext,
    heats: Sequence[Cast],
    final: Sequence[Cast],
    voting: Sequence[Ballot],
    named: Sequence[str],
    filled: tuple[str, ...],
) -> Health:
    last = [cast[-1] for cast in final]
    uncounted = [ballot for ballot in last if ballot not in voting]
    questions = (*heats, *final)
    ballots = tuple(cast[-1] for cast in questions)
    aside = tuple(ballot for cast in questions for ballot in cast[:-1])
    everything = (*aside, *ballots)
    p = evenness(ballots)
    places = {
        id: place
        for ballot in voting
        for id, place in zip(ballot.named, ballot.places, strict=True)
        if id in set(named)
    }
    return Health(
        dropped=tuple(dropped for ballot in everything for dropped in ballot.dropped),
        asked_again=sum(ballot.asked_again for ballot in everything) + len(aside),
        filled=filled,
        positions={id: places[id] for id in named},
        shown=max(len(ballot.shown) for ballot in voting),
        position_p=p,
        quarters=quarters(ballots),
        ballots=ballots,
        set_aside=aside,
        agreement=agreement(last),
        suspicious=suspicious(context.candidates),
        warnings=tuple(dict.fromkeys(_warnings(aside, ballots, uncounted, len(named), filled, p))),
    )


def _warnings(
    aside: Sequence[Ballot],
    ballots: Sequence[Ballot],
    uncounted: Sequence[Ballot],
    named: int,
    filled: Sequence[str],
    p: float | None,
) -> Iterable[str]:
    yield from (line for ballot in ballots for line in ballot.warnings)
    for ballot in aside:
        yield f"The first answer was no choice ({ballot.flaw}); asked in a new order."
    flawed = [ballot for ballot in ballots if ballot.flaw]
    for ballot in flawed:
        so = " Its votes were not counted." if ballot in uncounted else ""
        yield f"An answer of {ballot.model} is no choice: {ballot.flaw}.{so}"
    if not flawed and p is not None and p < SUSPICIOUS:
        yield (
            f"The places of the picks in the prompt are uneven (p = {p:.2g}): the order of the "
            "list may have decided more than the texts."
        )
    if filled:
        yield f"The model named {named} valid texts; the other {len(filled)} were drawn at random."
