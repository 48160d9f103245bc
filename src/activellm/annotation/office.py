"""What the owner and the adjudicators of a project see and start: the contract of its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from activellm.annotation.contract import QueueItem

Job: TypeAlias = Literal["next-round", "train", "report"]
Format: TypeAlias = Literal["jsonl", "csv"]
Exported: TypeAlias = Literal["labels", "events"]

JOBS: tuple[Job, ...] = ("next-round", "train", "report")


class Office(Protocol):
    """A project as its owner sees it. What it gives is JSON, ready to be sent.

    Its methods may be called from several threads at once.
    """

    @property
    def turn(self) -> int:
        """Goes up whenever the queue may have changed, as after a new round. Cheap."""
        ...

    def queue(self) -> Sequence[QueueItem]:
        """All that people have been asked, answered or not, as of now."""
        ...

    def notice(self) -> str:
        """What annotators should know of the round, a sentence or two; empty for nothing. Cheap."""
        ...

    def judgement(self, example_id: str) -> tuple[str, float] | None:
        """The query model's weak label of a text and its probability; None if it has none."""
        ...

    def overview(self, online: Mapping[str, str]) -> dict[str, Any]:
        """Where the project stands. Cheap enough to be asked for every two seconds.

        Args:
            online: When each person's page was heard of last, ISO 8601 in UTC, by name.
        """
        ...

    def agreement(self) -> dict[str, Any]:
        """How far annotators agree: all of them, by pair and by class (`Agreement.as_json`)."""
        ...

    def waiting(self) -> int:
        """How many texts wait for a decision. Cheap."""
        ...

    def disagreements(self, limit: int = 50) -> dict[str, Any]:
        """The texts that wait for a decision, and behind them those that were decided last.

        Args:
            limit: How many that wait, at most.
        """
        ...

    def people(self) -> dict[str, Any]:
        """Everybody who was invited, with their roles."""
        ...

    def invite(self, name: str, role: str) -> dict[str, Any]:
        """Let somebody in, or give them another role; gives their link.

        Raises:
            UsageError: If the name or the role cannot be used.
        """
        ...

    def new_link(self, name: str) -> dict[str, Any]:
        """A new link for somebody; the old one opens nothing any more.

        Raises:
            UsageError: If there is nobody of this name.
        """
        ...

    def revoke(self, name: str) -> dict[str, Any]:
        """Let somebody in no more. Their answers stay.

        Raises:
            UsageError: If there is nobody of this name.
        """
        ...

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs since the server was started, the newest first."""
        ...

    def start(self, job: Job) -> dict[str, Any]:
        """Start a job.

        Raises:
            UsageError: If another one is running.
        """
        ...

    def stop(self, job_id: str) -> dict[str, Any]:
        """Stop a job that runs; what it has finished stays.

        Raises:
            UsageError: If there is no such job.
        """
        ...

    def export(self, form: Format, what: Exported) -> Iterator[str]:
        """All answers as they are now, in pieces of text.

        Args:
            form: "jsonl", or "csv" for spreadsheets.
            what: "labels": one row a text with what people decided; "events": every single event.
        """
        ...

    def report(self) -> Path | None:
        """The report, if one was written."""
        ...
