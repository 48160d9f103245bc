"""One annotator at work on a queue: what comes next, what was answered, how far it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Self

from activellm.annotation.answering import now
from activellm.annotation.contract import Annotation, AnnotationLog, QueueItem
from activellm.annotation.desk import Desk
from activellm.errors import DataError
from activellm.progress import Progress, silent
from activellm.task import Answer, Task


@dataclass(frozen=True, slots=True)
class Count:
    """How far somebody is.

    Attributes:
        total: Texts in the queue.
        open: How many of them this annotator could still answer.
        labelled, skipped: How many they have answered how.
        unsure: How many of the labelled ones were marked as unsure.
        seconds_left: An estimate for the open ones from this annotator's median; None if unknown.
    """

    total: int
    open: int
    labelled: int
    skipped: int
    unsure: int
    seconds_left: float | None


class Sitting:
    """What the page and the terminal of one annotator work on.

    Args:
        desk: What the team shares.
        annotator: Who sits here.
        oracle: The oracle's name, kept with each answer.
        progress: Told after each answer.
    """

    def __init__(
        self, desk: Desk, *, annotator: str, oracle: str, progress: Progress = silent
    ) -> None:
        self.desk = desk
        self.annotator = annotator
        self._oracle = oracle
        self._progress = progress

    @classmethod
    def alone(
        cls,
        queue: Sequence[QueueItem],
        task: Task,
        log: AnnotationLog,
        *,
        annotator: str,
        oracle: str,
        progress: Progress = silent,
    ) -> Self:
        """The sitting of somebody who has the queue to themselves.

        What anybody answered before is answered.
        """
        desk = Desk(queue, task, log, team=False)
        return cls(desk, annotator=annotator, oracle=oracle, progress=progress)

    @property
    def task(self) -> Task:
        """What is decided."""
        return self.desk.task

    @property
    def items(self) -> Mapping[str, QueueItem]:
        """The queue, by example, in order."""
        return self.desk.items

    def item(self, id_: str) -> QueueItem:
        """The item of an example.

        Raises:
            DataError: If the example is not in the queue.
        """
        return self.desk.item(id_)

    def open_items(self, after: str | None = None) -> Iterator[QueueItem]:
        """The unanswered items, in order; with `after`, those that come later than this id.

        Raises:
            DataError: If `after` is not in the queue.
        """
        passed = set() if after is None else self._until(after)
        return (
            self.desk.items[id_] for id_ in self.desk.open_ids(self.annotator) if id_ not in passed
        )

    def _until(self, id_: str) -> set[str]:
        self.item(id_)
        ids = list(self.desk.items)
        return set(ids[: ids.index(id_) + 1])

    def skipped_items(self) -> Iterator[QueueItem]:
        """The items that this annotator skipped, in the queue's order."""
        own = self.desk.own(self.annotator)
        skipped = {id_ for id_, answer in own.items() if answer.action == "skip"}
        return (item for id_, item in self.desk.items.items() if id_ in skipped)

    def answers(self) -> list[Annotation]:
        """This annotator's standing answers, the oldest first."""
        return list(self.desk.own(self.annotator).values())

    def record(self, annotation: Annotation) -> bool:
        """Check an event, complete it with who and when, and keep it.

        Returns:
            False if it was known already; then nothing changed.

        Raises:
            DataError: If the example is not in the queue, or the labels are not the task's.
        """
        self.item(annotation.example_id)
        labelled = annotation.action in ("label", "repeat")
        labels = self._checked(annotation.labels) if labelled else ()
        kept = replace(
            annotation, labels=labels, annotator=self.annotator, oracle=self._oracle, at=now()
        )
        new = self.desk.keep(kept)
        count = self.count()
        self._progress("Labelling", count.total - count.open, count.total)
        return new

    def _checked(self, labels: Answer) -> Answer:
        given = self.task.answer(labels)
        gone = {label.name for label in self.task.labels if label.retired} & set(given)
        if gone:
            raise DataError(f"The label {min(gone)!r} is on offer no more.")
        return given

    def count(self) -> Count:
        """How far this annotator is."""
        answers = self.desk.own(self.annotator).values()
        kinds = Counter(answer.action for answer in answers)
        times = [
            one.seconds for one in answers if one.action == "label" and one.seconds is not None
        ]
        left = self.desk.open_count(self.annotator)
        return Count(
            total=len(self.desk.items),
            open=left,
            labelled=kinds["label"],
            skipped=kinds["skip"],
            unsure=sum(answer.unsure for answer in answers),
            seconds_left=median(times) * left if len(times) >= 3 else None,
        )
