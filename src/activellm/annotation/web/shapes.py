"""What goes over the wire between the annotators' page and the server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from activellm.annotation.contract import Annotation, QueueItem
from activellm.annotation.sitting import Sitting
from activellm.annotation.visible import one_line, visible
from activellm.annotation.web.closing import Closing

MAX_NOTE = 2000
"""Characters of a note; the page's own limit is the same."""

AHEAD_CHARACTERS = 400_000
"""As much text as is sent ahead of need."""

MAX_ID = 10_000
EVENT = r"^[0-9a-f]{32}$"

HOLDOUT_REASON = "Drawn at random to measure the classifier."
NO_REASON = "No reason was recorded for this text."


class Sent(BaseModel):
    """What a page or a script sends: nothing but what is asked for."""

    model_config = ConfigDict(extra="forbid")


class SentAnswer(Sent):
    """An answer as the page sends it. `event` is made there: sent twice, it counts once."""

    event: str = Field(pattern=EVENT)
    id: str = Field(max_length=MAX_ID)
    action: Literal["label", "skip", "undo"]
    labels: list[str] = Field(default=[], max_length=10_000)
    unsure: bool = False
    discuss: bool = False
    note: str = Field(default="", max_length=MAX_NOTE)
    seconds: float | None = Field(default=None, ge=0, le=86_400, allow_inf_nan=False)
    tab: str = Field(default="", max_length=64)

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
            discuss=self.discuss and self.action != "undo",
            note="" if self.action == "undo" else self.note.strip(),
            seconds=self.seconds,
        )


class SentWish(Sent):
    """What the annotator wants at the end: wait, get ready to go on, or go on now."""

    wish: Literal["hold", "ready", "finish"]


class SentTab(Sent):
    """A page that is still there, or is left. `claim`: the annotator goes on in this one."""

    tab: str = Field(default="", max_length=64)
    claim: bool = False


class Failed(BaseModel):
    """An error: its kind, and words for people."""

    class Error(BaseModel):
        """What went wrong."""

        code: str
        message: str

    error: Error


class Progress(BaseModel):
    """How far an annotator is. `total` and `open` count texts, the others their own answers."""

    total: int
    open: int
    labelled: int
    skipped: int
    unsure: int
    seconds_left: float | None
    closing_in: float | None


class Text(BaseModel):
    """A text as the page gets it: nothing that tells a pick from a hold-out text."""

    id: str
    text: str
    pair: str | None


class Texts(BaseModel):
    """The next texts, whether more follow, and how many to keep ahead."""

    texts: list[Text]
    more: bool
    ahead: int
    progress: Progress


class Saved(BaseModel):
    """The page's leave to say "saved". `elsewhere`: a newer tab of the same person is at work."""

    saved: str
    new: bool
    elsewhere: bool
    progress: Progress


class OwnAnswer(BaseModel):
    """One of the annotator's own answers, with the beginning of its text."""

    id: str
    begin: str
    action: Literal["label", "skip"]
    labels: list[str]
    unsure: bool
    discuss: bool
    note: str
    at: str


class OwnAnswers(BaseModel):
    """The annotator's own answers: the oldest first, or with `limit` the newest first."""

    answers: list[OwnAnswer]
    more: bool


class Me(BaseModel):
    """Who asks, and what they may see."""

    name: str
    role: Literal["annotator", "adjudicator", "owner"]
    reveal: Literal["never", "after", "before"]
    team: bool


class Judgement(BaseModel):
    """What the query model expects of a text."""

    label: str
    probability: float


class Reason(BaseModel):
    """Why a text is asked about."""

    reason: str


class Alive(BaseModel):
    """What changed while the page was open. `notice` is what stands above the texts."""

    elsewhere: bool
    notice: str
    progress: Progress


class Closes(BaseModel):
    """When the page closes."""

    progress: Progress


def text_shape(item: QueueItem) -> Text:
    """A text for the page."""
    example = item.example
    pair = None if example.pair is None else visible(example.pair)
    return Text(id=example.id, text=visible(example.text), pair=pair)


def fitting(items: Iterable[QueueItem]) -> tuple[list[Text], bool]:
    """As many texts as one reply may hold, and whether some were left out."""
    texts: list[Text] = []
    size = 0
    for item in items:
        if size > AHEAD_CHARACTERS:
            return texts, True
        texts.append(text_shape(item))
        size += len(item.example.text) + len(item.example.pair or "")
    return texts, False


def answer_shape(sitting: Sitting, annotation: Annotation) -> OwnAnswer:
    """One of the annotator's own answers, with the beginning of its text."""
    example = sitting.item(annotation.example_id).example
    return OwnAnswer(
        id=annotation.example_id,
        begin=one_line(example.text),
        action="skip" if annotation.action == "skip" else "label",
        labels=list(annotation.labels),
        unsure=annotation.unsure,
        discuss=annotation.discuss,
        note=annotation.note,
        at=annotation.at,
    )


def progress_shape(sitting: Sitting, closing: Closing | None) -> Progress:
    """How far the annotator is, and when the page will close."""
    count = sitting.count()
    return Progress(
        total=count.total,
        open=count.open,
        labelled=count.labelled,
        skipped=count.skipped,
        unsure=count.unsure,
        seconds_left=count.seconds_left,
        closing_in=None if closing is None else closing.left,
    )


def reason_of(item: QueueItem) -> str:
    """Why this text is asked about, in words. Repeats and checks look like any other text."""
    if item.purpose != "pick":
        return HOLDOUT_REASON
    return visible(item.reason) or NO_REASON
