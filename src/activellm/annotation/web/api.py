"""What the annotators' page asks of the server, all of it for those who came in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.exceptions import HTTPException

from activellm.annotation.answering import new_event, now
from activellm.annotation.office import Office
from activellm.annotation.people import ROLES, Reveal
from activellm.annotation.seats import Seats
from activellm.annotation.web.access import Access, NotAllowedError, allow, who
from activellm.annotation.web.closing import Closing
from activellm.annotation.web.shapes import (
    MAX_ID,
    Alive,
    Closes,
    Failed,
    Judgement,
    Me,
    OwnAnswers,
    Progress,
    Reason,
    Saved,
    SentAnswer,
    SentTab,
    SentWish,
    Text,
    Texts,
    answer_shape,
    fitting,
    progress_shape,
    reason_of,
    text_shape,
)

ExampleId = Annotated[str, Query(alias="id", max_length=MAX_ID)]
AfterId = Annotated[str | None, Query(max_length=MAX_ID)]
Limit = Annotated[int | None, Query(ge=1, le=1000)]

REFUSALS = {
    status: {"model": Failed}
    for status in (400, 401, 403, 404, 405, 409, 413, 415, 421, 422, 429, 500, 503)
}
"""Every error has one shape."""

HELD = 5
"""Texts that one annotator of a team has at a time: few, so that others do not wait for them."""

ALONE = 40
"""Texts that are sent ahead to somebody who has the queue alone."""


@dataclass(frozen=True)
class Page:
    """What the annotators' page is about.

    Attributes:
        seats: Who sits at which texts.
        team: Whether several people share the queue.
        closing: When it closes by itself; None if it stays open.
        said: What it says above the texts, where there is no office to ask.
        reveal: When the query model's weak label may be seen.
        office: Where the weak labels come from; None if there are none.
    """

    seats: Seats
    team: bool = False
    closing: Closing | None = None
    said: str = ""
    reveal: Literal["never", "after", "before"] = "never"
    office: Office | None = None

    @property
    def notice(self) -> str:
        """What the page says above the texts."""
        return self.said if self.office is None else self.office.notice()

    def up_to_date(self) -> None:
        """Take the queue anew if there may be another, as after a new round."""
        if self.office is not None:
            self.seats.take_queue(self.office.turn, self.office.queue)

    def progress(self, annotator: str) -> Progress:
        """How far somebody is."""
        return progress_shape(self.seats.sitting(annotator), self.closing)


def api(page: Page, access: Access) -> APIRouter:
    """The annotators' routes under /api/v1."""
    router = APIRouter(
        prefix="/api/v1",
        dependencies=[Depends(allow(access, ROLES))],
        responses=REFUSALS,  # type: ignore[arg-type]  # statuses are int, as FastAPI documents
        tags=["annotating"],
    )
    _reading(router, page)
    _history(router, page)
    _answering(router, page)
    _staying(router, page)
    if page.closing is not None:
        _closing(router, page, page.closing)
    return router


def _reading(router: APIRouter, page: Page) -> None:
    @router.get("/me")
    async def me(request: Request) -> Me:
        """Who asks, and what they may see."""
        person = who(request)
        return Me(name=person.name, role=person.role, reveal=page.reveal, team=page.team)

    @router.get("/texts")
    async def texts(request: Request, after: AfterId = None, skipped: bool = False) -> Texts:
        """The next texts: those after an id, or the skipped ones."""
        page.up_to_date()
        name = who(request).name
        if skipped:
            items, more = list(page.seats.sitting(name).skipped_items()), False
        elif page.team:
            items, more = page.seats.texts(name, HELD, after)
        else:
            items = list(islice(page.seats.sitting(name).open_items(after), ALONE + 1))
            items, more = items[:ALONE], len(items) > ALONE
        shown, cut = fitting(items)
        ahead = (HELD if page.team else ALONE) // 2
        return Texts(texts=shown, more=more or cut, ahead=ahead, progress=page.progress(name))

    @router.get("/text")
    async def text(request: Request, example_id: ExampleId) -> Text:
        """One text."""
        return text_shape(page.seats.item(who(request).name, example_id))

    @router.get("/reason")
    async def reason(request: Request, example_id: ExampleId) -> Reason:
        """Why a text is asked about."""
        return Reason(reason=reason_of(page.seats.item(who(request).name, example_id)))

    @router.get("/judgement")
    async def judgement(
        request: Request, example_id: ExampleId, moment: Literal["before", "after"]
    ) -> Judgement:
        """The query model's weak label. That it was shown is kept."""
        return _reveal(page, who(request).name, example_id, moment)


