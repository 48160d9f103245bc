"""Who does the jobs: this process, or several beside it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Protocol

from activellm.bench.experiment import Experiment
from activellm.bench.jobs import Done, Job, do
from activellm.bench.workshop import Workshop
from activellm.errors import ActiveLLMError

MOST_DEATHS = 3
"""How often in a row workers may die before the run gives up."""

_workshops: list[Workshop] = []
"""A worker process's own, after its start."""


class Executor(Protocol):
    """Does jobs, several at a time, in no certain order."""

    def run(self, take: Callable[[], Job | None]) -> Iterator[Done]:
        """Do jobs as long as `take` gives any; what is done may give it more.

        Args:
            take: The next job; None where there is none at the moment.
        """
        ...


class Here:
    """One job after the other, in this process."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    def run(self, take: Callable[[], Job | None]) -> Iterator[Done]:
        """See `Executor.run`."""
        while (job := take()) is not None:
            yield do(job, self.workshop)


class Processes:
    """Worker processes of this machine. One that dies is replaced, and its job done again.

    Args:
        workers: How many.
        experiment, base, folder: As for `Workshop`.
        workshop: Which kind of workshop each of them has.
    """

    def __init__(
        self,
        workers: int,
        experiment: Experiment,
        base: Path,
        folder: Path | None,
        workshop: type[Workshop] = Workshop,
    ) -> None:
        self.workers = workers
        self._parts = workshop, experiment, base, folder

    def run(self, take: Callable[[], Job | None]) -> Iterator[Done]:
        """See `Executor.run`.

        Raises:
            ActiveLLMError: If workers die again and again.
        """
        again: list[Job] = []
        deaths = 0
        while True:
            running: dict[Future[Done], Job] = {}
            pool = self._pool()
            try:
                while self._fill(pool, running, again, take):
                    finished, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        done = future.result()
                        del running[future]
                        deaths = 0
                        yield done
                return
            except BrokenProcessPool:
                deaths += 1
                again = [*running.values()]
                if deaths >= MOST_DEATHS:
                    raise ActiveLLMError(
                        "The worker processes were killed again and again.",
                        remedy="Is there enough memory? Try fewer with --workers.",
                    ) from None
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _pool(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.workers, context, _start, self._parts)

    def _fill(
        self,
        pool: ProcessPoolExecutor,
        running: dict[Future[Done], Job],
        again: list[Job],
        take: Callable[[], Job | None],
    ) -> bool:
        """Give every worker a job and one to come; whether any is running."""
        while len(running) < 2 * self.workers:
            job = again.pop() if again else take()
            if job is None:
                break
            running[pool.submit(_do, job)] = job
        return bool(running)


def _start(
    workshop: type[Workshop], experiment: Experiment, base: Path, folder: Path | None
) -> None:
    _workshops[:] = [workshop(experiment, base, folder)]


def _do(job: Job) -> Done:
    return do(job, _workshops[0])
