"""The log of calls to query models: one line for each that was really made, only ever added to."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from activellm.errors import StoreError
from activellm.llm.budget import Spent
from activellm.llm.lines import append_line
from activellm.llm.prices import Price
from activellm.llm.protocol import Messages


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One call that was made. It holds no text and no key.

    Attributes:
        time: When it ended, in UTC (ISO 8601).
        model: The model, as the user names it.
        server: Where the texts went; "this machine" if they stayed.
        runs_here: Whether they stayed.
        kind: Whether an answer in words was asked for, or scores; or that questions were handed in
            by a batch, whose answers have lines of their own when they come.
        prompts: Questions in the call: 1 for an answer in words.
        texts: The pool's texts that it carried; None if that is not known.
        sha256: Of the messages (`fingerprint`), to compare with recordings.
        prompt_tokens, completion_tokens: As the server counted them; None if unknown.
        cost: US dollars; None if unknown.
        outcome: "answered", "handed in", or "failed: " and the kind of error.
        tokens_most, cost_most: For a failed call that may have been paid for: the most that it can
            have used; None for others, and for an unknown price.
    """

    time: str
    model: str
    server: str
    runs_here: bool
    kind: Literal["complete", "score", "batch"]
    prompts: int
    texts: int | None
    sha256: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    outcome: str
    tokens_most: int | None = None
    cost_most: float | None = None

    @property
    def answered(self) -> bool:
        """Whether an answer came."""
        return self.outcome == "answered"


_LINE = TypeAdapter(AuditLine)


def fingerprint(prompts: Sequence[Messages]) -> str:
    """The SHA-256 of the exact messages of a call.

    They are written as JSON without spaces: for one prompt its list of {"content", "role"}, as in
    the recording's question; for several a list of such lists.
    """
    turns = [
        [{"content": turn.content, "role": turn.role} for turn in prompt] for prompt in prompts
    ]
    content = turns[0] if len(turns) == 1 else turns
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


class AuditLog:
    """The file of calls made. Lines are only ever added.

    Args:
        path: A JSON Lines file; made at the first call.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, line: AuditLine) -> None:
        """Add a line, in one write.

        Raises:
            StoreError: If it cannot be written.
        """
        try:
            append_line(self.path, json.dumps(asdict(line), ensure_ascii=False))
        except OSError as error:
            raise StoreError(
                f"The call cannot be noted in the audit log: {error.strerror}.",
                where=str(self.path),
            ) from None

    def check(self) -> None:
        """Refuse to go on where nothing could be noted.

        Raises:
            StoreError: If the file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreError(
                f"The audit log cannot be written: {error.strerror}.", where=str(self.path)
            ) from None

    def lines(self) -> Iterator[AuditLine]:
        """All calls in the order of their ends. What a kill has left unfinished is passed over.

        Raises:
            StoreError: If the file cannot be read.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(
                f"The audit log cannot be read: {error.strerror}.", where=str(self.path)
            ) from None
        for line in data.split(b"\n"):
            try:
                yield _LINE.validate_json(line)
            except ValidationError:
                continue

    def spent(self, price_of: Callable[[str], Price | None] | None = None) -> Spent:
        """What all calls have used, on the safe side: for the budget of a project that goes on.

        A failed call that may have been paid for counts as the most that it can have used. So does
        an answered one whose tokens are unknown.

        Args:
            price_of: The price of a model's name, for calls whose price was unknown when they were
                made.
        """
        spent = Spent()
        for line in self.lines():
            spent = spent.plus(*_used(line, price_of))
        return spent


def _used(
    line: AuditLine, price_of: Callable[[str], Price | None] | None
) -> tuple[int, float | None]:
    """A call's tokens, and its cost if that can be known."""
    read, written = line.prompt_tokens, line.completion_tokens
    counted = read is not None and written is not None
    tokens = (read or 0) + (written or 0) if counted else line.tokens_most or 0
    cost = line.cost if line.cost is not None else line.cost_most
    if cost is None and price_of is not None and (price := price_of(line.model)) is not None:
        # Where only the sum is known, all of it may have been read, or all of it written.
        cost = price.cost(read or 0, written or 0) if counted else price.cost(tokens, tokens)
    return tokens, cost
