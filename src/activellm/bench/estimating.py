"""What a run would take: trainings, calls, tokens, dollars and time. Nothing is sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from activellm.bench.asked import is_asked
from activellm.bench.asking import Asked, Asking
from activellm.bench.experiment import BASE
from activellm.bench.grid import Cell
from activellm.bench.jobs import score_key, scorings
from activellm.bench.pace import Kind, Pace, choosing, pieces, training
from activellm.bench.results import Row
from activellm.bench.workshop import Workshop
from activellm.successors import asks_model, read_successor
from activellm.tools import AUDIT


@dataclass(frozen=True)
class RunEstimate:
    """What is left of an experiment.

    Attributes:
        selections: Rounds of choosing.
        trainings: Learners to be trained and measured.
        there: Measurements that are there.
        asked: What each query model would be asked.
        seconds: Of work, in one process, as far as it is known; None if nothing is.
        unknown: Learners and schedules of which no time is known yet.
        spent: US dollars that were spent on query models in this folder.
        notes: What is not counted, and why.
    """

    selections: int
    trainings: int
    there: int
    asked: tuple[Asked, ...]
    seconds: float | None
    unknown: tuple[str, ...]
    spent: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def cost(self) -> float | None:
        """US dollars at the most; None if a price is unknown."""
        costs = [one.most.cost_most for one in self.asked]
        return None if None in costs else sum(cost or 0.0 for cost in costs)


@dataclass(frozen=True)
class Left:
    """What is not there yet of a grid.

    Attributes:
        cells: Those whose selection is to be made.
        pieces: All work, by kind.
        there: Measurements that are there.
    """

    cells: tuple[Cell, ...]
    pieces: Counter[Kind]
    there: int


def left(workshop: Workshop, choices: Iterable[Row], scores: Iterable[Row]) -> Left:
    """Compare the grid with what is there."""
    known: dict[str, dict[int, Row]] = defaultdict(dict)
    for row in choices:
        known[row["key"]][row["round"]] = row
    scored = {row["key"] for row in scores}
    found: Counter[Kind] = Counter()
    cells, there = [], 0
    for cell in workshop.cells():
        rounds = known.get(workshop.choice_key(cell), {})
        if len(rounds) < cell.rounds:
            cells.append(cell)
            found += pieces(cell)
            continue
        for job in scorings(cell, rounds.values()):
            if score_key(job, workshop) in scored:
                there += 1
            else:
                found[training(job.successor, len(job.picks))] += 1
    return Left(tuple(cells), found, there)


def estimate_run(
    workshop: Workshop, choices: Iterable[Row] = (), scores: Iterable[Row] = ()
) -> RunEstimate:
    """Say what is left of an experiment, and what it takes.

    Args:
        workshop: The experiment's.
        choices, scores: What is there, as in `Results`.

    Raises:
        BudgetError: If there is a cost limit and the price of a query model is unknown.
    """
    choices, scores = [*choices], [*scores]
    missing, pace = left(workshop, choices, scores), Pace(choices, scores)
    asking = Asking(workshop)
    for cell in missing.cells:
        if is_asked(cell.llm):
            asking.add(cell)
    asked = asking.asked()
    seconds, unknown = _time(missing.pieces, pace, asked)
    kinds = missing.pieces.items()
    return RunEstimate(
        selections=sum(number for kind, number in kinds if kind[0] == "choose"),
        trainings=sum(number for kind, number in kinds if kind[0] == "train"),
        there=missing.there,
        asked=asked,
        seconds=seconds,
        unknown=unknown,
        spent=spent_in(workshop.folder),
        notes=(*asking.notes(), *_not_counted(missing.pieces)),
    )


def spent_in(folder: Path | None) -> float:
    """US dollars that query models have cost in a folder of results, as far as it is known."""
    if folder is None:
        return 0.0
    from activellm.llm.audit_log import AuditLog
    from activellm.llm.prices import price_of

    return AuditLog(folder / AUDIT).spent(price_of).cost


def _time(
    work: Counter[Kind], pace: Pace, asked: Iterable[Asked]
) -> tuple[float | None, tuple[str, ...]]:
    """Seconds as far as they are known, and of what they are not."""
    guessed = {choosing(one.schedule, one.llm): one.seconds for one in asked}
    total, known, unknown = 0.0, False, []
    for kind, number in sorted(work.items()):
        seconds = pace.seconds(kind)
        if seconds is None and kind in guessed:
            total += guessed[kind]
            known = True
        elif seconds is None:
            unknown += [kind[1]] if kind[1] != BASE else []
        else:
            total += number * seconds
            known = True
    return (total if known else None), tuple(dict.fromkeys(unknown))


def _not_counted(work: Counter[Kind]) -> Iterator[str]:
    learners = sorted({name for what, name, _ in work if what == "train"})
    for name in learners:
        if asks_model(read_successor(name)[0]):
            yield f"The learner {name} asks the LLM about texts; that is not counted here."
