"""What goes over the wire between page and server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from activellm.annotation.contract import Annotation, QueueItem
from activellm.annotation.sitting import Sitting
from activellm.annotation.visible import one_line, visible
from activellm.annotation.web.closing import Closing

MAX_NOTE = 2000
"""Characters of a note; the page's own limit is the same."""

AHEAD_TEXTS = 40
AHEAD_CHARACTERS = 400_000
"""How much is sent ahead of need, so that the next text is there at once: whichever comes first."""

HOLDOUT_REASON = "Drawn at random to measure the classifier."
NO_REASON = "No reason was recorded for this text."


class SentAnswer(BaseModel):
    """An answer as the page sends it. `event` is made there: sent twice, it counts once."""

    model_config = ConfigDict(extra="forbid")

    event: str = Field(pattern=r"^[0-9a-f]{32}$")
    id: str = Field(max_length=10_000)
    action: Literal["label", "skip", "undo"]
    labels: list[str] = Field(default=[], max_length=10_000)
    unsure: bool = False
    note: str = Field(default="", max_length=MAX_NOTE)
    seconds: float | None = Field(default=None, ge=0, le=86_400, allow_inf_nan=False)

    def annotation(self) -> Annotation:
        """The event that it stands for; who and when are added where it is kept."""
        label = self.action == "label"
        return Annotation(
            event=self.event,
            example_id=self.id,
            annotator="",
            action=self.action,
            labels=tuple(self.labels) if label else (),
            unsure=self.unsure and label,
            note="" if self.action == "undo" else self.note.strip(),
            seconds=self.seconds,
        )


class SentWish(BaseModel):
    """What the annotator wants at the end: wait, get ready to go on, or go on now."""

    model_config = ConfigDict(extra="forbid")

    wish: Literal["hold", "ready", "finish"]


def text_shape(item: QueueItem) -> dict[str, Any]:
    """A text as the page gets it: nothing that tells a pick from a hold-out text."""
    example = item.example
    pair = None if example.pair is None else visible(example.pair)
    return {"id": example.id, "text": visible(example.text), "pair": pair}


def batch_shape(items: Iterable[QueueItem]) -> dict[str, Any]:
    """As many texts as are sent ahead, and whether more follow."""
    texts: list[dict[str, Any]] = []
    size = 0
    for item in items:
        if len(texts) >= AHEAD_TEXTS or size > AHEAD_CHARACTERS:
            return {"texts": texts, "more": True}
        texts.append(text_shape(item))
        size += len(item.example.text) + len(item.example.pair or "")
    return {"texts": texts, "more": False}


def answer_shape(sitting: Sitting, annotation: Annotation) -> dict[str, Any]:
    """One of the annotator's own answers, with the beginning of its text."""
    example = sitting.items[annotation.example_id].example
    return {
        "id": annotation.example_id,
        "begin": one_line(example.text),
        "action": annotation.action,
        "labels": list(annotation.labels),
        "unsure": annotation.unsure,
        "note": annotation.note,
    }


def progress_shape(sitting: Sitting, closing: Closing) -> dict[str, Any]:
    """How far the queue is, and when the page will close."""
    count = sitting.count()
    return {
        "total": count.total,
        "labelled": count.labelled,
        "skipped": count.skipped,
        "unsure": count.unsure,
        "seconds_left": count.seconds_left,
        "closing_in": closing.left,
    }


def reason_of(item: QueueItem) -> str:
    """Why this text is asked about, in words."""
    if item.purpose == "holdout":
        return HOLDOUT_REASON
    return visible(item.reason) or NO_REASON
