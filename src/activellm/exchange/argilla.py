"""Argilla 2: a data set's folder, as its SDK writes it to disk and reads it from there.

records.json              the records, a JSON array
.argilla/settings.json    fields, questions, guidelines
.argilla/dataset.json     the data set's name

Argilla knows people by UUID; ours are made from the names. A record carries what is ours in its
metadata as JSON text, because Argilla's metadata are flat.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from activellm.annotation.contract import Annotation
from activellm.annotation.votes import standing
from activellm.errors import DataError
from activellm.exchange import json_stream
from activellm.exchange.argilla_settings import LABEL, NOTE, dataset, settings
from activellm.exchange.carried import KEY, carried, carry
from activellm.exchange.contract import Entry, Findings, Item, Said, clip
from activellm.exchange.texts import find_texts
from activellm.task import Task

_PEOPLE = uuid.UUID("7f0bb6a1-0c9b-5f39-9b51-2d7f3a0c6d11")


class Argilla:
    """Argilla's folder; reading, also a file of records."""

    name: ClassVar[str] = "argilla"
    folder: ClassVar[bool] = True

    def beside(self, task: Task) -> Mapping[str, str]:
        """Nothing: all is in the folder."""
        return {}

    def write(self, items: Iterable[Item], task: Task, path: Path) -> None:
        """See `Format.write`."""
        own = path / ".argilla"
        own.mkdir()
        for name, values in (("settings", settings(task)), ("dataset", dataset(task))):
            (own / f"{name}.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
        json_stream.write_array((_record(one, task) for one in items), path / "records.json")

    def read(self, path: Path, task: Task, found: Findings) -> Iterator[Entry]:
        """See `Format.read`."""
        file = path / "records.json" if path.is_dir() else path
        for where, values in json_stream.array_elements(file):
            yield _entry(where, values, task, found)


def person_id(name: str) -> str:
    """The UUID under which Argilla knows somebody of ours."""
    return str(uuid.uuid5(_PEOPLE, name))


def _record(item: Item, task: Task) -> dict[str, Any]:
    fields = {"text": item.text} | ({} if item.pair is None else {"pair": item.pair})
    responses: dict[str, list[dict[str, Any]]] = {}
    for event in standing(item.events).get(item.id, {}).values():
        for question, answer in _responses(event, task).items():
            responses.setdefault(question, []).append(answer)
    suggestions = {}
    if (said := item.prediction) is not None:
        value: Any = [said.label] if task.multi else said.label
        score: Any = said.probabilities[said.label]
        suggestions[LABEL] = {
            "value": value,
            "score": [score] if task.multi else score,
            "agent": said.model,
        }
    return {
        "id": item.id,
        "fields": fields,
        "metadata": {KEY: json_stream.dumped(carry(item))},
        "suggestions": suggestions,
        "responses": responses,
        "vectors": {},
    }


def _responses(event: Annotation, task: Task) -> dict[str, dict[str, Any]]:
    who = {"user_id": person_id(event.annotator)}
    if event.action == "skip":
        return {LABEL: {"value": None, "status": "discarded", **who}}
    value = list(event.labels) if task.multi else event.labels[0]
    found = {LABEL: {"value": value, "status": "submitted", **who}}
    if event.note:
        found[NOTE] = {"value": event.note, "status": "submitted", **who}
    return found


def _entry(where: str, values: dict[str, Any], task: Task, found: Findings) -> Entry:
    fields, responses = values.get("fields"), values.get("responses") or {}
    if not isinstance(fields, dict) or not isinstance(responses, dict):
        raise DataError(
            "It is no record of Argilla 2: it has no fields.",
            where=where,
            remedy="Write it with dataset.to_disk or dataset.records.to_json.",
        )
    metadata = values.get("metadata")
    block = metadata.get(KEY) if isinstance(metadata, dict) else None
    if isinstance(block, str):
        block = json_stream.parsed(block, where)
    id_, events = carried(block, where)
    if values.get("suggestions"):
        found.note("suggestions (they are no annotations)", where)
    question = _label_question(responses)
    for name in responses:
        if name not in (question, NOTE):
            found.note(f"responses to the question {clip(name)}", where)
    notes = {_user(one): one.get("value") for one in _answers(responses.get(NOTE))}
    ours = {person_id(name): one for name, one in standing(events).get(id_, {}).items()}
    said = [
        answer
        for one in _answers(responses.get(question or ""))
        if (answer := _said(where, one, notes, ours, found)) is not None
    ]
    text, pair = find_texts(fields, task)
    return Entry(where, id_, text, pair, events, tuple(said))


def _said(
    where: str,
    values: dict[str, Any],
    notes: Mapping[str, Any],
    ours: Mapping[str, Annotation],
    found: Findings,
) -> Said | None:
    user, value, status = _user(values), values.get("value"), values.get("status")
    made_of = ours.get(user)
    annotator, event = (made_of.annotator, made_of.event) if made_of else (user, "")
    if status == "draft":
        found.note("drafts", where)
        return None
    if status == "discarded" or value is None:
        return Said(labels=(), action="skip", annotator=annotator, event=event)
    labels = [value] if isinstance(value, str) else value
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        found.note("responses that are no labels (ratings, spans or rankings)", where)
        return None
    note = notes.get(user)
    return Said(
        labels=tuple(labels),
        annotator=annotator,
        event=event,
        note=note if isinstance(note, str) else "",
    )


def _label_question(responses: Mapping[str, Any]) -> str | None:
    """The question that asks for the label: ours, else the only one."""
    names = [name for name in responses if name != NOTE]
    return LABEL if LABEL in names else names[0] if len(names) == 1 else None


def _answers(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _user(values: Mapping[str, Any]) -> str:
    return str(values.get("user_id") or "")
