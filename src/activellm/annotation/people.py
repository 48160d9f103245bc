"""The people of a project, and what was revealed to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Role: TypeAlias = Literal["annotator", "adjudicator", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may come in.

    Attributes:
        name: As their answers are signed.
        role: "annotator": own answers only; "adjudicator": decides disagreements; "owner": all.
        secret_hash: SHA-256 of their secret, hexadecimal; the secret itself is kept nowhere.
        created: When, ISO 8601 in UTC.
        revoked: Since when they may come in no more; None if they may.
    """

    name: str
    role: Role
    secret_hash: str = ""
    created: str = ""
    revoked: str | None = None


@dataclass(frozen=True, slots=True)
class Reveal:
    """One event: somebody was shown the query model's weak label of a text.

    Attributes:
        event: A random id.
        example_id: The text.
        annotator: Who.
        moment: "before" or "after" their answer.
        label: What was shown.
        probability: How sure the query model was of it.
        at: When, ISO 8601 in UTC.
    """

    event: str
    example_id: str
    annotator: str
    moment: Literal["before", "after"]
    label: str
    probability: float
    at: str = ""
