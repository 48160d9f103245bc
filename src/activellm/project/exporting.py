"""All answers of a project as text: one row a text with what people decided, or every event."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import chain
from typing import Any

from activellm.annotation.consensus import Resolution
from activellm.annotation.contract import Annotation
from activellm.annotation.office import Exported, Format
from activellm.annotation.votes import standing
from activellm.errors import UsageError
from activellm.pool.example import Example
from activellm.project.folder import Project
from activellm.project.resolving import resolutions
from activellm.task import SEPARATOR, Task

AT_A_TIME = 500
"""Texts that are read from the pool together."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, Any]


def export(project: Project, form: Format, what: Exported) -> Iterator[str]:
    """All answers as they are now, in pieces of text.

    Args:
        project: Whose.
        form: "jsonl", or "csv" for spreadsheets: what they would take for a formula gets an
            apostrophe before it, and lists are joined.
        what: "labels": a row for each text that somebody answered; "events": a row for each event.

    Raises:
        UsageError: If there is no such format or export.
    """
    if form not in ("jsonl", "csv") or what not in ("labels", "events"):
        raise UsageError(f"There is no export of {what!r} as {form!r}.")
    events = project.store.annotations()
    rows: Iterator[Row] = map(_event, events)
    if what == "labels":  # what can fail does so now, not when half of it is sent
        rows = _labels(project, standing(events), resolutions(project))
    if form == "jsonl":
        return (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return csv_lines(_flat(row, project.task) for row in rows)


def _event(event: Annotation) -> Row:
    return asdict(event) | {"labels": list(event.labels)}


def _labels(
    project: Project,
    answers: Mapping[str, Mapping[str, Annotation]],
    resolved: Mapping[str, Resolution],
) -> Iterator[Row]:
    ids = list(dict.fromkeys([*answers, *resolved]))
    for start in range(0, len(ids), AT_A_TIME):
        for example in project.pool.examples(ids[start : start + AT_A_TIME]):
            yield _row(example, resolved.get(example.id), answers.get(example.id, {}), project.task)


def _row(
    example: Example,
    resolution: Resolution | None,
    answers: Mapping[str, Annotation],
    task: Task,
) -> Row:
    labels = None if resolution is None or resolution.labels is None else list(resolution.labels)
    distribution = resolution.distribution if resolution is not None else ()
    return {
        "id": example.id,
        "text": example.text,
        "pair": example.pair,
        "labels": labels,
        "source": resolution.source if resolution is not None else "skipped",
        "votes": {
            name: list(one.labels) if one.action == "label" else None
            for name, one in sorted(answers.items())
        },
        "unsure": sorted(name for name, one in answers.items() if one.unsure),
        "discuss": sorted(name for name, one in answers.items() if one.discuss),
        "notes": {name: one.note for name, one in sorted(answers.items()) if one.note},
        "distribution": {
            name: round(share, 4)
            for name, share in zip(task.label_names, distribution, strict=False)
        },
    }


def _flat(row: Row, task: Task) -> Row:
    """A row whose cells are text, numbers or empty."""
    flat: Row = {}
    for name, value in row.items():
        if name == "distribution":
            flat |= {f"share of {label}": value.get(label, "") for label in task.label_names}
        elif isinstance(value, dict):
            parts = ((key, _cell(one)) for key, one in value.items())
            flat[name] = "; ".join(f"{key}: {one}" for key, one in parts)
        else:
            flat[name] = _cell(value)
    return flat


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return SEPARATOR.join(value)
    return "" if value is None else value


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Rows with the same keys as lines of CSV, safe to open in a spreadsheet."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    yield _line(list(first))
    for row in chain([first], rows):
        yield _line(list(row.values()))


def _line(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
