"""Jobs done by a Ray cluster: one that is there, or one on this machine for this run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from activellm.bench.executors.protocol import Jobs
from activellm.bench.executors.ray_crew import Crew, RayWorker
from activellm.bench.experiment import Experiment
from activellm.bench.jobs import Done, Job
from activellm.blocks.executors.cluster import cluster, gpu_share, places, ray_library
from activellm.blocks.executors.deaths import Deaths


class RayCluster:
    """Ray actors, each with a workshop of its own. One that dies is replaced, its job done again.

    Without an address a cluster is begun on this machine and ended with the run. Machines of
    another cluster need this version of ActiveLLM, and must see the experiment's folder and files
    under the same paths.

    Args:
        workers: How many actors, each on a CPU core; None for all cores of the cluster. On GPUs
            they get equal shares of them.
        experiment, base, folder, max_cost: As for `Workshop`.
        address: Of a cluster, as for `ray.init`; empty for one on this machine.

    Raises:
        MissingExtraError: If Ray is not installed.
    """

    def __init__(
        self,
        workers: int | None,
        experiment: Experiment,
        base: Path,
        folder: Path | None,
        max_cost: float | None = None,
        *,
        address: str = "",
    ) -> None:
        self.workers, self.address = workers, address
        folder = folder.absolute() if folder else None
        self._parts = experiment, base.absolute(), folder, max_cost
        self._ray = ray_library("Running an experiment on Ray", local=not address)

    def run(self, take: Callable[[], Job | None]) -> Iterator[Done]:
        """See `Executor.run`.

        Raises:
            ActiveLLMError: If the cluster cannot be reached, or workers die again and again.
            UsageError: If it has fewer cores than workers are asked for.
        """
        first = take()
        if first is None:
            return
        jobs = Jobs(take)
        jobs.give_back([first])
        with cluster(self._ray, self.address, self.workers):
            yield from self._all(jobs)

    def _all(self, jobs: Jobs) -> Iterator[Done]:
        crew, deaths = Crew(self._ray, self._hire(), self._places()), Deaths()
        try:
            while crew.begin(jobs):
                job, done = crew.next_end()
                if done is None:
                    jobs.give_back([job])
                    deaths.another()
                else:
                    deaths.none()
                    yield done
        finally:
            crew.dismiss()

    def _hire(self) -> Callable[[], Any]:
        """Starts workers; nothing is asked of Ray but cores and shares of GPUs."""
        actor = self._ray.remote(num_cpus=1, num_gpus=self._gpu_share(), max_restarts=0)(RayWorker)
        return lambda: actor.remote(*self._parts)

    def _places(self) -> int:
        return places(self._ray, self.workers)

    def _gpu_share(self) -> float:
        """The part of a GPU that each worker gets; 0 where there is none or none is wanted."""
        return 0.0 if self._parts[0].device == "cpu" else gpu_share(self._ray, self._places())
