"""Prodigy: JSON lines, one for each answer, for its interface "choice".

A line carries what is ours in the field `activellm`; Prodigy keeps fields that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from activellm.annotation.contract import Annotation
from activellm.annotation.votes import standing
from activellm.exchange import json_stream
from activellm.exchange.carried import KEY, VERSION, carried, carry
from activellm.exchange.contract import Entry, Findings, Item, Said, clip
from activellm.exchange.texts import halves, parted, shown
from activellm.task import Task


class Prodigy:
    """Prodigy's JSONL, a line an answer."""

    name: ClassVar[str] = "prodigy"
    folder: ClassVar[bool] = False

    def beside(self, task: Task) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def write(self, items: Iterable[Item], task: Task, path: Path) -> None:
        """See `Format.write`."""
        json_stream.write_lines((line for one in items for line in _lines(one, task)), path)

    def read(self, path: Path, task: Task, found: Findings) -> Iterator[Entry]:
        """See `Format.read`."""
        for where, values in json_stream.lines(path):
            yield _entry(where, values, task, found)


def _lines(item: Item, task: Task) -> Iterator[dict[str, Any]]:
    """A line for each standing answer; one without an answer where there is none."""
    rest: dict[str, Any] = {"version": VERSION, "id": item.id} | halves(item)
    block = carry(item) | halves(item)
    base = {
        "text": shown(item, task),
        "options": [{"id": one.name, "text": one.name} for one in task.labels],
        "config": {"choice_style": "multiple" if task.multi else "single"},
    }
    if item.prediction:
        base["prediction"] = dict(item.prediction.probabilities)
    answers = list(standing(item.events).get(item.id, {}).values())
    for event in answers:
        yield base | _answer(event) | {KEY: block | {"event": event.event}}
        block = rest  # the events are told once
    if not answers:
        yield base | {KEY: block}


def _answer(event: Annotation) -> dict[str, Any]:
    moment = _seconds(event.at)
    return {
        "accept": list(event.labels),
        "answer": "ignore" if event.action == "skip" else "accept",
        "flagged": event.discuss,
        "_annotator_id": event.annotator,
        "_session_id": event.annotator,
        "_view_id": "choice",
    } | ({} if moment is None else {"_timestamp": moment})


def _entry(where: str, values: dict[str, Any], task: Task, found: Findings) -> Entry:
    block = values.get(KEY)
    id_, events = carried(block, where)
    text, pair = parted(values.get("text"), block, task)
    for name in ("spans", "relations", "image", "audio"):
        if values.get(name):
            found.note(f"records with {name}", where)
    said = _said(where, values, task, found)
    return Entry(where, id_, text, pair, events, () if said is None else (said,))


def _said(where: str, values: dict[str, Any], task: Task, found: Findings) -> Said | None:
    answer = values.get("answer")
    if answer is None:
        return None
    chosen = values.get("accept")
    if chosen is None and isinstance(values.get("label"), str):
        chosen = [values["label"]]  # one label, accepted or rejected
    readable = isinstance(chosen, list) and all(isinstance(one, str) for one in chosen)
    if answer == "reject":
        found.note("rejected labels (they say only what a text is not)", where)
        return None
    if answer not in ("accept", "ignore"):
        found.note(f"answers {clip(answer)}", where)
        return None
    if answer == "accept" and (not readable or not (chosen or task.multi)):
        found.note("accepted records without a choice of a label", where)
        return None
    stamp, block = values.get("_timestamp"), values.get(KEY)
    return Said(
        labels=tuple(chosen) if answer == "accept" and chosen else (),
        action="label" if answer == "accept" else "skip",
        annotator=str(values.get("_annotator_id") or values.get("_session_id") or ""),
        event=str(block.get("event", "")) if isinstance(block, dict) else "",
        discuss=values["flagged"] is True if "flagged" in values else None,
        at=_moment(stamp) if isinstance(stamp, int | float) else "",
    )


def _seconds(at: str) -> float | None:
    try:
        return datetime.fromisoformat(at).timestamp() if at else None
    except ValueError:
        return None


def _moment(stamp: float) -> str:
    try:
        return datetime.fromtimestamp(stamp, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return ""
