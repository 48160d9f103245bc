"""Label Studio: a JSON array of tasks with annotations and predictions, and its labeling config.

Written for and read from its "JSON" import and export (Label Studio 1.x). A task carries what is
ours in `meta`, which comes back untouched; a result's id is the annotation that it was made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar
from xml.sax.saxutils import quoteattr

from activellm.annotation.contract import Annotation
from activellm.annotation.votes import standing
from activellm.errors import DataError
from activellm.exchange import json_stream
from activellm.exchange.carried import KEY, carried, carry, finite
from activellm.exchange.contract import Entry, Findings, Item, Prediction, Said, clip
from activellm.exchange.texts import find_texts
from activellm.task import Task

LABEL, DOUBT, NOTE = "label", "doubt", "note"
"""Names of the controls in our labeling config."""

UNSURE, DISCUSS = "unsure", "discuss"


class LabelStudio:
    """Label Studio's tasks; its labeling config lies beside them."""

    name: ClassVar[str] = "label-studio"
    folder: ClassVar[bool] = False

    def beside(self, task: Task) -> Mapping[str, str]:
        """The labeling config to paste into the project's settings."""
        return {".config.xml": config(task)}

    def write(self, items: Iterable[Item], task: Task, path: Path) -> None:
        """See `Format.write`."""
        json_stream.write_array((_task(item) for item in items), path)

    def read(self, path: Path, task: Task, found: Findings) -> Iterator[Entry]:
        """See `Format.read`."""
        for where, values in json_stream.array_elements(path):
            yield _entry(where, values, task, found)


def config(task: Task) -> str:
    """The labeling config: the texts, the labels with their definitions, doubt, and a note."""
    choice = "multiple" if task.multi else "single"
    lines = [f"<Header value={quoteattr(task.description)}/>"]
    lines += [f'<Text name="{one}" value="${one}"/>' for one in ("text", "pair")[: 1 + task.pair]]
    lines.append(f'<Choices name="{LABEL}" toName="text" choice="{choice}">')
    lines += [
        f"  <Choice value={quoteattr(one.name)} hint={quoteattr(one.definition)}/>"
        for one in task.labels
    ]
    lines.append("</Choices>")
    lines.append(f'<Choices name="{DOUBT}" toName="text" choice="multiple">')
    lines += [f'  <Choice value="{one}"/>' for one in (UNSURE, DISCUSS)]
    lines.append("</Choices>")
    lines.append(f'<TextArea name="{NOTE}" toName="text" placeholder="Note" maxSubmissions="1"/>')
    return "\n".join(["<View>", *(f"  {line}" for line in lines), "</View>", ""])


def _task(item: Item) -> dict[str, Any]:
    data = {"text": item.text} | ({} if item.pair is None else {"pair": item.pair})
    answers = standing(item.events).get(item.id, {}).values()
    return {
        "data": data,
        "meta": {KEY: carry(item)},
        "annotations": [_annotation(one) for one in answers],
        "predictions": [_prediction(item.prediction)] if item.prediction else [],
    }


def _annotation(event: Annotation) -> dict[str, Any]:
    result = [_choices(event.event, LABEL, event.labels)] if event.labels else []
    doubts = [UNSURE] * event.unsure + [DISCUSS] * event.discuss
    if doubts:
        result.append(_choices(f"{event.event}-{DOUBT}", DOUBT, doubts))
    if event.note or not result:
        # A skip, and an answer with no label, need some result to be known again by.
        text = [event.note] if event.note else []
        result.append(_result(f"{event.event}-{NOTE}", NOTE, "textarea", {"text": text}))
    return {
        "result": result,
        "was_cancelled": event.action == "skip",
        "ground_truth": False,
        "lead_time": event.seconds,
    }


def _choices(id_: str, name: str, chosen: Iterable[str]) -> dict[str, Any]:
    return _result(id_, name, "choices", {"choices": list(chosen)})


def _result(id_: str, name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": id_, "from_name": name, "to_name": "text", "type": kind, "value": value}


def _prediction(said: Prediction) -> dict[str, Any]:
    return {
        "model_version": said.model,
        "score": said.probabilities[said.label],
        "result": [_choices("prediction", LABEL, [said.label])],
    }


def _entry(where: str, values: dict[str, Any], task: Task, found: Findings) -> Entry:
    data, annotations = values.get("data"), values.get("annotations", values.get("completions"))
    if not isinstance(data, dict):
        raise DataError(
            "It is no task of Label Studio: it has no data.",
            where=where,
            remedy="Export from Label Studio as JSON (not JSON-MIN).",
        )
    meta = values.get("meta")
    id_, events = carried(meta.get(KEY) if isinstance(meta, dict) else None, where)
    for name in ("predictions", "drafts"):
        if isinstance(values.get(name), list) and values[name]:
            found.note(f"{name} (they are no annotations)", where, len(values[name]))
    said = []
    for one in annotations if isinstance(annotations, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("result"), list):
            found.note("annotations without a result", where)
        elif (answer := _said(where, one, task, found)) is not None:
            said.append(answer)
    text, pair = find_texts(data, task)
    return Entry(where, id_, text, pair, events, tuple(said))


def _said(where: str, values: dict[str, Any], task: Task, found: Findings) -> Said | None:
    if values.get("ground_truth") is True:
        found.note("marks as ground truth (taken as plain answers)", where)
    results = [one for one in values["result"] if isinstance(one, dict)]
    field = _label_field(results)
    labels: list[str] | None = None
    doubts: list[str] = []
    note, event = "", ""
    for one in results:
        kind, name, value = one.get("type"), one.get("from_name"), one.get("value")
        value = value if isinstance(value, dict) else {}
        event = event or _event_of(one.get("id"))
        if kind == "choices" and name == DOUBT:
            doubts += _strings(value.get("choices"))
        elif kind == "choices" and name == field:
            labels = [*(labels or []), *_strings(value.get("choices"))]
        elif kind == "textarea" and name == NOTE:
            note = "\n".join(_strings(value.get("text")))
        else:
            found.note(f"results of the kind {clip(kind)} in the field {clip(name)}", where)
    skipped = values.get("was_cancelled") is True
    if labels is None and not skipped and not (task.multi and field is None):
        found.note("annotations without a choice of a label", where)
        return None
    return Said(
        labels=tuple(labels or ()) if not skipped else (),
        action="skip" if skipped else "label",
        annotator=_person(values.get("updated_by")) or _person(values.get("completed_by")),
        event=event,
        unsure=UNSURE in doubts,
        discuss=DISCUSS in doubts,
        note=note,
        seconds=finite(values.get("lead_time")),
        at=str(values.get("updated_at") or values.get("created_at") or ""),
    )


def _label_field(results: Iterable[Mapping[str, Any]]) -> str | None:
    """The control that holds the labels: ours, else the only one with choices."""
    names = {str(one.get("from_name")) for one in results if one.get("type") == "choices"}
    names -= {DOUBT}
    if LABEL in names:
        return LABEL
    return names.pop() if len(names) == 1 else None


def _event_of(id_: Any) -> str:
    if not isinstance(id_, str):
        return ""
    return id_.removesuffix(f"-{DOUBT}").removesuffix(f"-{NOTE}")


def _strings(value: Any) -> list[str]:
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [one for one in values if isinstance(one, str)]


def _person(value: Any) -> str:
    """Who: an address, else "user 3"."""
    if isinstance(value, dict):
        return str(value.get("email") or _person(value.get("id")))
    if isinstance(value, str):
        return value
    return f"user {value}" if isinstance(value, int) else ""
