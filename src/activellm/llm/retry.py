"""The one place where a failed call to a server is tried again."""

from __future__ import annotations

import email.utils
import json
import math
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from activellm.errors import QueryModelError

T = TypeVar("T")

Kind = Literal["rate limit", "transient", "refused", "refused parameter", "fatal"]
"""Try later; try again; this server is not there; ask without a parameter; trying again is no
use."""

_TRANSIENT = frozenset({408, 409, 425, 500, 502, 503, 504, 520, 522, 524, 529})
_NO_MONEY = ("insufficient_quota", "billing_hard_limit_reached", "credit balance")
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0

_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "temperature": ("temperature",),
    "seed": ("random_seed", "seed"),
    "json_schema": (
        "response_format",
        "json_schema",
        "output_config",
        "responseJsonSchema",
        "responseSchema",
    ),
    "max_tokens": ("max_completion_tokens", "max_tokens"),
}
"""Our parameters, and what providers call them."""
_REFUSES = re.compile(
    r"unsupported|not (?:be )?supported|does not support|doesn't support|not (?:allowed|permitted)"
    r"|unrecognized|unknown (?:parameter|field|name)|deprecated|extra inputs",
    re.IGNORECASE,
)
_OF_A_VALUE = re.compile(
    r"\b(?:above|below|between|at most|at least|out of range|greater|less|more than|exceeds?)\b",
    re.IGNORECASE,
)
"""Words that say which values are taken: then the parameter itself is."""
_CLAUSE = re.compile(r"[.;!?](?:\s+|$)|[\r\n]+")
_TELLING = ("message", "msg", "detail", "error", "errors", "loc", "param", "type", "code")
"""Fields of an error in which the server speaks; in others it may repeat what it was sent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop waiting, three separate limits.

    Attributes:
        timeout: Seconds for one attempt.
        attempts: Attempts in all, at least 1.
        deadline: Seconds for all attempts and the waits between them.
    """

    timeout: float = 120.0
    attempts: int = 5
    deadline: float = 600.0


class CallFailed(Exception):  # noqa: N818 - an outcome that is handled, never shown
    """One attempt failed.

    Args:
        kind: What may be done about it.
        what: What happened, for people, without any secret.
        wait: Seconds that the server asked for, if it did.
        remedy: What the user can do, if that is known.
        unpaid: Whether the attempt surely cost nothing.
    """

    def __init__(
        self,
        kind: Kind,
        what: str,
        *,
        wait: float | None = None,
        remedy: str = "",
        unpaid: bool = False,
    ) -> None:
        super().__init__(what)
        self.kind, self.what, self.wait, self.remedy = kind, what, wait, remedy
        self.unpaid = unpaid


def classify(status: int, body: str = "") -> Kind:
    """What kind of failure an HTTP status is.

    Args:
        status: The status, not a successful one.
        body: The answer's text, in which a rate limit differs from an empty account, and a
            parameter that the model does not take from a question that is wrong.
    """
    if status == 429:
        return "fatal" if any(word in body for word in _NO_MONEY) else "rate limit"
    if status in (400, 422) and refused_parameter(body):
        return "refused parameter"
    return "transient" if status in _TRANSIENT else "fatal"


def refused_parameter(body: str) -> str | None:
    """Which of our parameters a server says that it does not take; None if it says no such thing.

    It must say so in one clause, and not of a value only: others merely mention a parameter.

    Returns:
        "temperature", "seed", "json_schema" or "max_tokens".
    """
    refusing = (
        clause
        for clause in _CLAUSE.split(_told(body))
        if _REFUSES.search(clause) and not _OF_A_VALUE.search(clause)
    )
    return next((named for clause in refusing if (named := _first_named(clause))), None)


def _told(body: str) -> str:
    """What the server says itself, each object of a JSON answer as a sentence of its own."""
    try:
        return _words(json.loads(body))
    except (ValueError, RecursionError):
        return body


def _words(part: Any) -> str:
    if isinstance(part, dict):
        inner = (_words(part[field]) for field in _TELLING if field in part)
        return " ".join(inner) + ". "
    if isinstance(part, list):
        return " ".join(_words(inner) for inner in part)
    return str(part)


def _first_named(body: str) -> str | None:
    found = [
        (place, ours)
        for ours, theirs in _PARAMETERS.items()
        for name in theirs
        # The first one named is the one refused; others are named as what to use instead.
        if (place := _place(name, body)) is not None
    ]
    return min(found)[1] if found else None


def _place(name: str, body: str) -> int | None:
    found = re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9])", body)
    return found.start() if found else None


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds that a server asks to wait, else None.

    Read from retry-after-ms, or from Retry-After in seconds or as a date.
    """
    if (milliseconds := _number(headers.get("retry-after-ms", ""))) is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "").strip()
    if (seconds := _number(value)) is not None:
        return seconds
    try:
        then = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - (now or datetime.now(UTC))).total_seconds())


def _number(value: str) -> float | None:
    value = value.strip()
    if not (value.isascii() and value.replace(".", "", 1).isdecimal()):
        return None
    return float(value) if math.isfinite(float(value)) else None


def backoff(attempt: int, jitter: float) -> float:
    """Seconds to wait after a failed attempt: doubling, and between half and all of that.

    Args:
        attempt: 1 after the first.
        jitter: From 0 to 1; so that many callers do not come back at the same moment.
    """
    return float(min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (attempt - 1)) * (0.5 + 0.5 * jitter))


def call_with_retries(
    attempt: Callable[[float], T],
    limits: Limits,
    *,
    where: str,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """Call until it works, or a limit is reached.

    Args:
        attempt: Called with the seconds that it may take; raises `CallFailed`.
        limits: The three limits.
        where: What is called, for messages.
        sleep, clock: For tests.

    Raises:
        QueryModelError: With the last failure, and which limit ended it.
    """
    jitter = random.Random()
    start = clock()
    unpaid = True
    number = 0
    while True:
        left = limits.deadline - (clock() - start)
        try:
            return attempt(min(limits.timeout, left))
        except CallFailed as caught:
            failure = caught
        unpaid = unpaid and failure.unpaid
        if failure.kind == "refused parameter":
            continue  # what was sent is changed, so this counts as no attempt
        number += 1
        if failure.kind in ("fatal", "refused"):
            raise _error(failure, where, "", unpaid)
        if number == limits.attempts:
            attempts = f"{number} attempt{'s' if number > 1 else ''}"
            raise _error(failure, where, f" (after {attempts})", unpaid)
        wait = backoff(number, jitter.random()) if failure.wait is None else failure.wait
        if wait >= limits.deadline - (clock() - start):
            late = f" (the next attempt would be after the deadline of {limits.deadline:g} s)"
            raise _error(failure, where, late, unpaid)
        sleep(wait)


def _error(failure: CallFailed, where: str, ending: str, unpaid: bool) -> QueryModelError:
    error = QueryModelError(f"{failure.what}{ending}.", where=where, remedy=failure.remedy)
    error.unpaid = unpaid
    return error
