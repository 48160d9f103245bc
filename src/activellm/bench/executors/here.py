"""Jobs done in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from activellm.bench.jobs import Done, Job, do
from activellm.bench.workshop import Workshop


class Here:
    """One job after the other, in this process."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    def run(self, take: Callable[[], Job | None]) -> Iterator[Done]:
        """See `Executor.run`."""
        while (job := take()) is not None:
            yield do(job, self.workshop)
