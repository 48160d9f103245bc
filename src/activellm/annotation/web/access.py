"""Who a request comes from: by the cookie of a session, or by a secret of their own."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Container
from typing import ClassVar, Protocol, cast

from starlette.requests import Request
from starlette.responses import Response

from activellm.annotation.people import Person, Role


class NoSessionError(Exception):
    """A request carries no sign of who sends it."""


class NotAllowedError(Exception):
    """Somebody asks for what their role does not allow."""


class TooManyTriesError(Exception):
    """Somebody tried too many secrets."""


class Access(Protocol):
    """Who may come in, and as whom.

    Attributes:
        replaces: Whether a link makes a browser that came in already another person's.
    """

    replaces: ClassVar[bool]

    def exchange(self, token: str, client: str) -> str | None:
        """Turn the token of a link into a session's secret; None if it opens nothing.

        Args:
            token: As the link has it.
            client: The address that it comes from.

        Raises:
            TooManyTriesError: If that address tried too many.
        """
        ...

    def admit(self, response: Response, session: str) -> None:
        """Hand a session's secret to the browser: for no script, and for no other site."""
        ...

    def visitor(self, request: Request) -> Person | None:
        """Who sends a request; None if it does not say."""
        ...


class OneBrowser:
    """A one-time token for the person at this machine, and the sessions that it became.

    The token is used up by the first browser that presents it; that browser goes on by its cookie,
    reloads included. A used token opens nothing more, but then `announce` is told a fresh one (only
    one at a time): whoever sees the terminal decides who comes in.

    Args:
        announce: Told each fresh token.
        annotator: Whose answers a session gives.
        role: What they may do.
        cookie: The cookie's name. Ports of one machine share cookies, so it should differ by port.
    """

    replaces: ClassVar[bool] = False

    def __init__(
        self,
        announce: Callable[[str], None],
        annotator: str,
        cookie: str = "activellm",
        *,
        role: Role = "annotator",
    ) -> None:
        self._announce = announce
        self._person = Person(annotator, role)
        self._cookie = cookie
        self._token = secrets.token_urlsafe(24)
        self._announced = False
        self._used: list[str] = []
        self._sessions: list[str] = []

    def invite(self) -> None:
        """Announce the unused token, unless that was done."""
        if not self._announced:
            self._announced = True
            self._announce(self._token)

    @property
    def let_in(self) -> bool:
        """Whether some browser came in already."""
        return bool(self._sessions)

    def exchange(self, token: str, client: str) -> str | None:  # one person only
        """Turn the unused token into a session's secret; None if `token` opens nothing."""
        if same(token, self._token):
            self._used.append(self._token)
            self._token, self._announced = secrets.token_urlsafe(24), False
            self._sessions.append(secrets.token_urlsafe(32))
            return self._sessions[-1]
        if _any_same(token, self._used):
            self.invite()
        return None

    def admit(self, response: Response, session: str) -> None:
        """Hand a session's secret to the browser: for no script, and for no other site."""
        response.set_cookie(self._cookie, session, httponly=True, samesite="strict", path="/")

    def visitor(self, request: Request) -> Person | None:
        """The annotator, if the request carries the cookie."""
        given = request.cookies.get(self._cookie, "")
        return self._person if _any_same(given, self._sessions) else None


def allow(access: Access, roles: Container[str]) -> Callable[[Request], Awaitable[None]]:
    """A dependency that lets only people of these roles in, and notes who it is (`who`).

    It raises `NoSessionError` for strangers and `NotAllowedError` for others.
    """

    async def check(request: Request) -> None:
        person = access.visitor(request)
        if person is None:
            raise NoSessionError
        if person.role not in roles:
            raise NotAllowedError
        request.state.person = person

    return check


def who(request: Request) -> Person:
    """Who sends a request that passed `allow`."""
    return cast(Person, request.state.person)


def same(given: str, known: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell how much of them is."""
    return secrets.compare_digest(given.encode("utf-8", "replace"), known.encode())


def _any_same(given: str, known: list[str]) -> bool:
    """Whether a secret is known. All are compared, so the time taken tells nothing."""
    found = [same(given, secret) for secret in known]
    return any(found)
