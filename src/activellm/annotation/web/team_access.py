"""Access for a team: everybody has a link of their own, and is remembered across restarts."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import ClassVar, Protocol

from starlette.requests import Request
from starlette.responses import Response

from activellm.annotation.people import Person
from activellm.annotation.web.access import TooManyTriesError

MAX_TRIES = 10
WINDOW = 60.0
"""Wrong secrets that one address may try in so many seconds."""

_BEARER = "bearer "


class People(Protocol):
    """Where persons and sessions are kept, by the hashes of their secrets."""

    def person_by_secret(self, secret_hash: str) -> Person | None:
        """Whose secret it is; None if nobody's, or if they were revoked."""
        ...

    def open_session(self, secret_hash: str, person: str) -> None:
        """Remember a session."""
        ...

    def session_person(self, secret_hash: str) -> Person | None:
        """Whose session it is; None if nobody's, or if they were revoked."""
        ...


def hashed(secret: str) -> str:
    """What is kept of a secret. Ours are 192 random bits: nothing slower is needed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def new_secret() -> str:
    """A secret for a person's link or a session."""
    return secrets.token_urlsafe(24)


class Tries:
    """Wrong secrets by address, forgotten after a minute.

    Args:
        clock: Gives seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[str, deque[float]] = {}

    def check(self, client: str) -> None:
        """Raise if an address tried too many.

        Raises:
            TooManyTriesError: If it did.
        """
        if len(self._recent(client)) >= MAX_TRIES:
            raise TooManyTriesError

    def failed(self, client: str) -> None:
        """Note a wrong secret."""
        self._recent(client).append(self._clock())

    def _recent(self, client: str) -> deque[float]:
        if len(self._failed) > 10_000:  # somebody sends from everywhere
            self._failed.clear()
        tries = self._failed.setdefault(client, deque())
        while tries and tries[0] <= self._clock() - WINDOW:
            tries.popleft()
        return tries


class TeamAccess:
    """Links that stay valid until they are replaced or revoked; sessions that outlive the server.

    Args:
        people: Where persons and sessions are kept.
        cookie: The cookie's name.
        path: Under which path of its host the page is served.
        secure: Whether the page is served over HTTPS only.
        tries: Counts wrong secrets.
    """

    replaces: ClassVar[bool] = True

    def __init__(
        self,
        people: People,
        *,
        cookie: str = "activellm",
        path: str = "/",
        secure: bool = False,
        tries: Tries | None = None,
    ) -> None:
        self._people = people
        self._cookie = cookie
        self._path = path
        self._secure = secure
        self._tries = tries or Tries()

    def exchange(self, token: str, client: str) -> str | None:
        """Open a session for whose token it is; None if it is nobody's.

        Raises:
            TooManyTriesError: If that address tried too many wrong ones.
        """
        person = self._owner_of(token, client)
        if person is None:
            return None
        session = new_secret()
        self._people.open_session(hashed(session), person.name)
        return session

    def admit(self, response: Response, session: str) -> None:
        """Hand a session's secret to the browser: for no script, and for no other site."""
        response.set_cookie(
            self._cookie,
            session,
            httponly=True,
            samesite="strict",
            path=self._path,
            secure=self._secure,
            max_age=90 * 24 * 3600,
        )

    def visitor(self, request: Request) -> Person | None:
        """By "Authorization: Bearer SECRET" where it is there, else by the cookie.

        Raises:
            TooManyTriesError: If that address tried too many wrong ones.
        """
        header = request.headers.get("authorization", "")
        if header:
            if not header.lower().startswith(_BEARER):
                return None
            return self._owner_of(header[len(_BEARER) :].strip(), address(request))
        session = request.cookies.get(self._cookie)
        return self._people.session_person(hashed(session)) if session else None

    def _owner_of(self, secret: str, client: str) -> Person | None:
        self._tries.check(client)
        person = self._people.person_by_secret(hashed(secret)) if secret else None
        if person is None:
            self._tries.failed(client)
        return person


def address(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else ""
