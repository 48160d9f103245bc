"""The actors of one run on Ray: who is at work on what, and who has died."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from activellm.bench.executors.protocol import Jobs
from activellm.bench.experiment import Experiment
from activellm.bench.jobs import Done, Job, do
from activellm.bench.workshop import Workshop


class RayWorker:
    """An actor: it does one job after the other in a workshop that it keeps.

    Args:
        experiment, base, folder, max_cost: As for `Workshop`.
    """

    def __init__(
        self, experiment: Experiment, base: Path, folder: Path | None, max_cost: float | None
    ) -> None:
        self._folder = folder
        self._workshop = Workshop(experiment, base, folder, max_cost)

    def do(self, job: Job) -> Done:
        """See `jobs.do`."""
        if self._folder and not self._folder.is_dir():
            return Done(job, error=f"{self._folder}: A machine of the cluster has no such folder.")
        return do(job, self._workshop)


class Crew:
    """Actors, of whom each has one job at a time.

    Args:
        ray: The library.
        hire: Starts an actor.
        places: How many there are to be.
    """

    def __init__(self, ray: Any, hire: Callable[[], Any], places: int) -> None:
        self._ray, self._hire = ray, hire
        self._idle = [hire() for _ in range(places)]
        self._running: dict[Any, tuple[Any, Job]] = {}

    def begin(self, jobs: Jobs) -> bool:
        """Give jobs to those who have none; whether any is running."""
        while self._idle and (job := jobs.take()) is not None:
            actor = self._idle.pop()
            self._running[actor.do.remote(job)] = actor, job
        return bool(self._running)

    def next_end(self) -> tuple[Job, Done | None]:
        """Wait for a job to end; None where its actor died of it, whose place is taken by another.

        Raises:
            Exception: What the job raised: a bug.
        """
        errors = self._ray.exceptions
        (ended, *_), _ = self._ray.wait([*self._running], num_returns=1)
        actor, job = self._running[ended]
        try:
            done: Done = self._ray.get(ended)
        except (errors.RayActorError, errors.OutOfMemoryError):
            self._ray.kill(actor)
            del self._running[ended]
            self._idle.append(self._hire())
            return job, None
        del self._running[ended]
        self._idle.append(actor)
        return job, done

    def dismiss(self) -> None:
        """End all actors now; by themselves they live on until they miss their cluster."""
        for actor in (*self._idle, *(actor for actor, _ in self._running.values())):
            self._ray.kill(actor)
        self._idle, self._running = [], {}
