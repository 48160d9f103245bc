"""What every executor does, and what those with workers share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from activellm.bench.jobs import Done, Job


class Executor(Protocol):
    """Does jobs, several at a time, in no certain order."""

    def run(self, take: Callable[[], Job | None]) -> Iterator[Done]:
        """Do jobs as long as `take` gives any; what is done may give it more.

        Args:
            take: The next job; None where there is none at the moment.
        """
        ...


class Jobs:
    """Jobs to be done; those that died with their workers come first.

    Args:
        take: As for `Executor.run`.
    """

    def __init__(self, take: Callable[[], Job | None]) -> None:
        self._take = take
        self._again: deque[Job] = deque()

    def take(self) -> Job | None:
        """The next job; None where there is none at the moment."""
        return self._again.popleft() if self._again else self._take()

    def give_back(self, jobs: Iterable[Job]) -> None:
        """Jobs that were taken and not done."""
        self._again.extend(jobs)
