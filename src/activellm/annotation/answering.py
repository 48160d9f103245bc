"""What every oracle does: find what waits, and make events."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from activellm.annotation.contract import Annotation, AnnotationLog, QueueItem
from activellm.progress import Progress
from activellm.task import Answer


def new_event() -> str:
    """A random id for an event."""
    return uuid.uuid4().hex


def now() -> str:
    """The present moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def waiting(queue: Sequence[QueueItem], log: AnnotationLog) -> list[QueueItem]:
    """The items that have neither a label nor a skip yet, each example once, in order."""
    answered = log.current()
    distinct = {item.example.id: item for item in queue}
    return [item for id_, item in distinct.items() if id_ not in answered]


def label_event(
    example_id: str,
    labels: Answer,
    *,
    annotator: str,
    oracle: str,
    unsure: bool = False,
    note: str = "",
) -> Annotation:
    """A new "label" event, dated now."""
    return Annotation(
        event=new_event(),
        example_id=example_id,
        annotator=annotator,
        action="label",
        labels=labels,
        unsure=unsure,
        note=note,
        at=now(),
        oracle=oracle,
    )


def keep_all(
    events: Sequence[Annotation], log: AnnotationLog, total: int, progress: Progress
) -> None:
    """Append all events, telling the progress of `total`."""
    for done, event in enumerate(events, start=total - len(events) + 1):
        log.append(event)
        progress("Labelling", done, total)
