"""What the owner's and the adjudicators' pages ask of the server."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, StreamingResponse

from activellm.annotation.answering import now
from activellm.annotation.contract import Annotation
from activellm.annotation.office import Exported, Format, Job, Office
from activellm.annotation.people import ROLES, Role
from activellm.annotation.web.access import Access, allow, who
from activellm.annotation.web.api import REFUSALS, Page
from activellm.annotation.web.shapes import EVENT, MAX_ID, MAX_NOTE, Sent

DECIDERS = ("adjudicator", "owner")
OWNERS = ("owner",)
MAX_NAME = 60

_KINDS = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


class SentDecision(Sent):
    """An adjudicator's decision on a text, or that it is taken back."""

    event: str = Field(pattern=EVENT)
    id: str = Field(max_length=MAX_ID)
    action: Literal["resolve", "undo"]
    labels: list[str] = Field(default=[], max_length=10_000)
    note: str = Field(default="", max_length=MAX_NOTE)


class SentPerson(Sent):
    """Somebody to be let in."""

    name: str = Field(min_length=1, max_length=MAX_NAME)
    role: Role = "annotator"


class SentName(Sent):
    """Somebody who is known."""

    name: str = Field(min_length=1, max_length=MAX_NAME)


class SentJob(Sent):
    """Work to be begun."""

    job: Job


class SentJobId(Sent):
    """Work to be stopped."""

    id: str = Field(min_length=1, max_length=100)


class Decided(BaseModel):
    """A decision that was kept, and how many texts still wait for one."""

    saved: str
    new: bool
    count: int


def decisions_api(page: Page, office: Office, access: Access) -> APIRouter:
    """The adjudicators' routes under /api/v1."""
    router = APIRouter(
        prefix="/api/v1",
        dependencies=[Depends(allow(access, DECIDERS))],
        responses=REFUSALS,  # type: ignore[arg-type]  # statuses are int, as FastAPI documents
        tags=["deciding"],
    )

    @router.get("/disagreements")
    def disagreements(
        request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 50
    ) -> dict[str, Any]:
        """Texts whose answers differ, that need discussion or a second look, side by side."""
        page.seats.saw(who(request).name)
        return office.disagreements(limit)

    @router.post("/resolutions")
    async def decide(request: Request, sent: SentDecision) -> Decided:
        """Keep a decision: it outranks all answers until it is taken back."""
        page.seats.desk.item(sent.id)
        resolved = sent.action == "resolve"
        event = Annotation(
            event=sent.event,
            example_id=sent.id,
            annotator=who(request).name,
            action=sent.action,
            labels=page.seats.desk.task.answer(sent.labels) if resolved else (),
            note=sent.note.strip() if resolved else "",
            at=now(),
            oracle="browser",
        )
        new = page.seats.desk.keep(event)
        return Decided(saved=sent.event, new=new, count=office.waiting())

    return router


def owner_api(page: Page, office: Office, access: Access) -> APIRouter:
    """The owner's routes under /api/v1."""
    router = APIRouter(
        prefix="/api/v1",
        dependencies=[Depends(allow(access, OWNERS))],
        responses=REFUSALS,  # type: ignore[arg-type]
        tags=["owning"],
    )
    _seeing(router, page, office)
    _people(router, office)
    _working(router, office)
    _taking(router, office)
    return router


def _seeing(router: APIRouter, page: Page, office: Office) -> None:
    @router.get("/overview")
    def overview(request: Request) -> dict[str, Any]:
        """Where the project stands."""
        page.seats.saw(who(request).name)
        return office.overview(dict(page.seats.last_seen))

    @router.get("/agreement")
    def agreement() -> dict[str, Any]:
        """How far annotators agree: all of them, by pair and by class."""
        return office.agreement()


def _people(router: APIRouter, office: Office) -> None:
    @router.get("/people")
    def people() -> dict[str, Any]:
        """Everybody who was invited."""
        return office.people()

    @router.post("/people")
    def invite(sent: SentPerson) -> dict[str, Any]:
        """Let somebody in; gives their link."""
        return office.invite(sent.name, sent.role)

    @router.post("/people/link")
    def link(sent: SentName) -> dict[str, Any]:
        """A new link for somebody; the old one opens nothing any more."""
        return office.new_link(sent.name)

    @router.post("/people/revoke")
    def revoke(sent: SentName) -> dict[str, Any]:
        """Let somebody in no more; their answers stay."""
        return office.revoke(sent.name)


def _working(router: APIRouter, office: Office) -> None:
    @router.get("/jobs")
    def jobs() -> dict[str, Any]:
        """The jobs since the server was started, the newest first."""
        return {"jobs": office.jobs()}

    @router.post("/jobs")
    def start(sent: SentJob) -> dict[str, Any]:
        """Start the next round, a training, or the report."""
        return office.start(sent.job)

    @router.post("/jobs/stop")
    def stop(sent: SentJobId) -> dict[str, Any]:
        """Stop a job; what it has finished stays."""
        return office.stop(sent.id)


def _taking(router: APIRouter, office: Office) -> None:
    @router.get("/export", response_class=StreamingResponse)
    def export(
        form: Annotated[Format, Query(alias="format")] = "jsonl", what: Exported = "labels"
    ) -> StreamingResponse:
        """All answers as they are now: a row a text, or every single event."""
        headers = {"Content-Disposition": f'attachment; filename="{what}.{form}"'}
        pieces = office.export(form, what)
        return StreamingResponse(pieces, media_type=_KINDS[form], headers=headers)

    @router.get("/report", response_class=FileResponse)
    def report() -> FileResponse:
        """The report, as one HTML file to keep: it is not shown from here."""
        path = office.report()
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type="text/html", filename="report.html")


def describe(app: FastAPI, access: Access) -> None:
    """Serve the OpenAPI description to everybody who came in."""

    @app.get("/api/v1/openapi.json", include_in_schema=False, dependencies=[
        Depends(allow(access, ROLES))
    ])  # fmt: skip
    def openapi() -> JSONResponse:
        return JSONResponse(app.openapi())
