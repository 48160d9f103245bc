"""Errors as the page gets them: one JSON shape, plain words, nothing of the inside."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from activellm.annotation.web.access import NoSessionError, NotAllowedError, TooManyTriesError
from activellm.annotation.web.team_access import WINDOW
from activellm.errors import DataError, StoreError, UsageError

_LOG = logging.getLogger("activellm.annotation")
_WORDS = {404: "There is nothing here.", 405: "This cannot be done here."}


def problem(status: int, code: str, message: str) -> JSONResponse:
    """An error response: `{"error": {"code": ..., "message": ...}}`."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


def tell_problems(app: FastAPI) -> None:
    """Give every error of the app that shape."""

    @app.exception_handler(RequestValidationError)
    async def _malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        fields = {str(one["loc"][-1]) for one in error.errors() if one["loc"]}
        return problem(422, "malformed", f"Not usable: {', '.join(sorted(fields))}.")

    @app.exception_handler(NoSessionError)
    async def _stranger(_request: Request, _error: NoSessionError) -> JSONResponse:
        return problem(401, "session", "Open your link again; the terminal shows it.")

    @app.exception_handler(NotAllowedError)
    async def _not_theirs(_request: Request, _error: NotAllowedError) -> JSONResponse:
        return problem(403, "not_allowed", "This is not open to you.")

    @app.exception_handler(TooManyTriesError)
    async def _too_many(_request: Request, _error: TooManyTriesError) -> JSONResponse:
        response = problem(429, "too_many", "Too many wrong links. Wait a minute.")
        response.headers["Retry-After"] = str(int(WINDOW))
        return response

    @app.exception_handler(DataError)
    async def _refused(_request: Request, error: DataError) -> JSONResponse:
        return problem(422, "refused", error.what)

    @app.exception_handler(UsageError)
    async def _unusable(_request: Request, error: UsageError) -> JSONResponse:
        return problem(422, "refused", error.what)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        words = _WORDS.get(error.status_code, "The request was refused.")
        return problem(error.status_code, "http", words)

    @app.exception_handler(StoreError)
    async def _not_kept(_request: Request, error: StoreError) -> JSONResponse:
        _LOG.error("An answer could not be kept: %s", error)
        return problem(503, "not_kept", "The answer could not be written to the disk.")

    @app.exception_handler(Exception)
    async def _bug(_request: Request, _error: Exception) -> JSONResponse:
        _LOG.exception("A request failed")
        return problem(500, "internal", "Something went wrong in ActiveLLM.")
