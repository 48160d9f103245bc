"""What an experiment would take, in lines; and whether that is too much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from activellm.bench.asking import Asked
    from activellm.bench.estimating import RunEstimate
    from activellm.bench.workshop import Workshop
    from activellm.cli.console import Screen


def announced(workshop: Workshop, screen: Screen, workers: int) -> RunEstimate:
    """Say what is left to do. Nothing is written where the workshop has no folder yet."""
    from activellm.bench.estimating import estimate_run
    from activellm.bench.results import Results

    results = Results(workshop.folder) if workshop.folder else None
    known = (results.choices(), results.scores()) if results else ()
    found = estimate_run(workshop, *known)
    for line in lines(found, workers):
        screen.say(line)
    return found


def lines(found: RunEstimate, workers: int) -> Iterator[str]:
    """The estimate in words for people."""
    yield (
        f"To do: {found.selections:,} selections and {found.trainings:,} trainings; "
        f"{found.there:,} measurements are there."
    )
    yield from (_asked(one) for one in found.asked if one.calls or one.recorded)
    if found.selections or found.trainings:
        yield _time(found, workers)
    yield from (f"! {note}" for note in found.notes)


def as_dict(found: RunEstimate) -> dict[str, Any]:
    """The estimate for programs."""
    return {**asdict(found), "cost": found.cost}


def refuse_too_dear(found: RunEstimate, max_cost: float | None) -> None:
    """Refuse a run that the limit may stop in the middle.

    Raises:
        UsageError: If it may cost more than is left of the limit.
    """
    from activellm.errors import UsageError

    if max_cost is None or found.cost is None or found.spent + found.cost <= max_cost:
        return
    spent = f", beside ${found.spent:.2f} that is spent" if found.spent else ""
    raise UsageError(
        f"This may cost up to ${found.cost:.2f}{spent}, more than ${max_cost:g}.",
        where="--max-cost",
        remedy="Raise it, ask for less, or add --anyway to begin and ask no more where it ends.",
    )


def _asked(one: Asked) -> str:
    place = "on this machine" if one.runs_here else "ELSEWHERE"
    tokens = (
        f"at most {one.most.prompt_tokens:,} tokens read and "
        f"{one.most.completion_tokens_most:,} written"
    )
    cost = one.most.cost_most
    money = "cost unknown (its price is not known)" if cost is None else f"at most ${cost:.2f}"
    recorded = f"; {one.recorded:,} more are recorded" if one.recorded else ""
    return (
        f"{one.schedule} asks {one.llm} ({place}): {one.calls:,} calls, {tokens}, "
        f"{'free' if one.runs_here else money}{recorded}."
    )


def _time(found: RunEstimate, workers: int) -> str:
    from activellm.report.words import duration

    unknown = ", ".join(found.unknown)
    if found.seconds is None:
        return f"Time: unknown yet; nothing of it has been measured here ({unknown})."
    beside = f" beside each other on {workers} workers" if workers > 1 else ""
    known = f"Time: roughly {duration(found.seconds / workers)}{beside}"
    return f"{known}, and unknown yet for {unknown}." if unknown else f"{known}."
