"""Serve a project to a team: annotators label, adjudicators decide, owners see all."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from activellm.errors import StoreError, UsageError
from activellm.project.folder import Project
from activellm.project.office import ProjectOffice
from activellm.project.team import invite, link

if TYPE_CHECKING:
    from starlette.types import ASGIApp

PORT = 8420
"""Of a team's page: links must stay valid, so it is the same each time."""

OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a team finds the page.

    Attributes:
        host: The address that is listened on.
        port: The port; None for 8420, 0 for a free one.
        public_url: What a reverse proxy shows ("https://example.org/labels"); empty without one.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    public_url: str = ""

    @property
    def public(self) -> SplitResult | None:
        """The parts of the public address.

        Raises:
            UsageError: If it is none.
        """
        if not self.public_url:
            return None
        parts = urlsplit(self.public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise UsageError(
                f"{self.public_url!r} is no address of a page.",
                where="--public-url",
                remedy="Write it like https://example.org/labels.",
            )
        return parts

    def base(self, hosts: Sequence[str]) -> str:
        """What all links begin with, without a slash at its end.

        Args:
            hosts: The Host headers that are listened to, the best first.
        """
        return self.public_url.rstrip("/") or f"http://{hosts[0]}"


def serve(
    project: Project,
    address: Address,
    *,
    names: Sequence[str] = (),
    announce: Callable[[Mapping[str, str]], None],
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Serve until Ctrl-C. Whoever is named and new is invited; an owner always gets a new link.

    Args:
        project: What is labelled; its `overlap`, `reveal` and `repeats` hold.
        address: Where.
        names: Annotators.
        announce: Told the links of the owner and of all who are new, by name.
        is_over: Asked now and then whether to stop.

    Raises:
        UsageError: If a name or the address cannot be used.
        StoreError: If another process serves the project.
    """
    from activellm.annotation.web.server import bind, hosts_of, run

    public = address.public
    port = PORT if address.port is None else address.port
    with _only_server(project), bind(address.host, port, anywhere=True) as listener:
        hosts = hosts_of(listener)
        base = address.base(hosts)
        office = ProjectOffice(project, base)
        try:
            app = team_app(project, office, listener, public)
            office.overview({})  # its imports would hold up the first answers
            office.agreement()
            announce(_links(project, names, base))
            run(app, listener, is_over)
        finally:
            office.close()


def team_app(
    project: Project, office: ProjectOffice, listener: socket.socket, public: SplitResult | None
) -> ASGIApp:
    """The pages of a project for its team, at this socket."""
    from activellm.annotation.desk import Desk
    from activellm.annotation.seats import Seats
    from activellm.annotation.web.api import Page
    from activellm.annotation.web.app import create_app
    from activellm.annotation.web.server import hosts_of
    from activellm.annotation.web.team_access import TeamAccess

    settings, store = project.settings, project.store
    desk = Desk(
        office.queue(),
        project.task,
        store,
        overlap=settings.overlap,
    )
    seats = Seats(desk, oracle="browser", repeats=settings.repeats, reveals=store)
    access = TeamAccess(
        store,
        cookie=f"activellm-{listener.getsockname()[1]}",
        path=(public.path.rstrip("/") or "/") if public else "/",
        secure=public is not None and public.scheme == "https",
    )
    page = Page(seats, team=True, reveal=settings.reveal, office=office)
    hosts = [*hosts_of(listener), *([public.netloc] if public else [])]
    origin = f"{public.scheme}://{public.netloc}" if public else ""
    return create_app(page, access=access, hosts=hosts, origin=origin)


def _links(project: Project, names: Sequence[str], base: str) -> dict[str, str]:
    known = {one.name for one in project.store.people() if one.revoked is None}
    links = {OWNER: link(base, invite(project, OWNER, "owner"))}
    for name in names:
        if name not in known:
            links[name] = link(base, invite(project, name))
    return links


@contextmanager
def _only_server(project: Project) -> Iterator[None]:
    """Keep a second server away from the project: two desks would not know of each other."""
    from filelock import FileLock, Timeout

    lock = FileLock(project.folder / ".serving.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise StoreError(
            "Another activellm process serves this project already.", where=str(project.folder)
        ) from None
    try:
        yield
    finally:
        lock.release()