def _reveal(
    page: Page, annotator: str, example_id: str, moment: Literal["before", "after"]
) -> Judgement:
    page.seats.desk.item(example_id)
    answered = example_id in page.seats.desk.own(annotator)
    allowed = page.reveal == "before" or (page.reveal == "after" and answered)
    if page.office is None or not allowed:
        raise NotAllowedError
    found = page.office.judgement(example_id)
    if found is None:
        raise HTTPException(404)
    label, probability = found
    moment = "after" if answered else moment
    page.seats.reveal(Reveal(new_event(), example_id, annotator, moment, label, probability, now()))
    return Judgement(label=label, probability=probability)


def _history(router: APIRouter, page: Page) -> None:
    @router.get("/answers")
    async def answers(request: Request, limit: Limit = None, before: AfterId = None) -> OwnAnswers:
        """The annotator's own answers: the oldest first, or with `limit` the newest first.

        With `before`, those that are older than the answer to this text.
        """
        sitting = page.seats.sitting(who(request).name)
        own = sitting.answers()
        if limit is None:
            return OwnAnswers(answers=[answer_shape(sitting, one) for one in own], more=False)
        newest = reversed(own)
        if before is not None:
            sitting.item(before)
            for one in newest:
                if one.example_id == before:
                    break
        part = list(islice(newest, limit))
        more = next(newest, None) is not None
        return OwnAnswers(answers=[answer_shape(sitting, one) for one in part], more=more)


def _answering(router: APIRouter, page: Page) -> None:
    @router.post("/answers")
    async def answer(request: Request, sent: SentAnswer) -> Saved:
        """Keep an answer. The reply is the page's leave to say "saved"."""
        name = who(request).name
        new = page.seats.record(name, sent.annotation())
        if page.closing is not None:
            if page.seats.desk.open_count(name):
                page.closing.hold()
            else:
                page.closing.ready()
        elsewhere = page.seats.elsewhere(name, sent.tab)
        return Saved(saved=sent.event, new=new, elsewhere=elsewhere, progress=page.progress(name))


def _staying(router: APIRouter, page: Page) -> None:
    @router.post("/alive")
    async def alive(request: Request, sent: SentTab) -> Alive:
        """The page is still open: its texts stay with the annotator."""
        page.up_to_date()
        name = who(request).name
        page.seats.desk.leases.renew(name)
        return Alive(
            elsewhere=page.seats.elsewhere(name, sent.tab, claim=sent.claim),
            notice=page.notice,
            progress=page.progress(name),
        )

    @router.post("/release")
    async def release(request: Request, sent: SentTab) -> Closes:
        """The page is left: what it held goes back, unless another tab goes on."""
        name = who(request).name
        if not page.seats.elsewhere(name, sent.tab):
            page.seats.desk.leases.release(name)
        return Closes(progress=page.progress(name))


def _closing(router: APIRouter, page: Page, closing: Closing) -> None:
    @router.post("/closing")
    async def close(request: Request, sent: SentWish) -> Closes:
        """Wait, get ready to go on, or go on now."""
        name = who(request).name
        if sent.wish == "finish":
            closing.finish()
        elif sent.wish == "ready" and not page.seats.desk.open_count(name):
            closing.ready()
        else:
            closing.hold()
        return Closes(progress=page.progress(name))
