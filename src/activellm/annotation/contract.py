"""Answers from people, and the contract of whoever gives them (the oracle)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeAlias

from activellm.pool.example import Example
from activellm.progress import Progress, silent
from activellm.task import Answer, Task

Action: TypeAlias = Literal["label", "skip", "undo", "resolve", "repeat"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One event: somebody answered, skipped, or took an answer back. Never changed afterwards.

    Attributes:
        event: A random id made by whoever sends it; sent twice, it counts once.
        example_id: The example concerned.
        annotator: Who.
        action: "label" gives `labels`; "skip" declines to; "undo" takes this annotator's last event
            on this example back; "resolve" is an adjudicator's decision, which outranks all
            answers; "repeat" is the answer to a text shown a second time, and labels nothing.
        labels: The answer; empty for "skip" and "undo".
        unsure: The annotator doubts the answer.
        discuss: The annotator wants the text talked about.
        revealed: Whether they had seen the query model's weak label: "before" they first answered,
            "after" it, or not ("").
        note: A remark.
        seconds: How long the text was before the annotator's eyes, if known.
        at: When, ISO 8601 in UTC.
        oracle: Which oracle took it ("browser", "file", ...).
    """

    event: str
    example_id: str
    annotator: str
    action: Action
    labels: Answer = ()
    unsure: bool = False
    discuss: bool = False
    revealed: Literal["", "before", "after"] = ""
    note: str = ""
    seconds: float | None = None
    at: str = ""
    oracle: str = ""


class AnnotationLog(Protocol):
    """Where annotations are kept: append-only, durable when `append` returns."""

    def append(self, annotation: Annotation) -> bool:
        """Keep an event. Gives False, and keeps nothing, if its `event` is known already."""
        ...

    def annotations(self) -> Sequence[Annotation]:
        """All events, in the order in which they arrived."""
        ...

    def current(self) -> Mapping[str, Annotation]:
        """The event that counts for each example id: an adjudicator's decision, else the latest
        "label" or "skip" that was not undone. Examples with none are absent.
        """
        ...


@dataclass(frozen=True, slots=True)
class QueueItem:
    """An example that waits for its label.

    Attributes:
        example: The example.
        purpose: "pick": chosen by the strategy, for training; "holdout": drawn at random, for
            measuring; "check": its label is known, for measuring annotators.
        reason: Why this text is asked about, for people.
    """

    example: Example
    purpose: Literal["pick", "holdout", "check"] = "pick"
    reason: str = ""


class Oracle(Protocol):
    """Whoever gives the labels: a person at a page, a file, a column of gold labels.

    Attributes:
        name: How the user asks for it ("browser").
        warnings: What the last `answer` found wanting, as sentences for the user.
    """

    name: ClassVar[str]
    warnings: tuple[str, ...]

    def answer(
        self,
        queue: Sequence[QueueItem],
        task: Task,
        log: AnnotationLog,
        *,
        notice: str = "",
        progress: Progress = silent,
    ) -> None:
        """Get an answer (a label or a skip) for each item that has none in `log` yet.

        Returns when nothing waits any more, or when the people said that they are done. Every
        answer is in `log` before the next one is asked for, so it may be killed at any time.

        Args:
            queue: What is asked, in order; answered items may be among them.
            task: What is decided.
            log: Where answers are kept.
            notice: What people should know before they begin, a sentence or two; plain text.
            progress: Told after each answer.

        Raises:
            DataError: If labels that were given cannot be used.
        """
        ...
