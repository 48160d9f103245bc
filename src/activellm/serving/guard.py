"""What every request to the classifier's server must pass before anything of it is read."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import ClassVar

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from activellm.annotation.web.access import same
from activellm.annotation.web.guard import Guard
from activellm.annotation.web.problems import problem

HEALTH = "/health"
_READING = ("GET", "HEAD")


class TokenGuard(Guard):
    """The annotation page's guard for scripts: known hosts, the token, small bodies only.

    Scripts send the token as "Authorization: Bearer TOKEN". A browser that looks at the
    description may send it as the password of a login (Basic); since browsers add that by
    themselves, also for other sites, it does for reading only. There are no cookies.

    Args:
        app: What it guards.
        hosts: The Host headers that are ours, with port; others are DNS rebinding.
        token: What lets in.
        max_body: The largest request body, in bytes.
    """

    TOO_LARGE: ClassVar[str] = "The request is too large: send fewer texts at a time."

    def __init__(self, app: ASGIApp, hosts: Iterable[str], token: str, max_body: int) -> None:
        super().__init__(app, hosts, max_body=max_body)
        self._token = token

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if not self._ours(headers):
            return problem(421, "host", "This address is not the server's own.")
        if scope["path"] == HEALTH and scope["method"] in _READING:
            return None
        given = _given(headers, scope["method"] in _READING)
        if given is None or not same(given, self._token):
            refusal = problem(401, "token", "Send the token: Authorization: Bearer TOKEN.")
            if scope["method"] in _READING:
                refusal.headers["WWW-Authenticate"] = 'Basic realm="ActiveLLM"'
            return refusal
        return None


def _given(headers: Headers, reading: bool) -> str | None:
    """The token that a request carries; None if it carries none."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic" and reading:
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
    return None
