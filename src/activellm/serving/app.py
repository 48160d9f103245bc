"""The classifier's server as an ASGI app."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import HTMLResponse, JSONResponse
from starlette.types import ASGIApp

from activellm.annotation.web.problems import problem, tell_problems
from activellm.pool.example import Content
from activellm.pool.identity import digest
from activellm.serving.asker import Asker, BusyError, FailedError
from activellm.serving.guard import HEALTH, TokenGuard
from activellm.serving.page import description_page
from activellm.serving.shapes import (
    MAX_BATCH,
    MAX_BODY,
    Failed,
    Health,
    OnePair,
    OneText,
    Pairs,
    Predictions,
    Texts,
)
from activellm.successors.checks import decide
from activellm.successors.contract import Probabilities
from activellm.task import Task

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Failed} for status in (400, 401, 404, 405, 413, 421, 422, 500, 503)
}
_DIGITS = 6
_RETRY = 1
"""Seconds after which a request that was turned away may come again."""


def create_app(
    task: Task, asker: Asker, *, hosts: Iterable[str], token: str, max_body: int = MAX_BODY
) -> ASGIApp:
    """Make the app of one classifier.

    Args:
        task: What it decides.
        asker: Asks it.
        hosts: The Host headers under which it is served, with the port.
        token: What lets in.
        max_body: The largest request body, in bytes.
    """
    app = FastAPI(
        title="ActiveLLM",
        version="1",
        description=f"A trained classifier: {task.description}",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    tell_problems(app)
    _tell_more(app, task)
    _state(app)
    _predicting(app, task, asker)
    app.get("/docs", include_in_schema=False)(_page(task))
    app.openapi_schema = _with_token(app.openapi())
    return TokenGuard(app, hosts, token, max_body)


def _state(app: FastAPI) -> None:
    @app.get(HEALTH, responses=_REFUSALS)
    async def health() -> Health:
        """Whether the server is there; needs no token."""
        return Health(status="ok")


def _predicting(app: FastAPI, task: Task, asker: Asker) -> None:
    async def predictions(contents: Sequence[Content]) -> JSONResponse:
        full = [place for place, one in enumerate(contents) if digest(one) is not None]
        rows: list[dict[str, Any]] = [{"labels": None, "probabilities": None} for _ in contents]
        if full:
            asked = asker.ask([contents[place] for place in full])
            chances = await asyncio.wrap_future(asked)
            for place, row in zip(full, _rows(chances, task), strict=True):
                rows[place] = row
        return JSONResponse({"predictions": rows})

    if task.pair:

        @app.post("/predict", responses=_REFUSALS, response_model=Predictions)
        async def predict_pairs(sent: OnePair | Pairs) -> JSONResponse:
            """Labels and their probabilities, for one pair of texts or a batch of pairs."""
            return await predictions([sent.text] if isinstance(sent, OnePair) else sent.texts)

    else:

        @app.post("/predict", responses=_REFUSALS, response_model=Predictions)
        async def predict_texts(sent: OneText | Texts) -> JSONResponse:
            """Labels and their probabilities, for one text or a batch of texts."""
            return await predictions([sent.text] if isinstance(sent, OneText) else sent.texts)


def _rows(chances: Probabilities, task: Task) -> list[dict[str, Any]]:
    answers = task.answers(decide(chances, task))
    return [
        {
            "labels": list(answer),
            "probabilities": dict(zip(task.label_names, values, strict=True)),
        }
        for answer, values in zip(answers, chances.round(_DIGITS).tolist(), strict=True)
    ]


def _page(task: Task) -> Any:
    page = description_page(task)

    async def docs() -> HTMLResponse:
        return HTMLResponse(page)

    return docs


def _tell_more(app: FastAPI, task: Task) -> None:
    """Errors that only this server knows, in the one shape; nothing of a text is told or logged."""
    one = '["FIRST", "SECOND"]' if task.pair else '"TEXT"'
    wanted = (
        f'This is not as described. Send {{"text": {one}}}, or {{"texts": [{one}, ...]}} with 1 to '
        f"{MAX_BATCH} of them, as JSON and nothing else."
    )

    @app.exception_handler(RequestValidationError)
    async def _malformed(_request: Request, _error: RequestValidationError) -> JSONResponse:
        return problem(422, "malformed", wanted)

    @app.exception_handler(BusyError)
    async def _busy(_request: Request, _error: BusyError) -> JSONResponse:
        response = problem(503, "busy", "Too many texts wait. Try again in a moment.")
        response.headers["Retry-After"] = str(_RETRY)
        return response

    @app.exception_handler(FailedError)
    async def _failed(_request: Request, error: FailedError) -> JSONResponse:
        return problem(500, "failed", str(error))

    @app.exception_handler(Exception)
    async def _bug(_request: Request, _error: Exception) -> JSONResponse:
        return problem(500, "internal", "Something went wrong in ActiveLLM.")


def _with_token(description: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI description with the token that every operation but the first needs."""
    components = description.setdefault("components", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in description["paths"].items():
        for operation in operations.values():
            operation["security"] = [] if path == HEALTH else [{"token": []}]
    return description
