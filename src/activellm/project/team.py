"""The people of a project: who may come in, and as what."""

from __future__ import annotations

import re

from activellm.annotation.people import ROLES, Person
from activellm.annotation.web.team_access import hashed, new_secret
from activellm.errors import UnknownNameError, UsageError
from activellm.project.folder import Project
from activellm.project.store import now

MAX_NAME = 60
_NAME = re.compile(r"\S(.*\S)?")


def invite(project: Project, name: str, role: str = "annotator") -> str:
    """Give somebody a secret of their own; an older one of theirs opens nothing any more.

    Sessions that are open stay open. Somebody who was revoked is back.

    Returns:
        The secret. Only its hash is kept.

    Raises:
        UsageError: If the name cannot be used, or there is no such role.
    """
    check_name(name)
    if role not in ROLES:
        raise UnknownNameError("role", role, ROLES, where="--role")
    secret = new_secret()
    known = project.store.person(name)
    created = known.created if known else now()
    project.store.put_person(Person(name, role, hashed(secret), created))
    return secret


def revoke(project: Project, name: str) -> None:
    """Let somebody in no more. Their answers stay.

    Raises:
        UsageError: If there is nobody of this name.
    """
    if project.store.person(name) is None:
        raise UsageError(f"There is nobody called {name!r} in this project.")
    project.store.revoke(name, now())


def annotators(project: Project) -> list[str]:
    """Who labels now: all annotators that were not revoked."""
    people = project.store.people()
    return [one.name for one in people if one.role == "annotator" and one.revoked is None]


def link(base: str, secret: str) -> str:
    """The address that lets somebody in.

    Args:
        base: Where the page is, without a slash at its end.
        secret: As `invite` gave it.
    """
    return f"{base}/start?token={secret}"


def check_name(name: str) -> None:
    """Refuse what is no name to show and to export.

    Raises:
        UsageError: If it is empty, too long, or holds control characters or outer blanks.
    """
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME or not name.isprintable():
        raise UsageError(
            f"{name!r} cannot be a name.",
            remedy=f"Use up to {MAX_NAME} printable characters, no blanks at the ends.",
        )
