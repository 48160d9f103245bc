"""Jobs done by several processes of this machine."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from activellm.bench.executors.protocol import Jobs
from activellm.bench.experiment import Experiment
from activellm.bench.jobs import Done, Job, do
from activellm.bench.workshop import Workshop
from activellm.blocks.executors.deaths import Deaths

_workshops: list[Workshop] = []
"""A worker process's own, after its start."""


class Processes:
    """Worker processes of this machine. One that dies is replaced, and its job done again.

    Each opens the data, the encoder and the query models once, on its first use of them; this
    process opens the data alone. On a GPU each has its own copies there, so the GPU's memory
    decides how many fit.

    Args:
        workers: How many.
        experiment, base, folder, max_cost: As for `Workshop`.
    """

    def __init__(
        self,
        workers: int,
        experiment: Experiment,
        base: Path,
        folder: Path | None,
        max_cost: float | None = None,
    ) -> None:
        self.workers = workers
        self._parts = experiment, base, folder, max_cost

    def run(self, take: Callable[[], Job | None]) -> Iterator[Done]:
        """See `Executor.run`.

        Raises:
            ActiveLLMError: If workers die again and again.
        """
        jobs, deaths = Jobs(take), Deaths()
        while True:
            running: dict[Future[Done], Job] = {}
            pool = self._pool()
            try:
                while self._fill(pool, running, jobs):
                    finished, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        done = future.result()
                        del running[future]
                        deaths.none()
                        yield done
                return
            except BrokenProcessPool:
                jobs.give_back(running.values())
                deaths.another()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _pool(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.workers, context, _start, self._parts)

    def _fill(
        self, pool: ProcessPoolExecutor, running: dict[Future[Done], Job], jobs: Jobs
    ) -> bool:
        """Give every worker a job and one to come; whether any is running."""
        while len(running) < 2 * self.workers:
            job = jobs.take()
            if job is None:
                break
            try:
                running[pool.submit(_do, job)] = job
            except BrokenProcessPool:
                jobs.give_back([job])
                raise
        return bool(running)


def _start(
    experiment: Experiment,
    base: Path,
    folder: Path | None,
    max_cost: float | None,
) -> None:
    _workshops[:] = [Workshop(experiment, base, folder, max_cost)]


def _do(job: Job) -> Done:
    return do(job, _workshops[0])
