"""The questions that wait for a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from activellm.llm.audit_log import AuditLine, fingerprint
from activellm.llm.protocol import Messages


@dataclass(frozen=True)
class Asked:
    """A question that waits for a batch.

    Attributes:
        key: Of its content: the name of its recording, too.
        line: As a batch holds it.
        messages: Its words.
        texts: How many texts it carries; None if unknown.
        most: The most tokens that it reads and writes.
    """

    key: str
    line: bytes
    messages: Messages
    texts: int | None
    most: tuple[int, int]


def packed(asked: Sequence[Asked], most: int, room: int) -> Iterator[list[Asked]]:
    """Split questions so that each batch is within the limits.

    Args:
        asked: The questions.
        most: Questions in a batch.
        room: Bytes in a batch; a single question may be larger.
    """
    pack: list[Asked] = []
    size = 0
    for one in asked:
        if pack and (len(pack) == most or size + len(one.line) + 2 > room):
            yield pack
            pack, size = [], 0
        pack.append(one)
        size += len(one.line) + 2
    if pack:
        yield pack


def now() -> str:
    """The time in UTC (ISO 8601)."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def handed_in(asked: Sequence[Asked], model: str, server: str) -> AuditLine:
    """What the audit log says before they are sent; what they cost comes with the answers."""
    texts = [one.texts for one in asked]
    return AuditLine(
        time=now(),
        model=model,
        server=server,
        runs_here=False,
        kind="batch",
        prompts=len(asked),
        texts=None if None in texts else sum(filter(None, texts)),
        sha256=fingerprint([one.messages for one in asked]),
        prompt_tokens=0,
        completion_tokens=0,
        cost=0.0,
        outcome="handed in",
    )
