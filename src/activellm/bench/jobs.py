"""The smallest pieces of work: make one cell's selections, or train and measure one learner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

from activellm.bench.grid import Cell, key_of
from activellm.bench.results import Row
from activellm.bench.simulate import choose, measure
from activellm.bench.workshop import Workshop
from activellm.errors import ActiveLLMError


@dataclass(frozen=True, slots=True)
class Choosing:
    """Make all selections of a cell."""

    cell: Cell


@dataclass(frozen=True, slots=True)
class Scoring:
    """Train a learner on the picks of a cell's first rounds, by one seed, and measure it.

    Attributes:
        cell: Which.
        choice: The key of its selections.
        picks: All ids that are labelled by then.
        round: How many rounds that are.
        successor: The learner.
        seed: The training seed.
    """

    cell: Cell
    choice: str
    picks: tuple[str, ...]
    round: int
    successor: str
    seed: int


Job: TypeAlias = Choosing | Scoring


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a job.

    Attributes:
        job: Which.
        rows: Rounds of a selection, or one measurement.
        error: What went wrong, for people; empty if nothing did.
    """

    job: Job
    rows: tuple[Row, ...] = ()
    error: str = ""


def do(job: Job, workshop: Workshop) -> Done:
    """Do a job. What goes wrong for a reason that the user can mend is told, not raised."""
    try:
        with workshop.asks(job.cell):
            if isinstance(job, Choosing):
                return Done(job, tuple(_choose(job, workshop)))
            return Done(job, (_score(job, workshop),))
    except ActiveLLMError as error:
        return Done(job, error=str(error))


def _choose(job: Choosing, workshop: Workshop) -> Iterator[Row]:
    key = workshop.choice_key(job.cell)
    for number, chosen in enumerate(choose(job.cell, workshop), start=1):
        yield {"key": key, **job.cell.choice, "round": number, **asdict(chosen)}


def _score(job: Scoring, workshop: Workshop) -> Row:
    cell = replace(job.cell, trained=(job.successor,))
    return {
        "key": score_key(job, workshop),
        "choice": job.choice,
        **{name: value for name, value in cell.choice.items() if name != "successor"},
        "round": job.round,
        "labels": len(job.picks),
        "successor": job.successor,
        "seed": job.seed,
        **measure(job.successor, job.seed, cell, workshop, job.picks),
    }


def score_key(job: Scoring, workshop: Workshop) -> str:
    """The same for the same learner, seed and labels on the same data."""
    data = workshop.fingerprint(job.cell.data)
    decided_by = workshop.experiment.encoder, job.successor, job.seed, list(job.picks), data
    return key_of(job.choice, job.round, *decided_by)


def scorings(cell: Cell, rounds: Iterable[Mapping[str, Any]]) -> Iterator[Scoring]:
    """What is to be measured on a cell's selections, the first seed of everything first."""
    picks: list[str] = []
    so_far = []
    for row in sorted(rounds, key=lambda one: int(one["round"])):
        picks += row["picks"]
        so_far.append((str(row["key"]), tuple(picks), int(row["round"])))
    for seed in range(cell.seeds):
        for choice, labelled, number in so_far:
            for name in cell.trained:
                yield Scoring(cell, choice, labelled, number, name, seed)
