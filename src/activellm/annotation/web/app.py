"""The pages as an ASGI app. What changes state runs on one thread: answers come one by one."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from activellm.annotation.people import Person
from activellm.annotation.web.access import Access, TooManyTriesError
from activellm.annotation.web.api import Page, api
from activellm.annotation.web.guard import Guard
from activellm.annotation.web.languages import look_of
from activellm.annotation.web.office_api import (
    DECIDERS,
    OWNERS,
    decisions_api,
    describe,
    owner_api,
)
from activellm.annotation.web.office_page import disagreements_page, owner_page
from activellm.annotation.web.page import annotation_page, message_page
from activellm.annotation.web.problems import tell_problems
from activellm.annotation.web.team_access import address

_STATIC = Path(__file__).parent / "static"
_DESCRIPTION = (
    "Labelling a project's texts, deciding disagreements, and seeing to the project. Browsers come "
    'in by the link of a person; scripts send its secret: "Authorization: Bearer SECRET".'
)


def create_app(page: Page, *, access: Access, hosts: Iterable[str], origin: str = "") -> ASGIApp:
    """Make the app of one server.

    Args:
        page: What is labelled, and how.
        access: Who may come in.
        hosts: The Host headers under which it is served, with the port.
        origin: The origin under which a reverse proxy shows it; empty without one.
    """
    app = FastAPI(
        title="ActiveLLM",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    tell_problems(app)
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.include_router(api(page, access))
    if page.office is not None:
        app.include_router(decisions_api(page, page.office, access))
        app.include_router(owner_api(page, page.office, access))
        _office_pages(app, page, access)
    describe(app, access)
    _pages(app, page, access)
    return Guard(app, hosts, origin)  # outside of everything, so that errors pass it too


def _pages(app: FastAPI, page: Page, access: Access) -> None:
    @app.get("/", include_in_schema=False)
    async def index(request: Request) -> Response:
        person = access.visitor(request)
        if person is None:
            return _closed(request, "page.shut.stranger", 401)
        return HTMLResponse(
            annotation_page(
                page.seats.desk.task,
                person,
                look=look_of(request),
                notice=page.notice,
                reveal=page.reveal,
            )
        )

    @app.get("/start", include_in_schema=False)
    async def start(request: Request, token: str = "") -> Response:
        session, known = None, access.visitor(request) is not None
        if not known or access.replaces:
            try:
                session = access.exchange(token, address(request))
            except TooManyTriesError:
                return _closed(request, "page.shut.tries", 429)
            if session is None and not known:
                return _closed(request, "page.shut.used", 403)
        # The page follows by itself and not by a redirect: when the link was clicked on another
        # site, browsers send no SameSite=Strict cookie along with the redirected request.
        words = message_page("page.welcome", "page.moment", look_of(request), forward=True)
        response = HTMLResponse(words)
        if session is not None:
            access.admit(response, session)
        return response


def _office_pages(app: FastAPI, page: Page, access: Access) -> None:
    @app.get("/owner", include_in_schema=False)
    async def owner(request: Request) -> Response:
        if not _is(access.visitor(request), OWNERS):
            return _closed(request, "page.shut.owner", 403)
        return HTMLResponse(owner_page(look_of(request)))

    @app.get("/disagreements", include_in_schema=False)
    async def disagreements(request: Request) -> Response:
        person = access.visitor(request)
        if not _is(person, DECIDERS):
            return _closed(request, "page.shut.decider", 403)
        task = page.seats.desk.task
        owns = _is(person, OWNERS)
        return HTMLResponse(disagreements_page(task, look_of(request), owner=owns))


def _is(person: Person | None, roles: Container[str]) -> bool:
    return person is not None and person.role in roles


def _closed(request: Request, why: str, status: int) -> Response:
    return HTMLResponse(message_page("page.shut", why, look_of(request)), status)
