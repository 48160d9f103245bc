"""One row a text with all its annotations: what JSONL, Parquet and Hugging Face data sets share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activellm.exchange.carried import event_of, finite, record
from activellm.exchange.contract import Entry, Findings, Item, Said, clip
from activellm.exchange.texts import find_texts
from activellm.task import SEPARATOR, Task

ANNOTATIONS = "annotations"
"""The column with every annotation; where it is, `label` only sums it up."""

LABELS = ("label", "labels")
_YES, _NO = {"1", "true", "yes", "y", "x"}, {"", "0", "false", "no", "n", "none"}
_READ = {"id", "text", "pair", "label", "labels", ANNOTATIONS, "prediction", "annotator",
         "unsure", "discuss", "note", "seconds", "at"}  # fmt: skip
_TEXTS = {"text", "pair"}


def row(item: Item, task: Task, *, whole: bool = False) -> dict[str, Any]:
    """An item as a row; annotations with all their fields, or without what has its usual value."""
    values: dict[str, Any] = {"id": item.id, "text": item.text}
    if task.pair:
        values["pair"] = item.pair
    labels = None if item.resolved is None else list(item.resolved)
    if task.multi:
        values["labels"] = labels
    else:
        values["label"] = labels[0] if labels else None
    values[ANNOTATIONS] = [record(one, whole=whole) for one in item.events]
    values["prediction"] = None
    if (said := item.prediction) is not None:
        values["prediction"] = {
            "label": said.label,
            "probability": said.probabilities[said.label],
            "model": said.model,
        }
    return values


def entry(where: str, values: Mapping[str, Any], task: Task, found: Findings) -> Entry:
    """A row as an entry; columns that mean nothing to us are noted.

    Raises:
        DataError: If an annotation of ours is damaged.
    """
    candidates = {name: one for name, one in values.items() if name not in _READ - _TEXTS}
    text, pair = find_texts(candidates, task)
    taken = _READ | {name for name, value in values.items() if value in (text, pair)}
    for name, value in values.items():
        if name not in taken and value is not None:
            found.note(f"cells of the column {clip(name)}", where)
    if values.get("prediction") is not None:
        found.note("predictions (they are no annotations)", where)
    id_ = values.get("id")
    id_ = "" if id_ is None else str(id_)
    raw = values.get(ANNOTATIONS)
    if id_ and isinstance(raw, list):
        known = [{k: v for k, v in one.items() if v is not None} for one in raw]
        events = tuple(event_of(one, id_, where) for one in known)
        given = _labels(values)
        if given and not any(set(one.labels) == set(given) for one in events):
            found.note("labels that none of the row's annotations holds", where)
        return Entry(where, id_, text, pair, events)
    labels = _labels(values)
    said = () if labels is None else (_said(where, values, labels, found),)
    return Entry(where, id_, text, pair, (), said)


def _labels(values: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The row's labels; None if it has none. A | B is two of them, a lone | none."""
    value = next((values[name] for name in LABELS if values.get(name) is not None), None)
    if value is None or value == "":
        return None
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    return tuple(str(value).split(SEPARATOR)) if SEPARATOR in str(value) else (str(value),)


def _said(where: str, values: Mapping[str, Any], labels: tuple[str, ...], found: Findings) -> Said:
    return Said(
        labels=tuple(name for name in labels if name.strip()),
        annotator=str(values.get("annotator") or ""),
        unsure=yes(values["unsure"], "unsure", where, found) if "unsure" in values else None,
        discuss=yes(values["discuss"], "discuss", where, found) if "discuss" in values else None,
        note=str(values["note"] or "") if "note" in values else None,
        seconds=finite(values.get("seconds")),
        at=str(values.get("at") or ""),
    )


def yes(value: Any, name: str, where: str, found: Findings) -> bool:
    """A cell that says yes or no; others are noted, and mean no."""
    word = str(value if value is not None else "").strip().lower()
    if word not in _YES | _NO:
        found.note(f"cells of {name} that say neither yes nor no", where)
    return word in _YES
