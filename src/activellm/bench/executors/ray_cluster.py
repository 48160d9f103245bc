"""Jobs done by a Ray cluster: one that is there, or one on this machine for this run."""

from __future__ import annotations

import logging
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from activellm.bench.executors.protocol import Deaths, Jobs
from activellm.bench.executors.ray_crew import Crew, RayWorker
from activellm.bench.experiment import Experiment
from activellm.bench.jobs import Done, Job
from activellm.errors import ActiveLLMError, MissingExtraError, UsageError
from activellm.threads import available_cores

STORE_BYTES = 100 * 2**20
"""Memory for what Ray's workers share, near its least: they share jobs and lines of results."""

SHORT = "/tmp"  # noqa: S108
"""Where a local cluster has its logs and sockets, whose paths may not be longer than 100 letters;
its own folder there is for this user's eyes only."""

LOCAL = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
"""A cluster of this machine alone listens on its loopback address, as Ray does on a Mac, and does
what is asked only by who knows this run's token."""


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
        self._ray = _library(local=not address)

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
        with self._cluster():
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
        """How many workers."""
        cores = int(self._ray.cluster_resources().get("CPU", 0))
        if (self.workers or 1) > cores:
            raise UsageError(
                f"The cluster has {cores} CPU cores, and each worker needs one.",
                where=f"--workers {self.workers or 1}",
                remedy="Ask for fewer workers, or add machines.",
            )
        return self.workers or cores

    def _gpu_share(self) -> float:
        """The part of a GPU that each worker gets; 0 where there is none or none is wanted."""
        gpus = int(self._ray.cluster_resources().get("GPU", 0))
        if not gpus or self._parts[0].device == "cpu":
            return 0.0
        on_each = -(-self._places() // gpus)
        return int(10_000 / on_each) / 10_000  # Ray counts in ten-thousandths

    @contextmanager
    def _cluster(self) -> Iterator[None]:
        folder = tempfile.TemporaryDirectory(
            prefix="ray", dir=SHORT if Path(SHORT).is_dir() else None, ignore_cleanup_errors=True
        )
        # Ray tells of dead workers on standard output, which is the result's.
        with folder as logs, redirect_stdout(sys.stderr):
            try:
                self._begin(logs)
                yield
            finally:
                self._ray.shutdown()

    def _begin(self, logs: str) -> None:
        local: dict[str, Any] = {
            "address": "local",  # whatever cluster the environment names
            "num_cpus": self.workers or available_cores(),
            "include_dashboard": False,
            "object_store_memory": STORE_BYTES,
            "_temp_dir": logs,
        }
        place = {"address": self.address} if self.address else local
        try:
            self._ray.init(**place, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, RuntimeError, ValueError, self._ray.exceptions.RayError) as error:
            raise ActiveLLMError(
                f"The Ray cluster cannot be reached: {error}",
                where=f"--ray-address {self.address}" if self.address else "--executor ray",
            ) from None


def _library(*, local: bool) -> Any:
    """Ray, which reads its settings when it is imported."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if local:
        os.environ.update(LOCAL)
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    try:
        import ray
    except ImportError:
        raise MissingExtraError("Running an experiment on Ray", "ray") from None
    return ray
