"""One annotator at work on a queue: what comes next, what was answered, how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from activellm.annotation.answering import now
from activellm.annotation.contract import Annotation, AnnotationLog, QueueItem
from activellm.errors import DataError
from activellm.progress import Progress, silent
from activellm.task import Task


@dataclass(frozen=True, slots=True)
class Count:
    """How far a queue is.

    Attributes:
        total: Texts in the queue.
        labelled, skipped: How many have which answer.
        unsure: How many of the labelled ones were marked as unsure.
        seconds_left: An estimate for the open ones from this annotator's median; None if unknown.
    """

    total: int
    labelled: int
    skipped: int
    unsure: int
    seconds_left: float | None

    @property
    def open(self) -> int:
        """How many texts have neither label nor skip."""
        return self.total - self.labelled - self.skipped


class Sitting:
    """The state behind the page and the terminal. The log decides; this only remembers it.

    Args:
        queue: What is asked, in order; answered items may be among them.
        task: What is decided.
        log: Where answers are kept.
        annotator: Who sits here.
        oracle: The oracle's name, kept with each answer.
        progress: Told after each answer.
    """

    def __init__(
        self,
        queue: Sequence[QueueItem],
        task: Task,
        log: AnnotationLog,
        *,
        annotator: str,
        oracle: str,
        progress: Progress = silent,
    ) -> None:
        self.items = {item.example.id: item for item in queue}
        self.task = task
        self.annotator = annotator
        self._log = log
        self._oracle = oracle
        self._progress = progress
        self._ids = tuple(self.items)
        self._place = {id_: place for place, id_ in enumerate(self._ids)}
        self._standing: dict[str, Annotation] = {}
        self._order: list[str] = []
        self._read_log()

    def item(self, id_: str) -> QueueItem:
        """The item of an example.

        Raises:
            DataError: If the example is not in the queue.
        """
        if id_ not in self.items:
            raise DataError("This text is not one of those that are asked about.")
        return self.items[id_]

    def open_items(self, after: str | None = None) -> Iterator[QueueItem]:
        """The unanswered items, in order; with `after`, those that come later than this id.

        Raises:
            DataError: If `after` is not in the queue.
        """
        start = 0 if after is None else self._place[self.item(after).example.id] + 1
        return (self.items[id_] for id_ in self._ids[start:] if id_ not in self._standing)

    def skipped_items(self) -> Iterator[QueueItem]:
        """The skipped items, in order."""
        return (
            item
            for id_, item in self.items.items()
            if id_ in self._standing and self._standing[id_].action == "skip"
        )

    def answers(self) -> list[Annotation]:
        """This annotator's standing answers, the oldest first."""
        return [self._standing[id_] for id_ in self._order]

    def record(self, annotation: Annotation) -> bool:
        """Check an event, complete it with who and when, and keep it.

        Returns:
            False if it was known already; then nothing changed.

        Raises:
            DataError: If the example is not in the queue, or the labels are not the task's.
        """
        self.item(annotation.example_id)
        is_label = annotation.action == "label"
        labels = self.task.answer(annotation.labels) if is_label else ()
        kept = replace(
            annotation, labels=labels, annotator=self.annotator, oracle=self._oracle, at=now()
        )
        new = self._log.append(kept)
        if new and kept.action != "undo":
            self._stand(kept)
        else:
            self._read_log()
        count = self.count()
        self._progress("Labelling", count.total - count.open, count.total)
        return new

    def count(self) -> Count:
        """How far the queue is."""
        standing = self._standing.values()
        labelled = [answer for answer in standing if answer.action == "label"]
        times = [
            answer.seconds
            for answer in labelled
            if answer.seconds is not None and answer.annotator == self.annotator
        ]
        left = len(self.items) - len(self._standing)
        return Count(
            total=len(self.items),
            labelled=len(labelled),
            skipped=len(standing) - len(labelled),
            unsure=sum(answer.unsure for answer in labelled),
            seconds_left=median(times) * left if len(times) >= 3 else None,
        )

    def _stand(self, answer: Annotation) -> None:
        id_ = answer.example_id
        self._standing[id_] = answer
        if id_ in self._order:
            self._order.remove(id_)
        self._order.append(id_)

    def _read_log(self) -> None:
        answers = self._log.current()
        self._standing = {id_: answers[id_] for id_ in self._ids if id_ in answers}
        own = [one for one in self._standing.values() if one.annotator == self.annotator]
        self._order = [one.example_id for one in sorted(own, key=lambda one: one.at)]
