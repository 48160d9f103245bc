"""What every request must pass before the app sees it, and what every response carries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activellm.annotation.web.problems import problem

MAX_BODY = 64 * 1024
"""Bytes: an answer with the longest note is far below."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_SAFE = ("GET", "HEAD")


class Guard:
    """ASGI middleware: known hosts only, writes from our own page only, small bodies only.

    Args:
        app: What it guards.
        hosts: The Host headers that are ours, with port; others are DNS rebinding.
        origin: The origin under which a reverse proxy shows the page ("https://example.org").
        max_body: The largest request body, in bytes.
    """

    TOO_LARGE: ClassVar[str] = "This is too long to be kept."

    def __init__(
        self, app: ASGIApp, hosts: Iterable[str], origin: str = "", max_body: int = MAX_BODY
    ) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origin = origin
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = self._refusal(scope)
        body = b""
        if refusal is None and scope["method"] not in _SAFE:
            read = await _read_body(receive, self._max_body)
            refusal = problem(413, "too_large", self.TOO_LARGE) if read is None else None
            body = read or b""
        if refusal is not None:
            await refusal(scope, receive, send_guarded)
        else:
            await self._app(scope, _replay(body, receive), send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if not self._ours(headers):
            return problem(421, "host", "This address is not the page's own.")
        if scope["method"] not in _SAFE and not self._from_our_page(scope, headers):
            return problem(403, "origin", "Answers are taken from the page itself only.")
        return None

    def _ours(self, headers: Headers) -> bool:
        return len(headers.getlist("host")) == 1 and headers["host"].lower() in self._hosts

    def _from_our_page(self, scope: Scope, headers: Headers) -> bool:
        """By Sec-Fetch-Site, which browsers set and scripts cannot; else by Origin.

        A request with a secret of its own rides on no cookie, so it may come from anywhere.
        """
        if "authorization" in headers:
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origins = (f"{scope['scheme']}://{headers['host']}", self._origin)
        return bool(headers.get("origin")) and headers["origin"] in origins


async def _read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body; None if it is too large. A client that leaves sent none."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read already, then what comes after it."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
