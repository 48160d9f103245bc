"""Who may use the page: a one-time token in its address, exchanged for a cookie."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response


class NoSessionError(Exception):
    """A request carries no cookie of a session."""


class Access:
    """Tokens that open the page once, and the sessions that they became.

    The token is used up by the first browser that presents it; that browser goes on by its cookie,
    reloads included. A used token opens nothing more, but then `announce` is told a fresh one (only
    one at a time): whoever sees the terminal decides who comes in.

    Args:
        announce: Told each fresh token.
        annotator: Whose answers a session gives.
        cookie: The cookie's name. Ports of one machine share cookies, so it should differ by port.
    """

    def __init__(
        self, announce: Callable[[str], None], annotator: str, cookie: str = "activellm"
    ) -> None:
        self._announce = announce
        self._annotator = annotator
        self._cookie = cookie
        self._token = secrets.token_urlsafe(24)
        self._announced = False
        self._used: list[str] = []
        self._sessions: dict[str, str] = {}

    def invite(self) -> None:
        """Announce the unused token, unless that was done."""
        if not self._announced:
            self._announced = True
            self._announce(self._token)

    @property
    def let_in(self) -> bool:
        """Whether some browser came in already."""
        return bool(self._sessions)

    def exchange(self, token: str) -> str | None:
        """Turn the unused token into a session's secret; None if `token` opens nothing."""
        if _same(token, self._token):
            self._used.append(self._token)
            self._token, self._announced = secrets.token_urlsafe(24), False
            session = secrets.token_urlsafe(32)
            self._sessions[session] = self._annotator
            return session
        if _find(token, self._used) is not None:
            self.invite()
        return None

    def admit(self, response: Response, session: str) -> None:
        """Hand a session's secret to the browser: for no script, and for no other site."""
        response.set_cookie(self._cookie, session, httponly=True, samesite="strict", path="/")

    def visitor(self, request: Request) -> str | None:
        """The annotator whose cookie a request carries; None if it carries none."""
        session = _find(request.cookies.get(self._cookie, ""), self._sessions)
        return None if session is None else self._sessions[session]

    async def required(self, request: Request) -> str:
        """The same, for whatever only annotators may do.

        Raises:
            NoSessionError: If there is no such cookie.
        """
        annotator = self.visitor(request)
        if annotator is None:
            raise NoSessionError
        return annotator


def _find(given: str, known: list[str] | dict[str, str]) -> str | None:
    """The known secret that was given. All are compared, so the time taken tells nothing."""
    found = [secret for secret in known if _same(given, secret)]
    return found[0] if found else None


def _same(given: str, known: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "replace"), known.encode())
