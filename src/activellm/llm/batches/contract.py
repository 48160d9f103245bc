"""What differs between the providers' batch interfaces, and what all of them have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from activellm.llm.retry import CallFailed

if TYPE_CHECKING:
    from activellm.llm.servers.transport import Response

HALF = 0.5
"""What a question in a batch costs of its price, at OpenAI and at Anthropic."""

MOST_WAITING = 1000
"""Questions that wait for a batch side by side, where the user does not say; each holds a thread.
"""

LARGEST_RESULTS = 1 << 30
"""Bytes of one batch's answers."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How questions are handed in.

    Attributes:
        folder: Where it is noted which batches were handed in; None notes nothing, and a killed
            run begins anew.
        gather: Seconds without a further question after which those that wait are handed in.
        first_look, longest_look: Seconds between looks at a batch: they grow by half each time.
        settle: Seconds before the provider's list is trusted not to hold a batch.
        most_questions, most_bytes: The largest batch; None for the provider's limits.
        attempts: How often a question is handed in that gets no answer.
    """

    folder: Path | None = None
    gather: float = 2.0
    first_look: float = 5.0
    longest_look: float = 60.0
    settle: float = 5.0
    most_questions: int | None = None
    most_bytes: int | None = None
    attempts: int = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What a provider says of a batch.

    Attributes:
        id: The batch.
        state: "waiting" as long as answers may still come.
        done, total: Questions that are answered or failed, and all; 0 where it does not say.
        why: What went wrong with all of it.
        files: Where its answers are.
        created: When it was made, in seconds since 1970; None if it does not say.
    """

    id: str
    state: Literal["waiting", "ended", "cancelled", "failed"]
    done: int = 0
    total: int = 0
    why: str = ""
    files: tuple[str, ...] = ()
    created: float | None = None

    def created_before(self, since: float) -> bool:
        """Whether it is surely older than that, in seconds since 1970."""
        return self.created is not None and self.created < since


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one question of a batch.

    Attributes:
        key: Which one.
        response: As the provider would have answered it alone; None if it was not asked.
        lost: Why it was not asked: "expired", "cancelled", or "missing" from the answers.
    """

    key: str
    response: Response | None
    lost: Literal["", "expired", "cancelled", "missing"] = ""

    @property
    def failed(self) -> str:
        """Why it has no answer; empty if it has one."""
        if self.response is None:
            return self.lost
        return "" if self.response.status == 200 else f"status {self.response.status}"


Send: TypeAlias = "Callable[..., Response]"
"""`Transport.send` to this provider with the key in the headers: method, URL, and by name content,
content_type, largest. Raises `CallFailed` for all but a status of 200."""


class BatchInterface(Protocol):
    """One provider's batches. It keeps nothing; what it sends goes through `send`.

    Attributes:
        most_questions, most_bytes: The provider's limits of one batch.
    """

    most_questions: int
    most_bytes: int

    def line(self, key: str, body: Mapping[str, Any]) -> bytes:
        """A question as a batch holds it, in bytes without a line end."""
        ...

    def hand_in(self, send: Send, base_url: str, token: str, lines: Sequence[bytes]) -> str:
        """Make a batch of these lines.

        Args:
            send: Sends.
            base_url: Where the protocol begins.
            token: By which it can be found again, where the provider keeps such a note.
            lines: The questions.

        Returns:
            The batch's id.
        """
        ...

    def find(
        self,
        send: Send,
        base_url: str,
        token: str,
        keys: Collection[str],
        since: float,
        known: Collection[str],
        wait: Callable[[str], Look],
    ) -> str | None:
        """The id of a batch that was handed in, and whose id was not noted; None if there is none.

        Args:
            send, base_url, token: As for `hand_in`.
            keys: Its questions.
            since: No batch made before this is it, in seconds since 1970.
            known: Ids of other batches.
            wait: Waits until a batch has ended.
        """
        ...

    def look(self, send: Send, base_url: str, batch: str) -> Look:
        """How far a batch is."""
        ...

    def answers(self, send: Send, base_url: str, look: Look) -> Iterator[Line]:
        """The answers of a batch that has ended, in any order. Those that it lacks are missing."""
        ...


def as_json(response: Response) -> dict[str, Any]:
    """The JSON object in a provider's answer.

    Raises:
        CallFailed: If it holds none.
    """
    try:
        found = json.loads(response.text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CallFailed("transient", "The server's answer is no JSON object")
    return found


def json_lines(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file; a line that is none is passed over, and so is missing."""
    for line in text.split("\n"):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def count(value: Any) -> int:
    """A number of questions in a provider's answer; 0 where it is none."""
    return value if type(value) is int and value >= 0 else 0
