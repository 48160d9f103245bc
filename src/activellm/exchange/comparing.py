"""When two answers are the same answer."""

from __future__ import annotations

from datetime import UTC, datetime

from activellm.annotation.contract import Annotation
from activellm.exchange.contract import Said


def content(event: Annotation) -> tuple[object, ...]:
    """What an annotation says, and who."""
    return (event.action, set(event.labels), event.annotator, event.unsure, event.discuss,
            event.note)  # fmt: skip


def says(event: Annotation, said: Said) -> bool:
    """Whether an annotation is this answer, as far as the format can tell."""
    same = event.action in (said.action, *(("resolve",) if said.action == "label" else ()))
    return same and set(event.labels) == set(said.labels) and all(
        told is None or told == have
        for told, have in (
            (said.unsure, event.unsure), (said.discuss, event.discuss), (said.note, event.note)
        )
    )  # fmt: skip


def moment(at: str) -> str:
    """A time as we keep it, in UTC; "" for none, and for what cannot be read."""
    try:
        found = datetime.fromisoformat(at)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return found.isoformat(timespec="milliseconds")
