"""The annotation page as an ASGI app. All of it runs on one thread: answers come one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from activellm.annotation.contract import AnnotationLog, QueueItem
from activellm.annotation.sitting import Sitting
from activellm.annotation.web.access import Access
from activellm.annotation.web.api import api
from activellm.annotation.web.closing import Closing
from activellm.annotation.web.guard import Guard
from activellm.annotation.web.page import annotation_page, message_page
from activellm.annotation.web.problems import tell_problems
from activellm.progress import Progress, silent
from activellm.task import Task

_STATIC = Path(__file__).parent / "static"


def create_app(
    queue: Sequence[QueueItem],
    task: Task,
    log: AnnotationLog,
    *,
    access: Access,
    closing: Closing,
    hosts: Iterable[str],
    annotator: str = "annotator",
    notice: str = "",
    progress: Progress = silent,
) -> ASGIApp:
    """Make the app of one sitting.

    Args:
        queue: What is asked, in order; answered items may be among them.
        task: What is decided.
        log: Where answers are kept; an answer is confirmed after `append` returned.
        access: Who may come in.
        closing: Told when nothing waits any more.
        hosts: The Host headers under which it is served, with the port.
        annotator: Who sits there.
        notice: What the page says above the texts; plain text.
        progress: Told after each answer.
    """
    sitting = Sitting(queue, task, log, annotator=annotator, oracle="browser", progress=progress)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    tell_problems(app)
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.include_router(api(sitting, closing, access))
    _pages(app, annotation_page(sitting, notice), access)
    return Guard(app, hosts)  # outside of everything, so that errors pass it too


def _pages(app: FastAPI, page: str, access: Access) -> None:
    @app.get("/")
    async def index(request: Request) -> Response:
        if access.visitor(request) is None:
            return _closed("The terminal shows the link that lets you in.", 401)
        return HTMLResponse(page)

    @app.get("/start")
    async def start(request: Request, token: str = "") -> Response:
        session = None
        if access.visitor(request) is None:
            session = access.exchange(token)
            if session is None:
                return _closed("It was used already. The terminal shows a new one.", 403)
        # The page follows by itself and not by a redirect: when the link was clicked on another
        # site, browsers send no SameSite=Strict cookie along with the redirected request.
        response = HTMLResponse(message_page("Welcome", "One moment …", forward=True))
        if session is not None:
            access.admit(response, session)
        return response


def _closed(words: str, status: int) -> Response:
    return HTMLResponse(message_page("This link does not open the page", words), status)
