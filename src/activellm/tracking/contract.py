"""The contract of a tracker: where runs, their parameters and their numbers are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol, Self


@dataclass(frozen=True, slots=True)
class Step:
    """What was measured at one moment of a run.

    Attributes:
        number: Which: the round, 1 is the first.
        metrics: Name -> finite number.
    """

    number: int
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A project, or one configuration of an experiment. No text of the pool is in it.

    Attributes:
        key: The same whenever the same thing is sent again.
        name: What people see.
        parameters: How it was made; neither keys nor passwords.
        steps: What was measured, in order.
        files: What goes along as it is, only if the user said so.
    """

    key: str
    name: str
    parameters: Mapping[str, str]
    steps: tuple[Step, ...]
    files: tuple[Path, ...] = field(default=())


class Tracker(Protocol):
    """Takes runs.

    Attributes:
        name: How the user asks for it.
        runs_here: Whether what it is sent stays on this machine.
        takes_files: Whether it can keep files.
    """

    name: ClassVar[str]
    runs_here: bool
    takes_files: bool

    @classmethod
    def from_spec(cls, argument: str, /) -> Self:
        """Make it from what stands behind the colon; nothing is sent.

        Raises:
            UsageError: If the argument is missing, holds a password, or cannot be used.
            MissingExtraError: If its library is not installed.
        """
        ...

    def send(self, run: TrackedRun, experiment: str, earlier: str) -> str:
        """Keep a run's steps.

        Args:
            run: Its steps and files are those that were not sent before.
            experiment: Under which heading.
            earlier: What an earlier sending of this run returned; empty for none.

        Returns:
            By what the tracker knows the run, for the next time.

        Raises:
            ActiveLLMError: If it could not be reached, or refused.
        """
        ...
