"""Run an experiment: what is missing is done, what is there stays."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from activellm.bench.ahead import ask_ahead
from activellm.bench.executors import Executor
from activellm.bench.grid import Cell
from activellm.bench.jobs import Choosing, Done, Job, Scoring, score_key, scorings
from activellm.bench.pace import Pace, TimeLeft, choosing, pieces, training
from activellm.bench.results import Results, Row
from activellm.bench.workshop import Workshop
from activellm.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did.

    Attributes:
        chosen: Selections made.
        scored: Measurements made.
        kept: Measurements that were there before.
        failed: What went wrong, each reason once, with how often.
    """

    chosen: int
    scored: int
    kept: int
    failed: dict[str, int]


class Agenda:
    """Which jobs are left. Measurements of selections that are there come first."""

    def __init__(self, workshop: Workshop, results: Results) -> None:
        self.workshop = workshop
        self.known: dict[str, dict[int, Row]] = defaultdict(dict)
        for row in results.choices():  # a kill may have left some rounds only, to be chosen again
            self.known[row["key"]][row["round"]] = row
        self.scored = {row["key"] for row in results.scores()}
        self.kept = 0
        self.time = TimeLeft(workshop.cells(), Pace(results.choices(), results.scores()))
        self._cells = workshop.cells()
        self._ready: deque[Scoring] = deque()
        self.total = sum(_scores(cell) for cell in workshop.cells())

    def take(self) -> Job | None:
        """The next job; None if none is left at the moment."""
        while not self._ready:
            cell = next(self._cells, None)
            if cell is None:
                return None
            rounds = self.known.get(self.workshop.choice_key(cell), {})
            if len(rounds) < cell.rounds:
                return Choosing(cell)
            self.time.drop(choosing(cell.schedule, cell.llm), cell.rounds)
            self._plan(cell, [*rounds.values()])
        return self._ready.popleft()

    def chosen(self, cell: Cell, rounds: list[Row]) -> None:
        """A selection is there: it can be measured."""
        self.time.done(choosing(cell.schedule, cell.llm), rounds)
        self._plan(cell, rounds)

    def measured(self, job: Scoring, row: Row) -> None:
        """A measurement is there."""
        self.time.done(training(job.successor, len(job.picks)), [row])

    def failed(self, job: Job) -> None:
        """What hangs on a job will not be done in this run."""
        if isinstance(job, Scoring):
            self.time.drop(training(job.successor, len(job.picks)))
        else:
            for kind, number in pieces(job.cell).items():
                self.time.drop(kind, number)

    def _plan(self, cell: Cell, rounds: list[Row]) -> None:
        for job in scorings(cell, rounds):
            key = score_key(job, self.workshop)
            if key in self.scored:
                self.kept += 1
                self.time.drop(training(job.successor, len(job.picks)))
            else:
                self.scored.add(key)
                self._ready.append(job)


def run(
    workshop: Workshop,
    results: Results,
    executor: Executor,
    progress: Progress = silent,
    left: Callable[[float | None], None] = lambda seconds: None,
) -> Ran:
    """Do what is missing of an experiment.

    It can be killed at any moment and run again: what is written is not done twice.

    Args:
        workshop: The experiment's.
        results: What is there; grows.
        executor: Who does the jobs.
        progress: Told how many measurements there are of all.
        left: Told how many seconds the rest will take; None before that is known.
    """
    agenda = Agenda(workshop, results)
    ask_ahead(workshop, agenda.known, progress)
    chosen = scored = 0
    failed: dict[str, int] = defaultdict(int)
    for done in _until_none_is_left(executor, agenda):
        if done.error:
            failed[done.error] += 1
            agenda.failed(done.job)
        elif isinstance(done.job, Choosing):
            results.add_choices(done.rows)
            agenda.chosen(done.job.cell, [*done.rows])
            chosen += 1
        else:
            results.add_scores(done.rows)
            agenda.measured(done.job, done.rows[0])
            scored += 1
        left(agenda.time.seconds())
        progress("Experiment", agenda.kept + scored, agenda.total)
    return Ran(chosen, scored, agenda.kept, dict(failed))


def _until_none_is_left(executor: Executor, agenda: Agenda) -> Iterator[Done]:
    """A selection that came last makes new jobs after the executor ran dry."""
    while True:
        some = False
        for done in executor.run(agenda.take):
            some = True
            yield done
        if not some:
            return


def _scores(cell: Cell) -> int:
    return cell.rounds * cell.seeds * len(cell.trained)
